#include "check/topics.h"

#include "base/alloc.h"
#include "check/found.h"
#include "config/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sluice_list topics_wanted(const struct cluster *cluster)
{
    const struct pipeline_options *options = &cluster->check->config->pipeline;
    const struct rd_kafka_metadata *metadata = cluster->metadata;
    size_t most = options->topics.count + (metadata != NULL ? (size_t)metadata->topic_cnt : 0), count = 0;
    const char **names = alloc_zeroed(most + 1, sizeof *names);
    for (; count < options->topics.count; count++)
        names[count] = options->topics.items[count];
    for (int i = 0; options->topics_regex != NULL && metadata != NULL && i < metadata->topic_cnt; i++)
        if (topics_regex_matches(options->topics_regex, metadata->topics[i].topic))
            names[count++] = metadata->topics[i].topic;
    return (sluice_list){names, count};
}

rd_kafka_event_t *topics_describe(struct cluster *cluster, const char *const *names, size_t count, const char *what)
{
    rd_kafka_TopicCollection_t *topics = rd_kafka_TopicCollection_of_topic_names((const char **)names, count);
    rd_kafka_AdminOptions_t *options = cluster_options(cluster, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_error_destroy(rd_kafka_AdminOptions_set_include_authorized_operations(options, 1));
    rd_kafka_DescribeTopics(cluster->client, topics, options, cluster->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_TopicCollection_destroy(topics);
    return cluster_expect(cluster, RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT, count, what);
}

/* ---- One topic ------------------------------------------------------------------------------------ */

/* The name of a topic that is there and ours to see. */
static const char *near_topic(const struct cluster *cluster, const char *name)
{
    const struct rd_kafka_metadata *metadata = cluster->metadata;
    const char **names = alloc_zeroed((size_t)metadata->topic_cnt + 1, sizeof *names);
    for (int i = 0; i < metadata->topic_cnt; i++)
        names[i] = metadata->topics[i].topic;
    const char *near = nearest_name(names, name);
    free(names);
    return near;
}

static void tell_failure(struct cluster *cluster, const char *name, const rd_kafka_error_t *failure,
                         const struct place *place)
{
    char user[128];
    const char *near = near_topic(cluster, name);
    switch (rd_kafka_error_code(failure)) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        found_error(cluster->check, place, "topic %s does not exist%s%s%s", name, near != NULL ? " (" : "",
                    near != NULL ? near : "", near != NULL ? " exists)" : "");
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        found_error(cluster->check, place,
                    "topic %s is not ours to see, if it exists: %s needs DESCRIBE and READ on it", name,
                    cluster_user(cluster, user, sizeof user));
        break;
    default: found_error(cluster->check, place, "topic %s: %s", name, rd_kafka_error_string(failure));
    }
}

static size_t without_leader(const rd_kafka_TopicDescription_t *topic, size_t *partitions)
{
    size_t without = 0;
    const rd_kafka_TopicPartitionInfo_t **all = rd_kafka_TopicDescription_partitions(topic, partitions);
    for (size_t i = 0; i < *partitions; i++)
        without += rd_kafka_TopicPartitionInfo_leader(all[i]) == NULL;
    return without;
}

static void check_topic(struct cluster *cluster, const rd_kafka_TopicDescription_t *topic, const struct place *place)
{
    char user[128];
    const char *name = rd_kafka_TopicDescription_name(topic);
    const rd_kafka_error_t *failure = rd_kafka_TopicDescription_error(topic);
    size_t partitions, allowed_count;
    const rd_kafka_AclOperation_t *allowed = rd_kafka_TopicDescription_authorized_operations(topic, &allowed_count);
    size_t lost = without_leader(topic, &partitions);
    if (failure != NULL && rd_kafka_error_code(failure) != RD_KAFKA_RESP_ERR_NO_ERROR)
        tell_failure(cluster, name, failure, place);
    else if (!cluster_allows(allowed, allowed_count, RD_KAFKA_ACL_OPERATION_READ))
        found_error(cluster->check, place, "topic %s is not ours to read: %s needs READ on it", name,
                    cluster_user(cluster, user, sizeof user));
    else if (lost > 0)
        found_error(cluster->check, place, "topic %s: %zu of %zu partitions have no leader", name, lost, partitions);
    else
        found_fine(cluster->check, "topic %s: %zu partition%s", name, partitions, partitions == 1 ? "" : "s");
}

/* ---- All of them ---------------------------------------------------------------------------------- */

void topics_check(struct cluster *cluster, const sluice_list *names)
{
    const char *regex = cluster->check->config->pipeline.topics_regex;
    const struct place *place = found_at(cluster->check, "pipeline", regex != NULL ? "topics.regex" : "topics");
    if (names->count == 0) {
        found_error(cluster->check, place, "no topic that is there, and ours to see, matches topics.regex = %s", regex);
        return;
    }
    rd_kafka_event_t *answer = topics_describe(cluster, names->items, names->count, "the topics");
    if (answer == NULL)
        return;
    size_t count;
    const rd_kafka_TopicDescription_t **topics =
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer), &count);
    for (size_t i = 0; i < count; i++)
        check_topic(cluster, topics[i], place);
    rd_kafka_event_destroy(answer);
}

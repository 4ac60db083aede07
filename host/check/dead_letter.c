#include "check/dead_letter.h"

#include "base/alloc.h"
#include "check/found.h"
#include "check/topics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a topic's configuration (https://kafka.apache.org/documentation/#topicconfigs). */
struct topic_limits {
    bool known; /* false: not ours to see */
    int64_t max_message_bytes, retention_ms, retention_bytes, before_max_ms, min_insync;
    bool compacted, deleted; /* cleanup.policy */
    bool log_append_time;    /* message.timestamp.type */
};

struct letters_check {
    struct cluster *cluster;
    const char *topic;
    const struct place *place;
};

/* ---- What the broker knows of topics --------------------------------------------------------------- */

static rd_kafka_event_t *describe_limits(struct cluster *cluster, const sluice_list *topics)
{
    rd_kafka_ConfigResource_t **resources = alloc_zeroed(topics->count, sizeof *resources);
    for (size_t i = 0; i < topics->count; i++)
        resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics->items[i]);
    rd_kafka_AdminOptions_t *options = cluster_options(cluster, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(cluster->client, resources, topics->count, options, cluster->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy_array(resources, topics->count);
    free(resources);
    return cluster_expect(cluster, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, topics->count, "the topics' limits");
}

static const char *entry(const rd_kafka_ConfigResource_t *resource, const char *name, const char *missing)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0 && rd_kafka_ConfigEntry_value(entries[i]) != NULL)
            return rd_kafka_ConfigEntry_value(entries[i]);
    return missing;
}

static int64_t number(const rd_kafka_ConfigResource_t *resource, const char *name, const char *missing)
{
    return strtoll(entry(resource, name, missing), NULL, 10);
}

static struct topic_limits limits_of(const rd_kafka_ConfigResource_t *resource)
{
    return (struct topic_limits){
        .known = rd_kafka_ConfigResource_error(resource) == RD_KAFKA_RESP_ERR_NO_ERROR,
        .max_message_bytes = number(resource, "max.message.bytes", "0"),
        .retention_ms = number(resource, "retention.ms", "-1"),
        .retention_bytes = number(resource, "retention.bytes", "-1"),
        .before_max_ms = number(resource, "message.timestamp.before.max.ms", "9223372036854775807"),
        .min_insync = number(resource, "min.insync.replicas", "1"),
        .compacted = strstr(entry(resource, "cleanup.policy", ""), "compact") != NULL,
        .deleted = strstr(entry(resource, "cleanup.policy", ""), "delete") != NULL,
        .log_append_time = strcmp(entry(resource, "message.timestamp.type", ""), "LogAppendTime") == 0,
    };
}

/* ---- Is it there, and ours to write? --------------------------------------------------------------- */

static void tell_failure(const struct letters_check *check, const rd_kafka_error_t *failure)
{
    char user[128];
    switch (rd_kafka_error_code(failure)) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        found_error(check->cluster->check, check->place,
                    "the dead letter topic %s does not exist: Sluice never creates it, and letters would wait for it",
                    check->topic);
        break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        found_error(check->cluster->check, check->place,
                    "the dead letter topic %s is not ours to see, if it exists: %s needs DESCRIBE and WRITE on it",
                    check->topic, cluster_user(check->cluster, user, sizeof user));
        break;
    default:
        found_error(check->cluster->check, check->place, "the dead letter topic %s: %s", check->topic,
                    rd_kafka_error_string(failure));
    }
}

/* The fewest replicas that a partition of it has, and that are in sync; false: it cannot be written, which is told. */
static bool check_topic(const struct letters_check *check, const rd_kafka_TopicDescription_t *topic, size_t *replicas,
                        size_t *in_sync)
{
    char user[128];
    size_t partitions, allowed_count;
    const rd_kafka_error_t *failure = rd_kafka_TopicDescription_error(topic);
    const rd_kafka_AclOperation_t *allowed = rd_kafka_TopicDescription_authorized_operations(topic, &allowed_count);
    const rd_kafka_TopicPartitionInfo_t **all = rd_kafka_TopicDescription_partitions(topic, &partitions);
    if (failure != NULL && rd_kafka_error_code(failure) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        tell_failure(check, failure);
        return false;
    }
    *replicas = *in_sync = SIZE_MAX;
    for (size_t i = 0; i < partitions; i++) {
        size_t replica_count, in_sync_count;
        rd_kafka_TopicPartitionInfo_replicas(all[i], &replica_count);
        rd_kafka_TopicPartitionInfo_isr(all[i], &in_sync_count);
        *replicas = replica_count < *replicas ? replica_count : *replicas;
        *in_sync = in_sync_count < *in_sync ? in_sync_count : *in_sync;
    }
    if (cluster_allows(allowed, allowed_count, RD_KAFKA_ACL_OPERATION_WRITE))
        return true;
    found_error(check->cluster->check, check->place,
                "the dead letter topic %s is not ours to write: %s needs WRITE on it", check->topic,
                cluster_user(check->cluster, user, sizeof user));
    return false;
}

/* ---- Will it take letters, and keep them? ----------------------------------------------------------- */

static void check_keeping(const struct letters_check *check, const struct topic_limits *limits)
{
    struct check *all = check->cluster->check;
    if (limits->compacted)
        found_error(all, check->place,
                    "the dead letter topic %s has cleanup.policy = compact: it refuses letters without a key and "
                    "deletes those whose key comes again; wanted delete",
                    check->topic);
    if (limits->deleted && limits->retention_ms >= 0 && !limits->log_append_time)
        found_warning(all, check->place,
                      "the dead letter topic %s has retention.ms = %" PRId64
                      ", which counts from the record's own time: a letter about an old record is deleted at once; "
                      "wanted -1",
                      check->topic, limits->retention_ms);
    else if (limits->deleted && limits->retention_ms >= 0)
        found_warning(all, check->place,
                      "the dead letter topic %s has retention.ms = %" PRId64 ": letters are deleted after that",
                      check->topic, limits->retention_ms);
    if (limits->deleted && limits->retention_bytes >= 0)
        found_warning(all, check->place,
                      "the dead letter topic %s has retention.bytes = %" PRId64 ": the oldest letters are deleted",
                      check->topic, limits->retention_bytes);
    if (limits->log_append_time)
        found_warning(all, check->place,
                      "the dead letter topic %s has message.timestamp.type = LogAppendTime: letters lose the record's "
                      "own time",
                      check->topic);
    else if (limits->before_max_ms != INT64_MAX)
        found_warning(all, check->place,
                      "the dead letter topic %s has message.timestamp.before.max.ms = %" PRId64
                      ": a letter about an older record bears today's time instead of the record's own",
                      check->topic, limits->before_max_ms);
}

static void check_replicas(const struct letters_check *check, const struct topic_limits *limits, size_t replicas,
                           size_t in_sync)
{
    if ((size_t)limits->min_insync > replicas)
        found_error(check->cluster->check, check->place,
                    "the dead letter topic %s has min.insync.replicas = %" PRId64
                    " and a replication factor of %zu: no letter is ever acknowledged",
                    check->topic, limits->min_insync, replicas);
    else if ((size_t)limits->min_insync > in_sync)
        found_error(check->cluster->check, check->place,
                    "the dead letter topic %s has min.insync.replicas = %" PRId64
                    " and %zu in sync now: letters wait for more",
                    check->topic, limits->min_insync, in_sync);
}

/* A source that we may not ask about is passed over: reading it does not need that. */
static void check_size(const struct letters_check *check, const struct topic_limits *limits,
                       const rd_kafka_ConfigResource_t *source)
{
    struct topic_limits theirs = limits_of(source);
    if (theirs.known && theirs.max_message_bytes > limits->max_message_bytes)
        found_warning(check->cluster->check, check->place,
                      "the dead letter topic %s has max.message.bytes = %" PRId64 ", topic %s %" PRId64
                      ": a larger letter goes without its value",
                      check->topic, limits->max_message_bytes, rd_kafka_ConfigResource_name(source),
                      theirs.max_message_bytes);
}

/* Decisions about letters are kept there, one a key; it is made with the first one. */
static void check_state(const struct letters_check *check, const rd_kafka_ConfigResource_t *state)
{
    struct topic_limits limits = limits_of(state);
    if (limits.known && !limits.compacted)
        found_warning(
            check->cluster->check, check->place,
            "%s, where decisions about letters are kept, is not compacted: they are deleted with time; wanted "
            "cleanup.policy = compact",
            rd_kafka_ConfigResource_name(state));
}

/* resources: of the dead letter topic, its state topic, then the sources. */
static void check_limits(const struct letters_check *check, const rd_kafka_ConfigResource_t **resources, size_t count,
                         size_t replicas, size_t in_sync)
{
    struct topic_limits limits = limits_of(resources[0]);
    char user[128];
    if (!limits.known) {
        found_warning(check->cluster->check, check->place,
                      "the dead letter topic %s: its limits are not ours to see: %s needs DESCRIBE_CONFIGS on it",
                      check->topic, cluster_user(check->cluster, user, sizeof user));
        return;
    }
    check_keeping(check, &limits);
    check_replicas(check, &limits, replicas, in_sync);
    check_state(check, resources[1]);
    for (size_t i = 2; i < count; i++)
        check_size(check, &limits, resources[i]);
}

static void check_both(const struct letters_check *check, const sluice_list *sources,
                       const rd_kafka_TopicDescription_t *topic)
{
    size_t replicas, in_sync, count;
    if (!check_topic(check, topic, &replicas, &in_sync))
        return;
    found_fine(check->cluster->check, "dead letter topic %s: there, and ours to write", check->topic);
    char *state = alloc_printf("%s.state", check->topic);
    const char **names = alloc_zeroed(sources->count + 2, sizeof *names);
    names[0] = check->topic;
    names[1] = state;
    memcpy(names + 2, sources->items, sources->count * sizeof *names);
    rd_kafka_event_t *answer = describe_limits(check->cluster, &(sluice_list){names, sources->count + 2});
    if (answer != NULL) {
        const rd_kafka_ConfigResource_t **resources =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer), &count);
        check_limits(check, resources, count, replicas, in_sync);
    }
    rd_kafka_event_destroy(answer);
    free(names);
    free(state);
}

void dead_letter_check(struct cluster *cluster, const sluice_list *sources)
{
    const struct letters_check check = {
        .cluster = cluster,
        .topic = cluster->check->config->pipeline.dead_letter_topic,
        .place = found_at(cluster->check, "pipeline", "errors.deadletterqueue.topic.name"),
    };
    size_t count;
    rd_kafka_event_t *answer = topics_describe(cluster, &check.topic, 1, "the dead letter topic");
    if (answer == NULL)
        return;
    check_both(&check, sources,
               rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer), &count)[0]);
    rd_kafka_event_destroy(answer);
}

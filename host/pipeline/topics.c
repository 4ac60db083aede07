#include "pipeline/topics.h"

#include "base/alloc.h"
#include "ops/health.h"
#include "ops/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_INTERVAL_MS = 5000, CHECK_TIMEOUT_MS = 500 };

static void tell(const struct topics *topics)
{
    const sluice_list *names = &topics->options->topics;
    char missing[512] = "";
    for (size_t i = 0; i < names->count; i++)
        if (topics->missing[i])
            snprintf(missing + strlen(missing), sizeof missing - strlen(missing), "%s%s", missing[0] ? ", " : "",
                     names->items[i]);
    if (topics->none_match)
        health_tell("topics", false, "no topic that is there matches topics.regex = %s", topics->options->topics_regex);
    else
        health_tell("topics", missing[0] == '\0', "not there or not ours to read: %s", missing);
}

void topics_init(struct topics *topics, const struct pipeline_options *options)
{
    *topics = (struct topics){.options = options,
                              .missing = alloc_zeroed(options->topics.count, sizeof *topics->missing),
                              .none_match = options->topics_regex != NULL};
    if (topics->none_match)
        tell(topics);
}

void topics_free(struct topics *topics)
{
    free(topics->missing);
    topics->missing = NULL;
}

int topics_subscribe(const struct topics *topics, rd_kafka_t *client, struct error *error)
{
    const sluice_list *names = &topics->options->topics;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)names->count);
    for (size_t i = 0; i < names->count; i++)
        rd_kafka_topic_partition_list_add(list, names->items[i], RD_KAFKA_PARTITION_UA);
    if (topics->options->topics_regex != NULL) {
        char *anchored = topics_regex_anchored(topics->options->topics_regex); /* the ^ makes it one for librdkafka */
        rd_kafka_topic_partition_list_add(list, anchored, RD_KAFKA_PARTITION_UA);
        free(anchored);
    }
    rd_kafka_resp_err_t failure = rd_kafka_subscribe(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, "cannot subscribe: %s", rd_kafka_err2str(failure));
    return 0;
}

void topics_note_missing(struct topics *topics, const char *topic, rd_kafka_resp_err_t failure)
{
    const sluice_list *names = &topics->options->topics;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], topic) == 0 && !topics->missing[i]) {
            topics->missing[i] = true;
            log_warn("consumer", "topic %s: %s; it is consumed once that changes", topic, rd_kafka_err2str(failure));
            tell(topics);
        }
}

/* name NULL: any that matches the regex. */
static bool is_there(const struct topics *topics, rd_kafka_t *client, const char *name)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = name != NULL ? rd_kafka_topic_new(client, name, NULL) : NULL;
    bool found = false;
    if (rd_kafka_metadata(client, topic == NULL, topic, &metadata, CHECK_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        for (int i = 0; i < metadata->topic_cnt && !found; i++)
            found = metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[i].partition_cnt > 0 &&
                    (name != NULL || topics_regex_matches(topics->options->topics_regex, metadata->topics[i].topic));
        rd_kafka_metadata_destroy(metadata);
    }
    if (topic != NULL)
        rd_kafka_topic_destroy(topic);
    return found;
}

void topics_serve(struct topics *topics, rd_kafka_t *client, int64_t now_ms)
{
    const sluice_list *names = &topics->options->topics;
    if (now_ms < topics->next_check_ms)
        return;
    topics->next_check_ms = now_ms + CHECK_INTERVAL_MS;
    for (size_t i = 0; i < names->count; i++)
        if (topics->missing[i] && is_there(topics, client, names->items[i])) {
            topics->missing[i] = false;
            log_info("consumer", "topic %s is there now", names->items[i]);
            tell(topics);
        }
    if (topics->none_match && is_there(topics, client, NULL)) {
        topics->none_match = false;
        tell(topics);
    }
}

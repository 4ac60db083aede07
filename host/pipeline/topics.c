#include "pipeline/topics.h"

#include "base/alloc.h"
#include "config/nearest.h"
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
        if (topics->missing[i]) {
            const char *near = topics->nearest[i];
            snprintf(missing + strlen(missing), sizeof missing - strlen(missing), "%s%s%s%s%s", missing[0] ? ", " : "",
                     names->items[i], near != NULL ? " (did you mean " : "", near != NULL ? near : "",
                     near != NULL ? "?)" : "");
        }
    if (topics->none_match)
        health_tell("topics", false, "no topic that is there matches topics.regex = %s", topics->options->topics_regex);
    else
        health_tell("topics", missing[0] == '\0', "not there or not ours to read: %s", missing);
}

void topics_init(struct topics *topics, const struct pipeline_options *options)
{
    *topics = (struct topics){.options = options,
                              .missing = alloc_zeroed(options->topics.count, sizeof *topics->missing),
                              .nearest = alloc_zeroed(options->topics.count, sizeof *topics->nearest),
                              .none_match = options->topics_regex != NULL};
    tell(topics);
}

void topics_free(struct topics *topics)
{
    for (size_t i = 0; topics->nearest != NULL && i < topics->options->topics.count; i++)
        free(topics->nearest[i]);
    free(topics->nearest);
    free(topics->missing);
    *topics = (struct topics){.options = topics->options};
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
            topics->next_check_ms = 0;
            log_warn("consumer", "topic %s: %s; it is consumed once that changes", topic, rd_kafka_err2str(failure));
            tell(topics);
        }
}

/* The names that are there and ours to read, NULL-terminated; the array is the caller's to free. */
static const char **readable_names(const struct rd_kafka_metadata *metadata)
{
    const char **names = alloc_zeroed((size_t)metadata->topic_cnt + 1, sizeof *names);
    size_t count = 0;
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[i].partition_cnt > 0)
            names[count++] = metadata->topics[i].topic;
    return names;
}

static void look_for(struct topics *topics, size_t i, const char *const *there)
{
    const char *name = topics->options->topics.items[i], *near = nearest_name(there, name);
    free(topics->nearest[i]);
    topics->nearest[i] = NULL;
    if (near == NULL)
        return;
    if (strcmp(near, name) != 0) {
        topics->nearest[i] = alloc_text(near);
        return;
    }
    topics->missing[i] = false;
    log_info("consumer", "topic %s is there now", name);
}

static void look_around(struct topics *topics, const char *const *there)
{
    for (size_t i = 0; i < topics->options->topics.count; i++)
        if (topics->missing[i])
            look_for(topics, i, there);
    for (size_t i = 0; there[i] != NULL && topics->none_match; i++)
        topics->none_match = !topics_regex_matches(topics->options->topics_regex, there[i]);
    tell(topics);
}

void topics_serve(struct topics *topics, rd_kafka_t *client, int64_t now_ms)
{
    const struct rd_kafka_metadata *metadata;
    bool missing = topics->none_match;
    if (now_ms < topics->next_check_ms)
        return;
    topics->next_check_ms = now_ms + CHECK_INTERVAL_MS;
    for (size_t i = 0; i < topics->options->topics.count; i++)
        missing |= topics->missing[i];
    if (!missing || rd_kafka_metadata(client, 1, NULL, &metadata, CHECK_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    const char **there = readable_names(metadata);
    look_around(topics, there);
    free(there);
    rd_kafka_metadata_destroy(metadata);
}

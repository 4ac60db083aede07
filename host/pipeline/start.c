#include "pipeline/start.h"

#include <inttypes.h>
#include <stdio.h>

static int64_t reset_to(const struct start *start, const struct pipeline_options *options)
{
    const int64_t offsets[] = {
        [OFFSET_RESET_EARLIEST] = start->low, [OFFSET_RESET_LATEST] = start->high, [OFFSET_RESET_NONE] = -1};
    return offsets[options->auto_offset_reset];
}

void start_decide(struct start *start, const struct pipeline_options *options, const char *topic, int32_t partition)
{
    const char *way_out = "to go on, set the group's offset (kafka-consumer-groups.sh --reset-offsets) while Sluice is "
                          "stopped, or offsets.out.of.range = reset";
    char going_on[64];
    start->why[0] = '\0';
    if (start->committed >= start->low && start->committed <= start->high && !start->cut) {
        start->offset = start->committed;
    } else if (start->committed < 0) {
        start->offset = reset_to(start, options);
        if (start->offset < 0)
            snprintf(start->why, sizeof start->why,
                     "%s[%" PRId32 "]: the group has no committed offset and auto.offset.reset = none", topic,
                     partition);
    } else {
        start->offset = options->offsets_out_of_range == OUT_OF_RANGE_RESET ? reset_to(start, options) : -1;
        snprintf(going_on, sizeof going_on, "going on at %" PRId64 " (offsets.out.of.range = reset)", start->offset);
        snprintf(start->why, sizeof start->why,
                 "%s[%" PRId32 "]: offset %" PRId64 " is gone from the broker, which has %" PRId64 " to %" PRId64
                 "%s; %s",
                 topic, partition, start->committed, start->low, start->high,
                 start->cut ? " of a log that was cut below it and written anew" : "",
                 start->offset >= 0 ? going_on : way_out);
    }
}

static rd_kafka_resp_err_t ask(rd_kafka_t *client, const char *topic, int32_t partition, int timeout_ms,
                               const struct pipeline_options *options, struct start *start)
{
    rd_kafka_resp_err_t failure =
        rd_kafka_query_watermark_offsets(client, topic, partition, &start->low, &start->high, timeout_ms);
    start->known = failure == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (start->known)
        start_decide(start, options, topic, partition);
    return failure;
}

static int tell(rd_kafka_resp_err_t failure, struct error *error)
{
    return error_set(error, "cannot ask for start positions: %s", rd_kafka_err2str(failure));
}

int start_ask(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, int timeout_ms,
              const struct pipeline_options *options, struct start *starts, struct error *error)
{
    enum { MOST_FAILURES = 3 }; /* each may take its time, and others wait for the answer */
    rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_resp_err_t failure = rd_kafka_committed(client, committed, timeout_ms);
    int failures = failure == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : MOST_FAILURES;
    for (int i = 0; i < list->cnt && failures < MOST_FAILURES; i++) {
        const rd_kafka_topic_partition_t *element = &committed->elems[i];
        starts[i] = (struct start){.committed = element->offset >= 0 ? element->offset : -1, .cut = starts[i].cut};
        if (element->err != RD_KAFKA_RESP_ERR_NO_ERROR || ask(client, element->topic, element->partition, timeout_ms,
                                                              options, &starts[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            failures++;
    }
    rd_kafka_topic_partition_list_destroy(committed);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : tell(failure, error);
}

int start_ask_again(rd_kafka_t *client, const char *topic, int32_t partition, int64_t position, int timeout_ms,
                    const struct pipeline_options *options, struct start *start, struct error *error)
{
    *start = (struct start){.committed = position, .cut = start->cut};
    rd_kafka_resp_err_t failure = ask(client, topic, partition, timeout_ms, options, start);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : tell(failure, error);
}

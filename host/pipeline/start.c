#include "pipeline/start.h"

#include <inttypes.h>
#include <stdio.h>

enum { ASK_TIMEOUT_MS = 1000 };

void start_decide(struct start *start, enum offset_reset reset, const char *topic, int32_t partition)
{
    start->offset = -1;
    if (start->committed >= 0 && (start->committed < start->low || start->committed > start->high)) {
        snprintf(start->why, sizeof start->why,
                 "%s[%" PRId32 "]: committed offset %" PRId64 " is gone from the broker, which has %" PRId64
                 " to %" PRId64 "; to go on, set the group's offset (kafka-consumer-groups.sh --reset-offsets) "
                 "while Sluice is stopped",
                 topic, partition, start->committed, start->low, start->high);
    } else if (start->committed >= 0) {
        start->offset = start->committed;
    } else if (reset == OFFSET_RESET_NONE) {
        snprintf(start->why, sizeof start->why,
                 "%s[%" PRId32 "]: the group has no committed offset and auto.offset.reset = none", topic, partition);
    } else {
        start->offset = reset == OFFSET_RESET_EARLIEST ? start->low : start->high;
    }
}

int start_ask(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, enum offset_reset reset,
              struct start *starts, struct error *error)
{
    rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_resp_err_t failure = rd_kafka_committed(client, committed, ASK_TIMEOUT_MS);
    for (int i = 0; i < list->cnt && failure == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        const rd_kafka_topic_partition_t *element = &committed->elems[i];
        starts[i] = (struct start){.committed = element->offset >= 0 ? element->offset : -1};
        failure = element->err;
        if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
            failure = rd_kafka_query_watermark_offsets(client, element->topic, element->partition, &starts[i].low,
                                                       &starts[i].high, ASK_TIMEOUT_MS);
        start_decide(&starts[i], reset, element->topic, element->partition);
    }
    rd_kafka_topic_partition_list_destroy(committed);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return error_set(error, "cannot ask for start positions: %s", rd_kafka_err2str(failure));
    return 0;
}

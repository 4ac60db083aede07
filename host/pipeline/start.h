/* pipeline/start.h - where a partition begins: at its committed offset while the broker still has it, else where
 * auto.offset.reset says.  Numbers asked from the broker, never librdkafka's logical offsets, so that they can be
 * committed and nothing is skipped unseen.
 * Neighbours: rebalance.h (who asks), consumer.h. */
#ifndef SLUICE_PIPELINE_START_H
#define SLUICE_PIPELINE_START_H

#include "base/error.h"
#include "config/pipeline_config.h"

#include <librdkafka/rdkafka.h>

struct start {
    int64_t committed; /* the group's, -1: none */
    int64_t low, high; /* what the broker has */
    int64_t offset;    /* where to begin; -1: nowhere, see why */
    char why[384];
};

/* Pure: fills offset or why from the rest. */
void start_decide(struct start *start, enum offset_reset reset, const char *topic, int32_t partition);

/* [poller] Asks the broker about every partition of the list, a second at most for each question.  -1: it did not
 * answer; ask again later.  starts: one for each element. */
int start_ask(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, enum offset_reset reset,
              struct start *starts, struct error *error);

#endif

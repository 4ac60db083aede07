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
    bool cut;          /* what it has at `committed` is not what was read up to it: the log was cut and written anew */
    bool known;        /* the broker has answered */
    int64_t offset;    /* where to begin; -1: nowhere, see why */
    char why[512];
};

/* Pure: fills offset from the rest; and why, where it is no offset or another than the committed one. */
void start_decide(struct start *start, const struct pipeline_options *options, const char *topic, int32_t partition);

/* [poller] Asks the broker about every partition of the list; timeout_ms: for each question.  starts: one for each
 * element, cut set before; where none is known (a partition without a leader, say; or too many before it had none) it
 * is to be asked again later.  -1: the group's offsets are not known. */
int start_ask(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, int timeout_ms,
              const struct pipeline_options *options, struct start *starts, struct error *error);
/* The same for one partition that has been read up to `position`; start->cut is set before. */
int start_ask_again(rd_kafka_t *client, const char *topic, int32_t partition, int64_t position, int timeout_ms,
                    const struct pipeline_options *options, struct start *start, struct error *error);

#endif

/* pipeline/start.h - where a partition begins: at its committed offset while the broker still has it, else where
 * auto.offset.reset says.  Numbers asked from the broker, never librdkafka's logical offsets, so that they can be
 * committed and nothing is skipped unseen.
 * Neighbours: rebalance.h (who asks), consumer.h. */
#ifndef SLUICE_PIPELINE_START_H
#define SLUICE_PIPELINE_START_H

#include "base/error.h"
#include "config/pipeline_config.h"
#include "pipeline/offsets.h"

#include <librdkafka/rdkafka.h>

struct start {
    struct position committed; /* the group's, offset -1: none */
    int64_t low, high;         /* what the broker has */
    bool refused;              /* it was to be read from `committed`, and the broker has said no */
    bool cut;                  /* for what was read up to it is not in the log any more: others may stand there */
    struct position cut_at;    /* behind what is left of it; offset -1: not known */
    bool known;                /* the broker has answered */
    struct position from;      /* where to begin; offset -1: nowhere, see why */
    char why[768];
};

/* Pure: fills from out of the rest; and why, where it is no position or another than the committed one. */
void start_decide(struct start *start, const struct pipeline_options *options, const char *topic, int32_t partition);

/* [poller] Asks the broker about every partition of the list; timeout_ms: for each question.  starts: one for each
 * element, refused set before; where none is known (a partition without a leader, say; or too many before it had none)
 * it is to be asked again later.  -1: the group's offsets are not known. */
int start_ask(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, int timeout_ms,
              const struct pipeline_options *options, struct start *starts, struct error *error);
/* The same for one partition that was to be read from start->committed; refused, cut and cut_at are set before. */
int start_ask_again(rd_kafka_t *client, const char *topic, int32_t partition, int timeout_ms,
                    const struct pipeline_options *options, struct start *start, struct error *error);

#endif

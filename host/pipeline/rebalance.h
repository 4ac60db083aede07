/* pipeline/rebalance.h - partitions coming and going.  librdkafka's callback only notes what is wanted; the poller's
 * next rounds carry it out and then answer with assign or unassign, so that nothing ever blocks inside a callback.
 *
 * States:  STEADY -> ASSIGNING (start positions are being asked) -> STEADY
 *          STEADY -> DRAINING (batches inside plugins and letters in flight of the revoked partitions)
 *                 -> COMMITTING (their watermarks) -> STEADY
 * Lost partitions, and any while closing, go at once: their commits could rewind the new owner.
 * Neighbours: consumer.h, start.h, commits.h, partition.h (the states of each partition), lane.h (what they are bound
 * to).
 */
#ifndef SLUICE_PIPELINE_REBALANCE_H
#define SLUICE_PIPELINE_REBALANCE_H

#include "pipeline/commits.h"
#include "pipeline/lane.h"

enum rebalance_state { REBALANCE_STEADY, REBALANCE_ASSIGNING, REBALANCE_DRAINING, REBALANCE_COMMITTING };

struct rebalance {
    struct consumer *consumer;
    struct commits *commits;
    struct lane *lanes;
    size_t lane_count;
    int64_t drain_timeout_ms;
    enum rebalance_state state;
    rd_kafka_topic_partition_list_t *list; /* what is coming or going; NULL when STEADY */
    int64_t deadline_ms;
    int64_t next_try_ms;
    int64_t next_lost_ms; /* when positions that were lost are asked for again */
    size_t next_lost;     /* and which comes first */
    int64_t next_late_ms; /* when partitions that could not be asked are asked again */
    size_t next_late;     /* and which comes first */
    bool unchecked;       /* something was assigned, and perhaps is still to be sought */
    bool joins_again;     /* a revocation was answered, and nothing has come since */
    bool closing;
};

/* consumer.on_rebalance */
void rebalance_wanted(struct rebalance *rebalance, rd_kafka_resp_err_t what,
                      const rd_kafka_topic_partition_list_t *list);
/* [poller] Carries on.  Returns ms until it wants to be called again. */
int64_t rebalance_serve(struct rebalance *rebalance, int64_t now_ms);
/* Before consumer_close(): whatever is half-way is ended, and callbacks answer at once from here on. */
void rebalance_close(struct rebalance *rebalance);

#endif

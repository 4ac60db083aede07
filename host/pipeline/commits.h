/* pipeline/commits.h - committing watermarks: explicit offsets, one request under way at a time (answers out of order
 * cannot happen), each answer matched to the epoch it was asked in.
 * Neighbours: offsets.h (the watermark), rebalance.h (the last commit before a partition goes). */
#ifndef SLUICE_PIPELINE_COMMITS_H
#define SLUICE_PIPELINE_COMMITS_H

#include "pipeline/consumer.h"

struct commits {
    struct consumer *consumer;
    int64_t interval_ms;
    int64_t next_ms;
    int64_t held_until_ms; /* nothing is sent before */
    bool failing;          /* told once, until one succeeds */
    uint64_t *epochs;      /* of the partitions in the request under way; NULL: none is */
    int64_t sent_ns;       /* clock_now_ns() when that was sent */
};

/* [poller] Has its watermark moved since its last commit was acknowledged? */
bool commits_wants(const struct partition *partition);
/* [poller] Asks for a commit of every watermark that has moved.  False: one is under way, or there is nothing to. */
bool commits_send(struct commits *commits);
bool commits_under_way(const struct commits *commits);
/* Sends nothing until then; 0: no longer. */
void commits_hold(struct commits *commits, int64_t until_ms);
/* commits_send() when it is due.  Returns ms until it wants to be called again. */
int64_t commits_serve(struct commits *commits, int64_t now_ms);
/* consumer.on_committed */
void commits_answered(struct commits *commits, rd_kafka_resp_err_t failure,
                      const rd_kafka_topic_partition_list_t *list);

#endif

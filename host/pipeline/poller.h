/* pipeline/poller.h - the one thread that talks to Kafka: it serves the group, settles what comes back from the
 * tasks, commits, takes records in and hands batches out.  Everything of pipeline/ but the tasks' work is done here.
 * Neighbours: pipeline.h (starts it), shutdown.h (its end). */
#ifndef SLUICE_PIPELINE_POLLER_H
#define SLUICE_PIPELINE_POLLER_H

#include "pipeline/clients.h"
#include "pipeline/control.h"
#include "pipeline/intake.h"
#include "pipeline/rebalance.h"
#include "pipeline/settle.h"

enum poller_end {
    POLLER_GOES_ON,
    POLLER_ASKED,  /* the end is wanted */
    POLLER_FAILED, /* librdkafka cannot go on, or a task has FAILED and is not to be tried again: ends with 1 */
    POLLER_FENCED, /* its client cannot go on, another one can */
};

struct poller {
    const struct pipeline_config *config;
    const struct chain *chain;
    struct control *control;
    struct budget budget;
    struct batch_limits limits;
    struct consumer consumer;
    struct commits commits;
    struct rebalance rebalance;
    struct dead_letters letters;
    struct settling settling;
    struct task *tasks;
    size_t task_count;
    struct lane *lanes;
    size_t lane_count;
    struct unit **ready; /* what may be handed out, gathered for one task at a time */
    size_t ready_capacity;
    size_t turn; /* where the next batch begins to look, so that no partition starves */
    uint64_t random;
    enum run_state run_state; /* what of the operator's wishes is being carried out, or has been */
    int64_t next_measure_ms;  /* gauges.h */
    int wake_fd;
    enum poller_end end;
    bool hung; /* a task is inside a plugin that does not return */
};

/* [main, then poller] Creates both clients and everything around them; no thread yet. */
int poller_open(struct poller *poller, const struct pipeline_config *config, const struct settings *settings,
                const struct chain *chain, struct control *control, struct error *error);
/* [poller] Starts the tasks; returns once the end is wanted or it cannot go on: poller->end says which.  shutdown.h
 * comes next. */
void poller_run(struct poller *poller);
/* [poller] The part of a round that goes on while draining: nothing is taken in or handed out.  Returns ms until it
 * wants to be called again. */
int64_t poller_serve(struct poller *poller, int64_t now_ms);
/* [poller] Settles the batches that have come back. */
void poller_settle(struct poller *poller, int64_t now_ms);
/* [poller] Frees what was fetched and not taken in, of partitions that are not ours any more. */
void poller_drop_queued(struct poller *poller);
/* [poller, then main] After shutdown_run() unless it hung, or after poller_open() failed. */
void poller_free(struct poller *poller);

#endif

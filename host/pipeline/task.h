/* pipeline/task.h - a worker thread with its own instance of every plugin of the chain.  It opens them (again and again
 * with backoff, until it succeeds), takes a batch, shows it to the transforms, puts it, gives it back.
 *
 * States:  STARTING (opening its plugins) -> RUNNING -> FAILED (a plugin said FATAL, or answered nonsense; being opened
 * again) -> RUNNING ...;  CLOSED (its plugins are, until they are wanted again) -> STARTING ...;  ENDED.
 * Neighbours: batch.h (what is handed over), transforms.h and delivery.h (what is done to it), poller.h (who hands
 * out). */
#ifndef SLUICE_PIPELINE_TASK_H
#define SLUICE_PIPELINE_TASK_H

#include "config/pipeline_config.h"
#include "pipeline/retry.h"
#include "pipeline/task_time.h"
#include "pipeline/tolerance.h"
#include "plugin/instance.h"

#include <pthread.h>

#define TASK_STATES(X)           \
    X(TASK_STARTING, "STARTING") \
    X(TASK_RUNNING, "RUNNING")   \
    X(TASK_FAILED, "FAILED")     \
    X(TASK_CLOSED, "CLOSED")     \
    X(TASK_ENDED, "ENDED")
enum task_state {
#define X(name, text) name,
    TASK_STATES(X)
#undef X
};

const char *task_state_text(enum task_state state);

/* What is wished of it; heeded between two batches. */
enum task_wish { TASK_WISH_RUN, TASK_WISH_REOPEN, TASK_WISH_CLOSE, TASK_WISH_END };

struct task {
    size_t index;
    const struct pipeline_config *config;
    const struct chain *chain;
    int wake_fd; /* the poller's */
    struct retry_policy policy;
    struct call_limits limits; /* set by the poller */
    struct flight_note *note;
    struct instance *transforms; /* chain->transform_count of them */
    struct instance sink;
    pthread_t thread;
    _Atomic int state;    /* enum task_state; written by the task alone */
    atomic_uint failures; /* how often it has FAILED; written by the task alone */
    struct task_time time;
    struct tolerance tolerance;
    uint64_t random;      /* the task's, for its backoff */
    char waits_for[1024]; /* what it has told it waits for; "": nothing; the task's */

    /* One batch, owned by the poller until task_hand_out() and again after task_collect(). */
    struct batch batch;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    enum task_turn { TURN_POLLER, TURN_TASK, TURN_DONE } turn;
    enum task_wish wish;
    bool ended;
    /* What was told last of its sink.  The task goes between FINE and UNREACHABLE while it has no batch, the poller
     * from any of them to the others. */
    _Atomic enum sink_told { SINK_FINE, SINK_UNREACHABLE, SINK_AWAY } sink_told;
};

/* [poller] index, config, chain, wake_fd, policy are set before. */
void task_start(struct task *task);
bool task_is_free(struct task *task); /* running, nothing else is wished, and its batch is with the poller */
void task_hand_out(struct task *task);
bool task_collect(struct task *task); /* true: its batch is back, look at it now */
bool task_is_busy(struct task *task); /* its batch is away */
/* Heeded after the call under way, before any backoff is over.  A REOPEN becomes RUN by itself; END is the last. */
void task_wish(struct task *task, enum task_wish wish);
bool task_is_closed(struct task *task);
/* After END.  False: it has not ended within the time; tell flight_note_tell(). */
bool task_join(struct task *task, int64_t deadline_ms);
void task_free(struct task *task); /* only after a successful join */

#endif

/* pipeline/control.h - the board between an operator and the poller: what is wanted of a running pipeline, and how far
 * it has come.  It knows nothing of either.
 * Neighbours: operator.c (the poller's side, which carries it out), admin/ (who asks). */
#ifndef SLUICE_PIPELINE_CONTROL_H
#define SLUICE_PIPELINE_CONTROL_H

#include "sluice/abi.h"

/* Kafka Connect's target states (org.apache.kafka.connect.runtime.TargetState): PAUSED keeps the group membership and
 * the plugins open, STOPPED gives both up, so that the group's offsets may be changed (a static member's place is
 * kept by the broker until its session is over). */
#define RUN_STATES(X)         \
    X(RUN_RUNNING, "RUNNING") \
    X(RUN_PAUSED, "PAUSED")   \
    X(RUN_STOPPED, "STOPPED")
enum run_state {
#define X(name, text) name,
    RUN_STATES(X)
#undef X
        RUN_STATE_COUNT
};
const char *run_state_text(enum run_state state);

struct control;

/* [main] RUNNING is wanted.  Lives longer than the pipeline and whoever asks. */
struct control *control_new(size_t task_count);
void control_free(struct control *control); /* NULL is fine */

/* [any] The pipeline is to drain and end, whatever else is wanted. */
void control_end(struct control *control);
bool control_end_wanted(const struct control *control);

/* [any] Carried out in the background; the last wish counts. */
void control_want(struct control *control, enum run_state wanted);
enum run_state control_wanted(const struct control *control);
/* What holds now: PAUSED, no record is inside a plugin; STOPPED, the group is left and all plugins are closed; RUNNING
 * otherwise, also on the way from one to another. */
enum run_state control_reached(const struct control *control);
/* Its plugins are closed and opened again, after the call under way; a FAILED task does not wait for its backoff, nor
 * for the breaker.  False: there is no such task. */
bool control_restart(struct control *control, size_t task);
size_t control_task_count(const struct control *control);
/* The topics that had partitions here since the start or the last reset, NULL-terminated and sorted; the array is the
 * caller's, the texts are the board's. */
const char **control_topics(struct control *control);
void control_reset_topics(struct control *control);

/* [poller] */
int control_wake_fd(const struct control *control); /* wakes the poller (wake.h) */
void control_reach(struct control *control, enum run_state reached);
bool control_take_restart(struct control *control, size_t task); /* asked for since the last call? */
void control_note_topic(struct control *control, const char *topic);

#endif

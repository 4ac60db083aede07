/* pipeline/task_time.h - what a task spends its time with, down to the moment somebody asks: also while it waits for an
 * hour.
 * Neighbours: task.h (whose time), gauges.c (who asks). */
#ifndef SLUICE_PIPELINE_TASK_TIME_H
#define SLUICE_PIPELINE_TASK_TIME_H

#include <pthread.h>
#include <stdint.h>

/* The texts are the label `activity` of sluice_task_time_seconds_total. */
#define ACTIVITIES(X)                                                          \
    X(ACTIVITY_TRANSFORM, "transform")                                         \
    X(ACTIVITY_PUT, "put")         /* delivery with all that the sink takes */ \
    X(ACTIVITY_BACKOFF, "backoff") /* waiting to try again, opening plugins */ \
    X(ACTIVITY_IDLE, "idle")       /* waiting for records */
enum activity {
#define X(name, text) name,
    ACTIVITIES(X)
#undef X
        ACTIVITY_COUNT
};
const char *activity_text(enum activity activity);

struct task_time {
    pthread_mutex_t lock; /* taken a few times a batch; guards what follows */
    enum activity activity;
    int64_t since_ns; /* clock_now_ns() */
    int64_t spent_ns[ACTIVITY_COUNT];
};

void task_time_init(struct task_time *time, enum activity activity);
void task_time_free(struct task_time *time);
/* [task] Another activity begins.  Returns how long the last one took. */
int64_t task_time_begin(struct task_time *time, enum activity activity);
/* [any] What was spent with each, the one under way included. */
void task_time_read(struct task_time *time, int64_t spent_ns[ACTIVITY_COUNT]);

#endif

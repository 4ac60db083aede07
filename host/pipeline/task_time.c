#include "pipeline/task_time.h"

#include "base/clock.h"

#include <string.h>

const char *activity_text(enum activity activity)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        ACTIVITIES(X)
#undef X
    };
    return texts[activity];
}

void task_time_init(struct task_time *time, enum activity activity)
{
    *time = (struct task_time){.activity = activity, .since_ns = clock_now_ns()};
    pthread_mutex_init(&time->lock, NULL);
}

void task_time_free(struct task_time *time)
{
    pthread_mutex_destroy(&time->lock);
}

int64_t task_time_begin(struct task_time *time, enum activity activity)
{
    pthread_mutex_lock(&time->lock);
    int64_t now_ns = clock_now_ns(), took_ns = now_ns - time->since_ns;
    time->spent_ns[time->activity] += took_ns;
    time->since_ns = now_ns;
    time->activity = activity;
    pthread_mutex_unlock(&time->lock);
    return took_ns;
}

void task_time_read(struct task_time *time, int64_t spent_ns[ACTIVITY_COUNT])
{
    pthread_mutex_lock(&time->lock);
    memcpy(spent_ns, time->spent_ns, sizeof time->spent_ns);
    spent_ns[time->activity] += clock_now_ns() - time->since_ns;
    pthread_mutex_unlock(&time->lock);
}

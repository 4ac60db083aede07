#include "pipeline/control.h"

#include "base/alloc.h"
#include "pipeline/wake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct noted_topic {
    char *name;
    bool active; /* since the last reset */
};

struct control {
    int wake_fd;
    atomic_bool end_wanted;
    _Atomic int wanted, reached; /* enum run_state */
    size_t task_count;
    atomic_bool *restarts;
    pthread_mutex_t lock;       /* guards what follows */
    struct noted_topic *topics; /* names stay for good: they are handed out */
    size_t topic_count;
};

const char *run_state_text(enum run_state state)
{
    static const char *const texts[] = {
#define X(name, text) [name] = (text),
        RUN_STATES(X)
#undef X
    };
    return texts[state];
}

struct control *control_new(size_t task_count)
{
    struct control *control = alloc_zeroed(1, sizeof *control);
    control->wake_fd = wake_new();
    control->task_count = task_count;
    control->restarts = alloc_zeroed(task_count, sizeof *control->restarts);
    pthread_mutex_init(&control->lock, NULL);
    return control;
}

void control_free(struct control *control)
{
    if (control == NULL)
        return;
    for (size_t i = 0; i < control->topic_count; i++)
        free(control->topics[i].name);
    free(control->topics);
    free(control->restarts);
    pthread_mutex_destroy(&control->lock);
    close(control->wake_fd);
    free(control);
}

void control_end(struct control *control)
{
    atomic_store(&control->end_wanted, true);
    wake_up(control->wake_fd);
}

bool control_end_wanted(const struct control *control)
{
    return atomic_load(&control->end_wanted);
}

void control_want(struct control *control, enum run_state wanted)
{
    atomic_store(&control->wanted, (int)wanted);
    wake_up(control->wake_fd);
}

enum run_state control_wanted(const struct control *control)
{
    return (enum run_state)atomic_load(&control->wanted);
}

enum run_state control_reached(const struct control *control)
{
    return (enum run_state)atomic_load(&control->reached);
}

void control_reach(struct control *control, enum run_state reached)
{
    atomic_store(&control->reached, (int)reached);
}

size_t control_task_count(const struct control *control)
{
    return control->task_count;
}

bool control_restart(struct control *control, size_t task)
{
    if (task >= control->task_count)
        return false;
    atomic_store(&control->restarts[task], true);
    wake_up(control->wake_fd);
    return true;
}

bool control_take_restart(struct control *control, size_t task)
{
    return atomic_exchange(&control->restarts[task], false);
}

int control_wake_fd(const struct control *control)
{
    return control->wake_fd;
}

/* ---- Topics -------------------------------------------------------------------------------------- */

static struct noted_topic *find_topic(struct control *control, const char *name)
{
    for (size_t i = 0; i < control->topic_count; i++)
        if (strcmp(control->topics[i].name, name) == 0)
            return &control->topics[i];
    return NULL;
}

void control_note_topic(struct control *control, const char *name)
{
    pthread_mutex_lock(&control->lock);
    struct noted_topic *topic = find_topic(control, name);
    if (topic == NULL) {
        control->topics = alloc_resized(control->topics, control->topic_count + 1, sizeof *control->topics);
        topic = &control->topics[control->topic_count++];
        topic->name = alloc_text(name);
    }
    topic->active = true;
    pthread_mutex_unlock(&control->lock);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **control_topics(struct control *control)
{
    size_t count = 0;
    pthread_mutex_lock(&control->lock);
    const char **names = alloc_zeroed(control->topic_count + 1, sizeof *names);
    for (size_t i = 0; i < control->topic_count; i++)
        if (control->topics[i].active)
            names[count++] = control->topics[i].name;
    pthread_mutex_unlock(&control->lock);
    qsort(names, count, sizeof *names, by_name);
    return names;
}

void control_reset_topics(struct control *control)
{
    pthread_mutex_lock(&control->lock);
    for (size_t i = 0; i < control->topic_count; i++)
        control->topics[i].active = false;
    pthread_mutex_unlock(&control->lock);
}

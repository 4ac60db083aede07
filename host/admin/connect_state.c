#include "admin/connect_state.h"

#include "base/alloc.h"
#include "ops/health.h"

#include <stdlib.h>
#include <string.h>

const char *connect_state_text(enum connect_state state)
{
    static const char *const texts[] = {
#define X(name, text) [name] = (text),
        CONNECT_STATES(X)
#undef X
    };
    return texts[state];
}

static enum connect_state state_of(enum run_state reached)
{
    static const enum connect_state states[] = {
        [RUN_RUNNING] = CONNECT_RUNNING, [RUN_PAUSED] = CONNECT_PAUSED, [RUN_STOPPED] = CONNECT_STOPPED};
    return states[reached];
}

static void add(struct connect_report *report, const struct health_component *component)
{
    if (report->state != CONNECT_FAILED && report->state != CONNECT_STOPPED)
        report->state = component->starting ? CONNECT_UNASSIGNED : CONNECT_FAILED;
    char *longer = alloc_printf("%s%s%s: %s", report->trace != NULL ? report->trace : "",
                                report->trace != NULL ? "\n" : "", component->name, component->detail);
    free(report->trace);
    report->trace = longer;
}

/* The task that a component belongs to: "task-0", "sink-0", "breaker-0"; NULL: none, or there is none of that number.
 */
static struct connect_report *task_of(const struct connect_states *states, const char *component)
{
    static const char *const kinds[] = {"task-", "sink-", "breaker-"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t size = strlen(kinds[i]);
        char *end;
        if (strncmp(component, kinds[i], size) != 0)
            continue;
        unsigned long task = strtoul(component + size, &end, 10);
        return *end == '\0' && task < states->task_count ? &states->tasks[task] : NULL;
    }
    return NULL;
}

static void take_component(void *states_, const struct health_component *component)
{
    struct connect_states *states = states_;
    if (component->ready)
        return;
    add(&states->connector, component);
    struct connect_report *task = task_of(states, component->name);
    if (task != NULL)
        add(task, component);
}

void connect_states_take(struct connect_states *states, const struct control *control)
{
    enum connect_state reached = state_of(control_reached(control));
    size_t count = reached != CONNECT_STOPPED ? control_task_count(control) : 0;
    *states = (struct connect_states){.connector = {.state = reached}, .task_count = count};
    states->tasks = alloc_zeroed(count + 1, sizeof *states->tasks);
    for (size_t i = 0; i < count; i++)
        states->tasks[i].state = reached;
    health_each(take_component, states);
}

void connect_states_free(struct connect_states *states)
{
    for (size_t i = 0; i < states->task_count; i++)
        free(states->tasks[i].trace);
    free(states->tasks);
    free(states->connector.trace);
}

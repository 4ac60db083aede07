#include "pipeline/task_health.h"

#include "ops/health.h"
#include "ops/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A call may take its time: a database that fails over is away for some seconds. */
enum { LONG_CALL_MS = 10000 };

static void tell(const struct task *task, const char *what, bool ready, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(const struct task *task, const char *what, bool ready, const char *fmt, ...)
{
    char component[32], cause[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(cause, sizeof cause, fmt, args);
    va_end(args);
    snprintf(component, sizeof component, "%s-%zu", what, task->index);
    health_tell(component, ready, "%s", cause);
}

static struct log_about about(const struct task *task)
{
    return (struct log_about){.area = "task", .task = (int32_t)task->index, .offset = -1};
}

void task_health_starting(const struct task *task)
{
    task_health_opening(task);
    tell(task, "breaker", true, "%s", "");
}

static void tell_starting(const struct task *task, const char *what, const char *detail)
{
    char component[32];
    snprintf(component, sizeof component, "%s-%zu", what, task->index);
    health_starting(component, detail);
}

void task_health_opening(const struct task *task)
{
    tell_starting(task, "task", "opening its plugins");
    tell_starting(task, "sink", "not opened yet");
}

static void forget(const struct task *task)
{
    static const char *const whats[] = {"task", "sink", "breaker"};
    for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++) {
        char component[32];
        snprintf(component, sizeof component, "%s-%zu", whats[i], task->index);
        health_forget(component);
    }
}

void task_health_state(struct task *task, enum task_state state, const char *cause)
{
    const struct log_about of = about(task);
    if (state == TASK_CLOSED)
        forget(task);
    else
        tell(task, "task", state == TASK_RUNNING, "%s", cause);
    if (state == TASK_FAILED)
        log_write(SLUICE_LOG_ERROR, &of, "FAILED: %s", cause);
    else if (state != TASK_STARTING)
        log_write(SLUICE_LOG_INFO, &of, "%s", task_state_text(state));
    else if (strncmp(task->waits_for, cause, sizeof task->waits_for - 1) != 0) /* once: it may be for hours */
        log_write(SLUICE_LOG_WARN, &of, "waits, and tries again: %s", cause);
    snprintf(task->waits_for, sizeof task->waits_for, "%s", state == TASK_STARTING ? cause : "");
}

void task_health_opened(const struct task *task, bool opened, const char *cause)
{
    tell(task, "sink", opened, "%s", cause);
}

void task_health_looked(struct task *task, int64_t idle_ms, const char *why_not)
{
    const struct log_about of = about(task);
    enum sink_told told = atomic_load(&task->sink_told);
    if (told == SINK_AWAY && idle_ms <= task->policy.longest_ms)
        return; /* records will come again, and tell more than we know here; unless they have gone to another member */
    if (why_not == NULL && told != SINK_FINE) {
        tell(task, "sink", true, "%s", "");
        log_write(SLUICE_LOG_INFO, &of, "its sink is reached again");
        atomic_store(&task->sink_told, SINK_FINE);
    } else if (why_not != NULL) {
        tell(task, "sink", false, "%s", why_not);
        if (told == SINK_FINE)
            log_write(SLUICE_LOG_WARN, &of, "its sink cannot be reached: %s", why_not);
        atomic_store(&task->sink_told, SINK_UNREACHABLE);
    }
}

void task_health_breaker(const struct task *task)
{
    const struct batch *batch = &task->batch;
    if (!task->tolerance.breaker.open)
        tell(task, "breaker", true, "%s", "");
    else if (batch->failed && batch->failure_text != NULL) /* else its trial has shown nothing yet */
        tell(task, "breaker", false, "%s: %s", batch->failure_code != NULL ? batch->failure_code : "plugin.fatal",
             batch->failure_text);
}

/* A sink that is away shows on /ready, and twice in the log: when it begins and when it is over. */
static void tell_away(struct task *task, const char *why)
{
    const struct log_about of = about(task);
    tell(task, "sink", false, "%s", why);
    if (atomic_exchange(&task->sink_told, SINK_AWAY) != SINK_AWAY)
        log_write(SLUICE_LOG_WARN, &of, "%s", why);
}

void task_health_settled(struct task *task)
{
    const struct batch *batch = &task->batch;
    const struct log_about of = about(task);
    const struct result *first = NULL;
    char why[1024];
    size_t retried = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->results[i].kind == RESULT_RETRY && retried++ == 0)
            first = &batch->results[i];
    if (batch->failed) /* it has told so itself */
        return;
    if (retried > 0) {
        snprintf(why, sizeof why, "%zu records wait to be delivered again: %s: %s", retried,
                 first->code != NULL ? first->code : "plugin.unspecified",
                 first->text != NULL ? first->text : "the plugin gave no reason");
        tell_away(task, why);
    } else if (atomic_exchange(&task->sink_told, SINK_FINE) != SINK_FINE) {
        tell(task, "sink", true, "%s", "");
        log_write(SLUICE_LOG_INFO, &of, "records are delivered again");
    }
}

void task_health_watch(struct task *task, int64_t now_ms)
{
    char call[256], why[300];
    if (!task_is_busy(task) || now_ms - atomic_load(&task->note->since_ms) < LONG_CALL_MS ||
        !flight_note_tell(task->note, call, sizeof call))
        return;
    snprintf(why, sizeof why, "a call has not returned yet: %s", call);
    tell_away(task, why);
}

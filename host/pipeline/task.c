#include "pipeline/task.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/log.h"
#include "pipeline/counters.h"
#include "pipeline/task_health.h"
#include "pipeline/transforms.h"
#include "pipeline/wake.h"
#include "plugin/crash.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IDLE_CHECK_MS = 5000 };

const char *task_state_text(enum task_state state)
{
    static const char *const texts[] = {
#define X(name, text) [name] = (text),
        TASK_STATES(X)
#undef X
    };
    return texts[state];
}

static void tell(struct task *task, enum task_state state, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void tell(struct task *task, enum task_state state, const char *fmt, ...)
{
    char cause[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(cause, sizeof cause, fmt, args);
    va_end(args);
    task_health_state(task, state, cause);
    if (state == TASK_FAILED)
        atomic_fetch_add(&task->failures, 1);
    atomic_store(&task->state, state);
    wake_up(task->wake_fd);
}

/* ---- Opening and closing the chain ------------------------------------------------------------ */

static void close_all(struct task *task)
{
    instance_close(&task->sink);
    for (size_t i = task->chain->transform_count; i-- > 0;)
        instance_close(&task->transforms[i]);
}

/* In the report's arena. */
static const char *cause_of(const struct instance *instance, sluice_report *report)
{
    const char *code = report->call.code, *text = report->nonsense != NULL ? report->nonsense : report->call.text;
    return arena_printf(report->arena, "[%s] %s: %s", instance->stage->section,
                        code != NULL ? code : "cannot be opened", text != NULL ? text : "no reason given");
}

static bool open_one(struct task *task, struct instance *instance, sluice_report *report)
{
    bool is_sink = instance == &task->sink;
    sluice_verdict verdict = instance_open(instance, report);
    if (verdict == SLUICE_OK && is_sink)
        verdict = instance_verify(instance, &task->config->pipeline.topics, true, report);
    if (verdict == SLUICE_OK)
        return true;
    const char *cause = cause_of(instance, report);
    if (is_sink)
        task_health_opened(task, false, cause);
    tell(task, verdict == SLUICE_RETRY ? TASK_STARTING : TASK_FAILED, "%s", cause);
    return false;
}

static bool open_all(struct task *task)
{
    struct arena arena = {.newest = NULL};
    sluice_report report = {.arena = &arena};
    bool opened = true;
    for (size_t i = 0; i < task->chain->transform_count && opened; i++)
        opened = open_one(task, &task->transforms[i], &report);
    opened = opened && open_one(task, &task->sink, &report);
    if (opened)
        task_health_opened(task, true, "");
    else
        close_all(task);
    arena_free(&arena);
    return opened;
}

/* While nothing is put, nothing else would tell that its server is gone. */
static void look_at_sink(struct task *task, int64_t idle_ms)
{
    struct arena arena = {.newest = NULL};
    sluice_report report = {.arena = &arena};
    sluice_verdict verdict = instance_verify(&task->sink, &task->config->pipeline.topics, true, &report);
    task_health_looked(task, idle_ms, verdict == SLUICE_OK ? NULL : cause_of(&task->sink, &report));
    arena_free(&arena);
}

/* ---- A batch ---------------------------------------------------------------------------------- */

static sluice_verdict put(void *opaque, const sluice_batch *batch, sluice_report *report)
{
    struct task *task = opaque;
    int64_t began_ns = clock_now_ns();
    sluice_verdict returned = instance_put(&task->sink, batch, report);
    counters_put(clock_now_ns() - began_ns);
    return returned;
}

static void fail(struct batch *batch, const char *code, const char *text)
{
    batch->failed = true;
    batch->failure_code = code;
    batch->failure_text = text;
}

static void run_batch(struct task *task)
{
    struct batch *batch = &task->batch;
    int64_t began_ms = clock_now_ms();
    bool comes_again = false;
    task_time_begin(&task->time, ACTIVITY_TRANSFORM);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->records[i]->attempts++ == 0)
            batch->records[i]->first_tried_ms = began_ms;
    transforms_run(batch, task->transforms, task->chain->transform_count,
                   (enum null_values)task->config->pipeline.null_values, task->config->pipeline.name);
    counters_transformed(task_time_begin(&task->time, ACTIVITY_PUT));
    struct delivery delivery = {
        .records = batch->seen,
        .units = batch->units,
        .results = batch->results,
        .count = batch->count,
        .unit_count = batch->unit_count,
        .arena = &batch->arena,
        .sink = task->sink.stage,
        .put = put,
        .opaque = task,
        .failed = batch->failed, /* then nothing is put, and what is open comes again */
    };
    delivery_run(&delivery);
    batch->puts = delivery.puts;
    if (delivery.failed && !batch->failed)
        fail(batch, delivery.code, delivery.text);
    tolerance_apply(&task->tolerance, batch, clock_now_ms());
    task_health_breaker(task);
    /* What waits from here on must not pin the fetch it came in. */
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->results[i].kind > RESULT_FILTERED)
            record_copy_out(batch->records[i]);
        comes_again |= batch->results[i].kind > RESULT_REJECTED;
    }
    task_time_begin(&task->time, comes_again || batch->failed ? ACTIVITY_BACKOFF : ACTIVITY_IDLE);
}

/* ---- The thread ------------------------------------------------------------------------------- */

/* A point in time of clock_now_ms(), as condition variables of CLOCK_MONOTONIC want it. */
static struct timespec timespec_of(int64_t ms)
{
    return (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
}

enum woken { WOKEN_BY_BATCH, WOKEN_BY_WISH, WOKEN_BY_TIME };

/* Waits until there is a batch, something else than `expected` is wished, or the time is over (INT64_MAX: never). */
static enum woken wait_for_work(struct task *task, enum task_wish expected, int64_t deadline_ms)
{
    struct timespec until = timespec_of(deadline_ms);
    int failure = 0;
    pthread_mutex_lock(&task->lock);
    while (task->turn != TURN_TASK && task->wish == expected && failure != ETIMEDOUT) {
        if (deadline_ms == INT64_MAX)
            pthread_cond_wait(&task->changed, &task->lock);
        else
            failure = pthread_cond_timedwait(&task->changed, &task->lock, &until);
    }
    enum woken woken = task->turn == TURN_TASK  ? WOKEN_BY_BATCH
                       : task->wish != expected ? WOKEN_BY_WISH
                                                : WOKEN_BY_TIME;
    pthread_mutex_unlock(&task->lock);
    return woken;
}

static void give_back(struct task *task)
{
    pthread_mutex_lock(&task->lock);
    task->turn = TURN_DONE;
    pthread_mutex_unlock(&task->lock);
    wake_up(task->wake_fd);
}

/* How long a task that has FAILED waits before it is opened again. */
static int64_t reopen_delay_ms(struct task *task, uint32_t failures)
{
    if (task->tolerance.breaker.open)
        return task->config->pipeline.letters_pause_ms;
    return retry_delay_ms(&task->policy, failures, &task->random);
}

/* What is wished, with the plugins closed where that is part of it.  A batch that was handed out before comes first. */
static enum task_wish heed(struct task *task, bool *open)
{
    pthread_mutex_lock(&task->lock);
    enum task_wish wish = task->turn == TURN_TASK ? TASK_WISH_RUN : task->wish;
    bool begins = wish == TASK_WISH_RUN && atomic_load(&task->state) == TASK_CLOSED;
    if (begins) /* while nobody can wish it closed again and find it so */
        atomic_store(&task->state, TASK_STARTING);
    pthread_mutex_unlock(&task->lock);
    if (begins)
        task_health_starting(task);
    if (wish == TASK_WISH_RUN)
        return wish;
    if (*open)
        close_all(task);
    *open = false;
    if (wish == TASK_WISH_REOPEN) {
        task_health_opening(task);
        task_time_begin(&task->time, ACTIVITY_BACKOFF);
        atomic_store(&task->state, TASK_STARTING);
        pthread_mutex_lock(&task->lock);
        if (task->wish == wish) /* nothing was handed out so far: it was not free */
            task->wish = TASK_WISH_RUN;
        pthread_mutex_unlock(&task->lock);
    }
    if (wish == TASK_WISH_CLOSE && atomic_load(&task->state) != TASK_CLOSED)
        tell(task, TASK_CLOSED, "%s", "");
    return wish;
}

/* A batch, and the plugins closed again when it has FAILED. */
static void work(struct task *task, bool *open)
{
    run_batch(task);
    if (task->batch.failed) {
        close_all(task);
        *open = false;
        tell(task, TASK_FAILED, "%s: %s", task->batch.failure_code ? task->batch.failure_code : "plugin.fatal",
             task->batch.failure_text ? task->batch.failure_text : "the plugin gave no reason");
    }
    give_back(task);
}

static void run(struct task *task)
{
    int64_t worked_ms = clock_now_ms();
    uint32_t failures = 0; /* in a row */
    bool open = false;
    for (enum task_wish wish; (wish = heed(task, &open)) != TASK_WISH_END;) {
        if (wish != TASK_WISH_RUN) {
            failures = 0;
            if (wish == TASK_WISH_CLOSE)
                wait_for_work(task, wish, INT64_MAX);
            continue;
        }
        if (!open && !(open = open_all(task))) {
            wait_for_work(task, wish, clock_now_ms() + retry_delay_ms(&task->policy, failures++, &task->random));
            continue;
        }
        if (atomic_load(&task->state) != TASK_RUNNING) {
            task_time_begin(&task->time, ACTIVITY_IDLE);
            tell(task, TASK_RUNNING, "%s", "");
        }
        switch (wait_for_work(task, wish, clock_now_ms() + IDLE_CHECK_MS)) {
        case WOKEN_BY_WISH: break;
        case WOKEN_BY_TIME: look_at_sink(task, clock_now_ms() - worked_ms); break;
        case WOKEN_BY_BATCH:
            work(task, &open);
            worked_ms = clock_now_ms();
            if (open)
                failures = 0;
            else
                wait_for_work(task, wish, clock_now_ms() + reopen_delay_ms(task, failures++));
            break;
        }
    }
}

static void *task_main(void *task_)
{
    struct task *task = task_;
    struct crash_stack stack;
    crash_stack_open(&stack);
    run(task);
    crash_stack_close(&stack);
    atomic_store(&task->state, TASK_ENDED);
    pthread_mutex_lock(&task->lock);
    task->ended = true;
    pthread_cond_broadcast(&task->changed);
    pthread_mutex_unlock(&task->lock);
    return NULL;
}

void task_start(struct task *task)
{
    clock_condition_init(&task->changed);
    pthread_mutex_init(&task->lock, NULL);

    atomic_store(&task->limits.deadline_ms, INT64_MAX);
    task_time_init(&task->time, ACTIVITY_BACKOFF);
    task->random = (uint64_t)clock_wall_ms() * 2654435761u + task->index + 1;
    task->note = flight_note_new();
    tolerance_init(&task->tolerance, &task->config->pipeline);
    task->transforms = alloc_zeroed(task->chain->transform_count, sizeof *task->transforms);
    for (size_t i = 0; i < task->chain->transform_count; i++)
        instance_init(&task->transforms[i], &task->chain->transforms[i], task->config->pipeline.name,
                      (int32_t)task->index, &task->limits, task->note);
    instance_init(&task->sink, &task->chain->sink, task->config->pipeline.name, (int32_t)task->index, &task->limits,
                  task->note);
    task_health_starting(task);
    int failure = pthread_create(&task->thread, NULL, task_main, task);
    if (failure != 0) {
        log_error("task", "cannot start a thread: %s", strerror(failure));
        abort();
    }
}

bool task_is_free(struct task *task)
{
    pthread_mutex_lock(&task->lock);
    bool idle = task->turn == TURN_POLLER && task->wish == TASK_WISH_RUN;
    pthread_mutex_unlock(&task->lock);
    return idle && atomic_load(&task->state) == TASK_RUNNING;
}

bool task_is_closed(struct task *task)
{
    return atomic_load(&task->state) == TASK_CLOSED;
}

bool task_is_busy(struct task *task)
{
    pthread_mutex_lock(&task->lock);
    bool busy = task->turn != TURN_POLLER;
    pthread_mutex_unlock(&task->lock);
    return busy;
}

void task_hand_out(struct task *task)
{
    pthread_mutex_lock(&task->lock);
    task->turn = TURN_TASK;
    pthread_cond_signal(&task->changed);
    pthread_mutex_unlock(&task->lock);
}

bool task_collect(struct task *task)
{
    pthread_mutex_lock(&task->lock);
    bool back = task->turn == TURN_DONE;
    if (back)
        task->turn = TURN_POLLER;
    pthread_mutex_unlock(&task->lock);
    return back;
}

void task_wish(struct task *task, enum task_wish wish)
{
    pthread_mutex_lock(&task->lock);
    if (task->wish != TASK_WISH_END)
        task->wish = wish;
    pthread_cond_signal(&task->changed);
    pthread_mutex_unlock(&task->lock);
}

bool task_join(struct task *task, int64_t deadline_ms)
{
    struct timespec until = timespec_of(deadline_ms);
    int failure = 0;
    pthread_mutex_lock(&task->lock);
    while (!task->ended && failure != ETIMEDOUT)
        failure = pthread_cond_timedwait(&task->changed, &task->lock, &until);
    bool ended = task->ended;
    pthread_mutex_unlock(&task->lock);
    return ended && pthread_join(task->thread, NULL) == 0;
}

void task_free(struct task *task)
{
    batch_free(&task->batch);
    task_time_free(&task->time);
    tolerance_free(&task->tolerance);
    flight_note_free(task->note);
    free(task->transforms);
    pthread_cond_destroy(&task->changed);
    pthread_mutex_destroy(&task->lock);
}

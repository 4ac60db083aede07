#include "pipeline/shutdown.h"

#include "base/clock.h"
#include "ops/health.h"
#include "ops/log.h"
#include "pipeline/gauges.h"
#include "pipeline/wake.h"

enum { STEP_MS = 20, COMMIT_RESERVE_MS = 2000, AFTER_DEADLINE_MS = 500 };

static bool is_drained(struct poller *poller)
{
    for (size_t i = 0; i < poller->task_count; i++)
        if (task_is_busy(&poller->tasks[i]))
            return false;
    return poller->letters.unacknowledged == 0;
}

static void drain(struct poller *poller, int64_t deadline_ms)
{
    for (size_t i = 0; i < poller->task_count; i++) {
        atomic_store(&poller->tasks[i].limits.deadline_ms, deadline_ms);
        atomic_store(&poller->tasks[i].limits.stopping, true);
    }
    for (int64_t now_ms; !is_drained(poller) && (now_ms = clock_now_ms()) < deadline_ms;) {
        poller_serve(poller, now_ms);
        wake_wait(poller->wake_fd, STEP_MS);
    }
}

/* False: it was not answered in time. */
static bool commit(struct poller *poller, int64_t deadline_ms)
{
    while (commits_under_way(&poller->commits) || commits_send(&poller->commits)) {
        int64_t now_ms = clock_now_ms();
        if (now_ms >= deadline_ms) {
            log_warn("consumer", "the last commit was not answered in time; its records will come again");
            return false;
        }
        consumer_serve(&poller->consumer, now_ms);
        wake_wait(poller->wake_fd, STEP_MS);
    }
    return true;
}

static void end_tasks(struct poller *poller, int64_t deadline_ms)
{
    for (size_t i = 0; i < poller->task_count; i++)
        task_wish(&poller->tasks[i], TASK_WISH_END);
    for (size_t i = 0; i < poller->task_count; i++) {
        char what[256];
        if (task_join(&poller->tasks[i], deadline_ms))
            continue;
        poller->hung = true;
        if (!flight_note_tell(poller->tasks[i].note, what, sizeof what))
            what[0] = '\0';
        log_error("task", "task %zu does not end: %s", i, what);
    }
}

int shutdown_run(struct poller *poller)
{
    int64_t began_ms = clock_now_ms();
    int64_t deadline_ms = began_ms + poller->config->pipeline.graceful_timeout_ms;
    bool fatal = poller->consumer.fatal[0] != '\0';
    bool begins_anew = poller->end == POLLER_FENCED;
    if (begins_anew)
        health_starting("group", "joins again as a new client");
    else
        health_stopping();
    log_info("pipeline", "%s: draining for up to %lld ms", begins_anew ? "beginning anew" : "stopping",
             (long long)(deadline_ms - began_ms));
    drain(poller, deadline_ms);
    commits_hold(&poller->commits, 0); /* now or never */
    bool answered = !fatal && commit(poller, clock_now_ms() + COMMIT_RESERVE_MS);
    end_tasks(poller, deadline_ms > clock_now_ms() ? deadline_ms : clock_now_ms() + AFTER_DEADLINE_MS);
    /* What came back just behind the deadline is stored, and holds messages that rd_kafka_destroy() would wait for. */
    poller_settle(poller, clock_now_ms());
    if (answered)
        commit(poller, clock_now_ms() + COMMIT_RESERVE_MS);
    rebalance_close(&poller->rebalance);
    consumer_close(&poller->consumer);
    if (poller->hung)
        return 1;
    gauges_partitions(&poller->consumer, true, clock_now_ms()); /* it owns none any more */
    poller_drop_queued(poller); /* rd_kafka_destroy() would wait for every message that is still referenced */
    log_info("pipeline", "%s after %lld ms", begins_anew ? "drained" : "stopped",
             (long long)(clock_now_ms() - began_ms));
    return poller->end == POLLER_FAILED ? 1 : 0;
}

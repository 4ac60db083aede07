#include "pipeline/operator.h"

#include "ops/health.h"
#include "ops/log.h"

static void subscribe(struct poller *poller)
{
    struct error error;
    for (size_t i = 0; i < poller->task_count; i++)
        task_wish(&poller->tasks[i], TASK_WISH_RUN);
    poller->rebalance.joins_again = false; /* it joins as somebody new */
    commits_hold(&poller->commits, 0);
    if (topics_subscribe(&poller->consumer.topics, poller->consumer.client, &error) != 0)
        log_error("consumer", "%s", error.text); /* at the start the same subscription was accepted */
}

static bool is_idle(struct poller *poller)
{
    for (size_t i = 0; i < poller->task_count; i++)
        if (task_is_busy(&poller->tasks[i]))
            return false;
    return true;
}

/* Once nothing is ours any more, the plugins are closed. */
static bool is_stopped(struct poller *poller)
{
    const struct partitions *partitions = &poller->consumer.partitions;
    bool closed = true;
    if (poller->rebalance.state != REBALANCE_STEADY || !consumer_has_left(&poller->consumer))
        return false;
    for (size_t i = 0; i < partitions->count; i++)
        if (partition_owned(partitions->all[i]))
            return false;
    for (size_t i = 0; i < poller->task_count; i++) {
        bool busy = task_is_busy(&poller->tasks[i]); /* with a batch that was given up: settled first */
        if (!busy)
            task_wish(&poller->tasks[i], TASK_WISH_CLOSE);
        closed = closed && !busy && task_is_closed(&poller->tasks[i]);
    }
    if (!closed)
        return false;
    poller_drop_queued(poller);
    health_tell("group", true, NULL); /* left on purpose */
    return true;
}

static void change(struct poller *poller, enum run_state wanted)
{
    log_info("pipeline", "%s is wanted, it is %s", run_state_text(wanted), run_state_text(poller->run_state));
    if (poller->run_state == RUN_STOPPED)
        health_starting("group", "not joined yet");
    /* What was reached holds no longer, before anything is done: RUNNING is what promises nothing. */
    control_reach(poller->control, RUN_RUNNING);
    if (poller->run_state == RUN_STOPPED)
        subscribe(poller);
    else if (wanted == RUN_STOPPED)
        rd_kafka_unsubscribe(poller->consumer.client);
    poller->run_state = wanted;
}

void operator_serve(struct poller *poller)
{
    enum run_state wanted = control_wanted(poller->control);
    for (size_t i = 0; i < poller->task_count; i++)
        if (control_take_restart(poller->control, i) && poller->run_state != RUN_STOPPED)
            task_wish(&poller->tasks[i], TASK_WISH_REOPEN);
    if (wanted != poller->run_state)
        change(poller, wanted);
    if (control_reached(poller->control) != wanted && (wanted == RUN_PAUSED ? is_idle(poller) : is_stopped(poller))) {
        control_reach(poller->control, wanted);
        log_info("pipeline", "%s", run_state_text(wanted));
    }
}

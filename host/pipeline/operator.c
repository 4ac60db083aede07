#include "pipeline/operator.h"

#include "ops/health.h"
#include "ops/log.h"

static void wish_all(struct poller *poller, enum task_wish wish)
{
    for (size_t i = 0; i < poller->task_count; i++)
        task_wish(&poller->tasks[i], wish);
}

static void subscribe(struct poller *poller)
{
    struct error error;
    wish_all(poller, TASK_WISH_RUN);
    health_starting("group", "not joined yet");
    if (topics_subscribe(&poller->consumer.topics, poller->consumer.client, &error) != 0)
        log_error("consumer", "%s", error.text); /* at the start the same subscription was accepted */
}

static bool is_at_once(struct poller *poller)
{
    (void)poller;
    return true;
}

static bool is_idle(struct poller *poller)
{
    for (size_t i = 0; i < poller->task_count; i++)
        if (task_is_busy(&poller->tasks[i]))
            return false;
    return poller->letters.unacknowledged == 0;
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
    wish_all(poller, TASK_WISH_CLOSE);
    for (size_t i = 0; i < poller->task_count; i++)
        closed = closed && task_is_closed(&poller->tasks[i]);
    if (closed)
        health_tell("group", true, NULL); /* left on purpose */
    return closed;
}

static bool (*const is_reached[RUN_STATE_COUNT])(struct poller *poller) = {
    [RUN_RUNNING] = is_at_once, [RUN_PAUSED] = is_idle, [RUN_STOPPED] = is_stopped};

static void change(struct poller *poller, enum run_state wanted)
{
    log_info("pipeline", "%s is wanted, it is %s", run_state_text(wanted), run_state_text(poller->run_state));
    if (wanted == RUN_STOPPED)
        rd_kafka_unsubscribe(poller->consumer.client);
    else if (poller->run_state == RUN_STOPPED)
        subscribe(poller);
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
    if (control_reached(poller->control) != wanted && is_reached[wanted](poller)) {
        control_reach(poller->control, wanted);
        log_info("pipeline", "%s", run_state_text(wanted));
    }
}

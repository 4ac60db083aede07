#include "pipeline/poller.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/health.h"
#include "ops/log.h"
#include "pipeline/counters.h"
#include "pipeline/gauges.h"
#include "pipeline/operator.h"
#include "pipeline/task_health.h"
#include "pipeline/wake.h"

#include <stdlib.h>
#include <unistd.h>

enum { LONGEST_WAIT_MS = 500 };

static void rebalance_hook(void *opaque, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list)
{
    struct poller *poller = opaque;
    rebalance_wanted(&poller->rebalance, what, list);
}

static void committed_hook(void *opaque, rd_kafka_resp_err_t failure, rd_kafka_topic_partition_list_t *list)
{
    struct poller *poller = opaque;
    commits_answered(&poller->commits, failure, list);
}

/* Before the client is there: queues come with it. */
static void init_lanes(struct poller *poller)
{
    poller->lane_count = poller->config->pipeline.ordering == ORDERING_KEY ? 1 : poller->task_count;
    poller->lanes = alloc_zeroed(poller->lane_count, sizeof *poller->lanes);
    for (size_t i = 0; i < poller->lane_count; i++)
        poller->lanes[i] = (struct lane){
            .index = i, .tasks = &poller->tasks[i], .task_count = poller->task_count / poller->lane_count};
}

static void init(struct poller *poller, const struct pipeline_config *config, const struct chain *chain,
                 struct control *control)
{
    const struct pipeline_options *options = &config->pipeline;
    struct retry_policy policy = {.first_ms = options->errors_retry_delay_min_ms,
                                  .longest_ms = options->errors_retry_delay_max_ms};
    *poller = (struct poller){
        .config = config,
        .chain = chain,
        .control = control,
        .budget = budget_plan(options),
        .task_count = (size_t)options->tasks_max,
        .random = (uint64_t)clock_wall_ms() * 0x9e3779b97f4a7c15u | 1,
        .wake_fd = control_wake_fd(control),
    };
    poller->limits = (struct batch_limits){.max_records = (size_t)options->batch_max_records,
                                           .max_bytes = poller->budget.batch_max_bytes,
                                           .linger_ms = options->linger_ms};
    poller->consumer = (struct consumer){
        .options = options, .on_rebalance = rebalance_hook, .on_committed = committed_hook, .opaque = poller};
    poller->commits = (struct commits){.consumer = &poller->consumer, .interval_ms = options->offset_flush_interval_ms};
    poller->settling =
        (struct settling){.letters = &poller->letters, .options = options, .policy = policy, .random = &poller->random};
    poller->letters = (struct dead_letters){.topic = options->dead_letter_topic,
                                            .pipeline = options->name,
                                            .policy = policy,
                                            .acknowledged = settle_letter,
                                            .opaque = &poller->settling,
                                            .random = &poller->random};
    poller->tasks = alloc_zeroed(poller->task_count, sizeof *poller->tasks);
    for (size_t i = 0; i < poller->task_count; i++) {
        struct task *task = &poller->tasks[i];
        task->index = i;
        task->config = config;
        task->chain = chain;
        task->wake_fd = poller->wake_fd;
        task->policy = policy;
    }
    init_lanes(poller);
    poller->rebalance = (struct rebalance){.consumer = &poller->consumer,
                                           .commits = &poller->commits,
                                           .lanes = poller->lanes,
                                           .lane_count = poller->lane_count};
}

int poller_open(struct poller *poller, const struct pipeline_config *config, const struct settings *settings,
                const struct chain *chain, struct control *control, struct error *error)
{
    struct client_plan plan;
    struct problems *problems = problems_new();
    init(poller, config, chain, control);
    counters_init();
    client_plan_init(&plan, config, settings, problems);
    int failure = problems_errors(problems) > 0 ? error_set(error, "the [kafka] sections have errors") : 0;
    poller->rebalance.drain_timeout_ms = plan.rebalance_drain_timeout_ms;
    if (failure == 0)
        failure = consumer_open(&poller->consumer, &plan.consumer, poller->wake_fd, error);
    if (failure == 0)
        failure = dead_letters_open(&poller->letters, &plan.producer, poller->wake_fd, error);
    for (size_t i = 0; i < poller->lane_count && failure == 0; i++) {
        poller->lanes[i].queue = rd_kafka_queue_new(poller->consumer.client);
        wake_on_queue(poller->lanes[i].queue, poller->wake_fd);
    }
    client_plan_free(&plan);
    problems_free(problems);
    return failure;
}

/* ---- One round ----------------------------------------------------------------------------------- */

void poller_settle(struct poller *poller, int64_t now_ms)
{
    for (size_t i = 0; i < poller->task_count; i++)
        if (task_collect(&poller->tasks[i])) {
            atomic_store(&poller->tasks[i].limits.deadline_ms, INT64_MAX); /* a revoke may have set it */
            settle_batch(&poller->settling, &poller->tasks[i], now_ms);
        }
}

void poller_drop_queued(struct poller *poller)
{
    for (size_t i = 0; i < poller->lane_count; i++)
        for (rd_kafka_message_t *message; (message = rd_kafka_consume_queue(poller->lanes[i].queue, 0)) != NULL;)
            rd_kafka_message_destroy(message);
}

static void add_ready(struct poller *poller, size_t *count, struct unit *unit)
{
    if (*count == poller->ready_capacity) {
        poller->ready_capacity = poller->ready_capacity > 0 ? poller->ready_capacity * 2 : 64;
        poller->ready = alloc_resized(poller->ready, poller->ready_capacity, sizeof(struct unit *));
    }
    poller->ready[(*count)++] = unit;
}

/* The units of a lane that have something to hand out, into poller->ready, beginning at a different partition each
 * time. */
static size_t find_ready(struct poller *poller, const struct lane *lane, int64_t now_ms, struct batch_waiting *waiting,
                         int64_t *next_ms)
{
    const struct partitions *partitions = &poller->consumer.partitions;
    size_t count = 0;
    *waiting = (struct batch_waiting){.oldest_ms = INT64_MAX};
    poller->turn++;
    for (size_t i = 0; i < partitions->count; i++) {
        struct partition *partition = partitions->all[(i + poller->turn) % partitions->count];
        if (partition->lane != lane->index)
            continue;
        for (struct unit *unit = partition_first_unit(partition); unit != NULL;
             unit = partition_next_unit(partition, unit)) {
            if (!partition_may_hand_out(partition, unit, now_ms)) {
                if (unit->held_until_ms > now_ms && unit->held_until_ms - now_ms < *next_ms)
                    *next_ms = unit->held_until_ms - now_ms;
                continue;
            }
            add_ready(poller, &count, unit);
            waiting->records += unit->count;
            waiting->bytes += unit->bytes;
            if (unit->first->arrived_ms < waiting->oldest_ms)
                waiting->oldest_ms = unit->first->arrived_ms;
        }
    }
    return count;
}

/* Returns ms until there may be something to hand out without an event that wakes us. */
static int64_t hand_out(struct poller *poller, int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;
    for (size_t l = 0; l < poller->lane_count; l++)
        for (size_t t = 0; t < poller->lanes[l].task_count; t++) {
            struct task *task = &poller->lanes[l].tasks[t];
            struct batch_waiting waiting;
            int64_t wait_ms;
            if (!task_is_free(task))
                continue;
            size_t count = find_ready(poller, &poller->lanes[l], now_ms, &waiting, &next_ms);
            if (!batch_should_close(&poller->limits, &waiting, now_ms, &task->batch.closed_by, &wait_ms)) {
                next_ms = wait_ms < next_ms ? wait_ms : next_ms;
                break;
            }
            batch_fill(&task->batch, &poller->limits, poller->ready, count);
            task_hand_out(task);
        }
    return next_ms;
}

static void take_in(struct poller *poller, int64_t now_ms)
{
    if (poller->letters.bytes >= poller->budget.letters_max_bytes)
        return;
    for (size_t i = 0; i < poller->lane_count; i++)
        intake_take(&poller->consumer, &poller->lanes[i], &poller->budget, &poller->limits, now_ms);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void measure(struct poller *poller, int64_t now_ms)
{
    const struct partitions *partitions = &poller->consumer.partitions;
    struct gauges_memory memory = {
        .waiting_bytes = gauges_partitions(&poller->consumer, poller->run_state != RUN_RUNNING, now_ms),
        .letter_bytes = poller->letters.bytes,
        .letters = poller->letters.unacknowledged,
        .limit_bytes = poller->config->pipeline.buffer_max_bytes,
    };
    for (size_t i = 0; i < poller->task_count; i++) {
        gauges_task(&poller->tasks[i]);
        task_health_watch(&poller->tasks[i], now_ms);
        memory.task_bytes += poller->tasks[i].batch.bytes; /* what is away, or came back and is not settled */
    }
    gauges_memory(&memory);
    gauges_run_state(control_reached(poller->control));
    for (size_t i = 0; i < partitions->count; i++)
        if (partition_owned(partitions->all[i]))
            control_note_topic(poller->control, partitions->all[i]->topic);
}

int64_t poller_serve(struct poller *poller, int64_t now_ms)
{
    int64_t wait_ms = LONGEST_WAIT_MS;
    health_alive();
    log_flush(false);
    consumer_serve(&poller->consumer, now_ms);
    poller_settle(poller, now_ms);
    wait_ms = least(wait_ms, rebalance_serve(&poller->rebalance, now_ms));
    wait_ms = least(wait_ms, dead_letters_serve(&poller->letters, now_ms));
    wait_ms = least(wait_ms, commits_serve(&poller->commits, now_ms));
    if (now_ms >= poller->next_measure_ms) {
        measure(poller, now_ms);
        poller->next_measure_ms = now_ms + LONGEST_WAIT_MS;
    }
    return wait_ms;
}

static void round_of(struct poller *poller)
{
    int64_t now_ms = clock_now_ms();
    int64_t wait_ms = poller_serve(poller, now_ms);
    operator_serve(poller);
    if (poller->run_state == RUN_RUNNING) {
        take_in(poller, now_ms);
        wait_ms = least(wait_ms, hand_out(poller, now_ms));
        take_in(poller, now_ms); /* the next batch gathers while the task works on this one */
    }
    wake_wait(poller->wake_fd, wait_ms > 0 ? wait_ms : 0);
}

static enum poller_end end_of(const struct poller *poller)
{
    if (control_end_wanted(poller->control))
        return POLLER_ASKED;
    if (poller->consumer.fenced_itself) {
        log_warn("consumer", "%s, after its session had ended: it joins again as a new client", poller->consumer.fatal);
        return POLLER_FENCED;
    }
    if (poller->consumer.fatal[0] != '\0') {
        log_error("consumer", "fatal: %s", poller->consumer.fatal);
        return POLLER_FAILED;
    }
    for (size_t i = 0; i < poller->task_count && poller->config->pipeline.on_failure == ON_FAILURE_EXIT; i++)
        if (atomic_load(&poller->tasks[i].failures) > 0) {
            log_error("pipeline", "task %zu has FAILED and on.failure = exit", i);
            return POLLER_FAILED;
        }
    return POLLER_GOES_ON;
}

void poller_run(struct poller *poller)
{
    log_info("pipeline", "started with %zu task%s, batches of up to %zu records and %llu bytes", poller->task_count,
             poller->task_count == 1 ? "" : "s", poller->limits.max_records,
             (unsigned long long)poller->limits.max_bytes);
    for (size_t i = 0; i < poller->task_count; i++)
        task_start(&poller->tasks[i]);
    while ((poller->end = end_of(poller)) == POLLER_GOES_ON)
        round_of(poller);
}

void poller_free(struct poller *poller)
{
    dead_letters_close(&poller->letters);
    for (size_t i = 0; i < poller->task_count; i++)
        if (poller->tasks[i].note != NULL)
            task_free(&poller->tasks[i]);
    for (size_t i = 0; i < poller->lane_count; i++)
        if (poller->lanes[i].queue != NULL)
            rd_kafka_queue_destroy(poller->lanes[i].queue);
    consumer_free(&poller->consumer);
    free(poller->commits.epochs);
    free(poller->tasks);
    free(poller->lanes);
    free(poller->ready);
}

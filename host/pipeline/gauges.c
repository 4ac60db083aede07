#include "pipeline/gauges.h"

#include "pipeline/families.h"
#include "pipeline/intake.h"

#include <stdio.h>

/* ---- Partitions ----------------------------------------------------------------------------------- */

/* The label values of a partition's series, in text of the caller's. */
enum { NUMBER_SIZE = 16 };
#define OF(partition, number) LABELS((partition)->topic, number_text((partition)->number, (number)))

static const char *number_text(int32_t value, char text[NUMBER_SIZE])
{
    snprintf(text, NUMBER_SIZE, "%d", (int)value);
    return text;
}

static bool delivers(const struct partition *partition)
{
    return partition->state == PARTITION_ACTIVE || partition->state == PARTITION_DRAINING;
}

static void measure_lag(const struct consumer *consumer, const struct partition *partition)
{
    char number[NUMBER_SIZE];
    int64_t low, high;
    if (rd_kafka_get_watermark_offsets(consumer->client, partition->topic, partition->number, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) /* not heard yet */
        return;
    int64_t lag = high - offsets_watermark(&partition->offsets);
    family_set(FAMILY_LAG, lag > 0 ? (double)lag : 0, OF(partition, number));
}

static void measure_partition(const struct consumer *consumer, const struct partition *partition, bool held,
                              int64_t now_ms)
{
    char number[NUMBER_SIZE];
    family_set(FAMILY_PAUSED, held ? 1 : 0, OF(partition, number));
    if (partition->committed >= 0)
        family_set(FAMILY_COMMITTED, (double)partition->committed, OF(partition, number));
    else
        family_remove(FAMILY_COMMITTED, OF(partition, number));
    if (!delivers(partition))
        return;
    int64_t oldest_ms = offsets_oldest_ms(&partition->offsets);
    family_set(FAMILY_OLDEST_AGE, oldest_ms >= 0 ? (double)(now_ms - oldest_ms) / 1000 : 0, OF(partition, number));
    measure_lag(consumer, partition);
}

void gauges_forget(const struct partition *partition)
{
    static const enum family of_partitions[] = {FAMILY_LAG, FAMILY_OLDEST_AGE, FAMILY_COMMITTED, FAMILY_PAUSED};
    char number[NUMBER_SIZE];
    for (size_t i = 0; i < sizeof of_partitions / sizeof of_partitions[0]; i++)
        family_remove(of_partitions[i], OF(partition, number));
}

uint64_t gauges_partitions(const struct consumer *consumer, bool paused, int64_t now_ms)
{
    uint64_t waiting_bytes = 0;
    size_t assigned = 0, held = 0;
    for (size_t i = 0; i < consumer->partitions.count; i++) {
        struct partition *partition = consumer->partitions.all[i];
        if (!partition_owned(partition))
            continue;
        for (const struct unit *unit = partition_first_unit(partition); unit != NULL;
             unit = partition_next_unit(partition, unit))
            waiting_bytes += unit->bytes;
        bool is_held = paused || !delivers(partition) || partition->paused || intake_is_held_up(consumer, partition);
        measure_partition(consumer, partition, is_held, now_ms);
        assigned++;
        held += is_held;
    }
    family_set(FAMILY_ASSIGNED, (double)assigned, NULL);
    family_set(FAMILY_HELD, (double)held, NULL);
    return waiting_bytes;
}

/* ---- Pipeline, tasks and memory ------------------------------------------------------------------- */

void gauges_run_state(enum run_state state)
{
    static const char *const states[] = {[RUN_RUNNING] = "running", [RUN_PAUSED] = "paused", [RUN_STOPPED] = "stopped"};
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        family_set(FAMILY_PIPELINE_STATE, i == (int)state ? 1 : 0, LABELS(states[i]));
}

void gauges_task(struct task *task)
{
    static const char *const states[] = {
        [TASK_STARTING] = "starting", [TASK_RUNNING] = "running", [TASK_FAILED] = "failed", [TASK_CLOSED] = "closed"};
    char number[NUMBER_SIZE];
    int64_t spent_ns[ACTIVITY_COUNT];
    const char *name = number_text((int32_t)task->index, number);
    task_time_read(&task->time, spent_ns);
    for (int i = 0; i < ACTIVITY_COUNT; i++)
        family_set(FAMILY_TASK_TIME, (double)spent_ns[i] / 1e9, LABELS(name, activity_text((enum activity)i)));
    int state = atomic_load(&task->state);
    for (int i = TASK_STARTING; i <= TASK_CLOSED; i++)
        family_set(FAMILY_TASK_STATE, i == state ? 1 : 0, LABELS(name, states[i]));
    family_set(FAMILY_TASK_FAILURES, atomic_load(&task->failures), LABELS(name));
}

void gauges_memory(const struct gauges_memory *memory)
{
    family_set(FAMILY_WAITING, (double)memory->waiting_bytes, NULL);
    family_set(FAMILY_LETTERS, (double)memory->letters, NULL);
    family_set(FAMILY_LETTER_BYTES, (double)memory->letter_bytes, NULL);
    family_set(FAMILY_BUFFER_USED, (double)(memory->waiting_bytes + memory->task_bytes + memory->letter_bytes), NULL);
    family_set(FAMILY_BUFFER_LIMIT, (double)memory->limit_bytes, NULL);
}

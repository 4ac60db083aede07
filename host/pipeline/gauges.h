/* pipeline/gauges.h - measuring what is: partitions, budget, tasks, every half second.
 * Neighbours: families.h (what is measured), counters.h (what is counted), poller.c (who asks, and whose state it is).
 */
#ifndef SLUICE_PIPELINE_GAUGES_H
#define SLUICE_PIPELINE_GAUGES_H

#include "pipeline/consumer.h"
#include "pipeline/control.h"
#include "pipeline/task.h"

/* [poller] All of these.  Every partition that is ours; paused: by an operator.  Returns the bytes of the records
 * waiting. */
uint64_t gauges_partitions(const struct consumer *consumer, bool paused, int64_t now_ms);
/* The partition is not ours any more: its series go with it. */
void gauges_forget(const struct partition *partition);
void gauges_task(struct task *task);
void gauges_run_state(enum run_state state);

struct gauges_memory {
    uint64_t waiting_bytes;
    uint64_t task_bytes;
    uint64_t letter_bytes;
    uint64_t limit_bytes; /* of all memory */
    size_t letters;
};
void gauges_memory(const struct gauges_memory *memory);

#endif

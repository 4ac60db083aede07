/* pipeline/intake.h - from librdkafka's queues into the ordering units, one record at a time, no faster than the tasks
 * take them: not popping is the backpressure (a pause would cost each partition a second on resume).  Only a partition
 * held by a retry is paused, so that others of its task can go on behind it.
 * Neighbours: consumer.h, task.h (whose queue), unit.h (where records wait), budget.h (how much may). */
#ifndef SLUICE_PIPELINE_INTAKE_H
#define SLUICE_PIPELINE_INTAKE_H

#include "pipeline/batch.h"
#include "pipeline/budget.h"
#include "pipeline/consumer.h"
#include "pipeline/task.h"

/* What waits for a task. */
struct intake {
    size_t records;         /* of units that are not being retried */
    uint64_t bytes;         /* of those records */
    uint64_t all_bytes;     /* of everything, what is being retried included */
    size_t open_partitions; /* those that are not being retried */
};

/* [poller] */
struct intake intake_look(const struct consumer *consumer, const struct task *task);
/* Takes what there is and fits. */
void intake_take(struct consumer *consumer, const struct task *task, const struct budget *budget,
                 const struct batch_limits *limits, int64_t now_ms);
/* The unit is through: its partition delivers again. */
void intake_resume(struct consumer *consumer, struct partition *partition);

#endif

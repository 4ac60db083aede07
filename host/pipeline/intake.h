/* pipeline/intake.h - from librdkafka's queues into the ordering units, one record at a time, no faster than the tasks
 * take them: not popping is the backpressure (a pause would cost each partition a second on resume).  Only a partition
 * held up by a retry is paused, so that others of its lane can go on behind it.
 * Neighbours: consumer.h, lane.h (whose queue), unit.h (where records wait), budget.h (how much may). */
#ifndef SLUICE_PIPELINE_INTAKE_H
#define SLUICE_PIPELINE_INTAKE_H

#include "pipeline/batch.h"
#include "pipeline/budget.h"
#include "pipeline/consumer.h"
#include "pipeline/lane.h"

/* [poller] Takes what there is and fits. */
void intake_take(struct consumer *consumer, const struct lane *lane, const struct budget *budget,
                 const struct batch_limits *limits, int64_t now_ms);
/* Held up by a retry, or for good: nothing more of it would be handed out soon, and others must not wait behind it. */
bool intake_is_held_up(const struct consumer *consumer, const struct partition *partition);
/* Delivers again, if it was paused. */
void intake_resume(struct consumer *consumer, struct partition *partition);

#endif

/* pipeline/lane.h - a queue of librdkafka and the tasks that its records go to: one task, or with ordering = key all of
 * them.  The partitions bound to a lane flow into its queue, so that a task that is slow or FAILED never stands in
 * front of another's records.  The poller's alone. Neighbours: intake.h (takes records from the queue), rebalance.h
 * (binds partitions), poller.c (hands batches out). */
#ifndef SLUICE_PIPELINE_LANE_H
#define SLUICE_PIPELINE_LANE_H

#include "pipeline/task.h"

struct lane {
    size_t index;
    rd_kafka_queue_t *queue;
    struct task *tasks;
    size_t task_count;
    size_t partitions; /* bound to it */
};

#endif

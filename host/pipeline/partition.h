/* pipeline/partition.h - a partition as its owner knows it: epoch, progress, what waits.  The poller's alone; a task
 * only reads topic and number, which never change.
 *
 * States:  GONE -> STARTING (assigned, its start position being asked) -> ACTIVE -> DRAINING (revoked, waiting for what
 * is inside plugins) -> GONE;  STOPPED instead of ACTIVE when it cannot be read (its offset is gone from the broker).
 * Each assignment is a new epoch; whatever bears an old one is forgotten.
 * Neighbours: rebalance.h (moves the states), offsets.h, unit.h. */
#ifndef SLUICE_PIPELINE_PARTITION_H
#define SLUICE_PIPELINE_PARTITION_H

#include "pipeline/offsets.h"
#include "pipeline/unit.h"

enum partition_state { PARTITION_GONE, PARTITION_STARTING, PARTITION_ACTIVE, PARTITION_DRAINING, PARTITION_STOPPED };

struct partition {
    const char *topic; /* ours, as long as the partition */
    int32_t number;
    enum partition_state state;
    uint64_t epoch;
    size_t task; /* index of the task it is bound to for the epoch */
    struct offsets offsets;
    int64_t committed; /* acknowledged in this epoch; -1: nothing yet */
    struct unit unit;
    size_t inside;      /* batches now with a task that hold records of it, of any epoch */
    size_t letters;     /* of this epoch, not acknowledged yet */
    bool fetched;       /* librdkafka has it in its assignment; not so when its start position was gone */
    bool position_lost; /* the broker does not have what comes next: to be asked where to go on */
    bool paused;        /* held by a retry while others of its task go on */
};

/* [poller] All partitions that were ever ours in this process; pointers stay valid until the table is freed. */
struct partitions {
    struct partition **all;
    size_t count;
    struct partition *last_found;
};

struct partition *partitions_find(struct partitions *partitions, const char *topic, int32_t number); /* or NULL */
struct partition *partitions_get(struct partitions *partitions, const char *topic, int32_t number);  /* made if new */
void partitions_free(struct partitions *partitions);

/* Begins a new epoch at `start`, bound to a task. */
void partition_begin(struct partition *partition, int64_t start, size_t task);
/* Ends the epoch: what waits is freed, what is inside or in flight is forgotten when it comes back. */
void partition_end(struct partition *partition);

/* Is it ours, in whatever state? */
bool partition_owned(const struct partition *partition);
/* May its records be handed to a task? */
bool partition_may_hand_out(const struct partition *partition, int64_t now_ms);

#endif

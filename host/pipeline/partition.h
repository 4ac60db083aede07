/* pipeline/partition.h - a partition as its owner knows it: epoch, progress, what waits.  The poller's alone; a task
 * only reads topic and number, which never change.
 *
 * States:  GONE -> STARTING (assigned, its start position being asked) -> ACTIVE -> DRAINING (revoked, waiting for what
 * is inside plugins) -> GONE;  STOPPED instead of ACTIVE when it cannot be read (its offset is gone from the broker).
 * Each assignment is a new epoch; whatever bears an old one is forgotten.
 * Neighbours: rebalance.h (moves the states), offsets.h, unit.h. */
#ifndef SLUICE_PIPELINE_PARTITION_H
#define SLUICE_PIPELINE_PARTITION_H

#include "config/pipeline_config.h"
#include "pipeline/offsets.h"
#include "pipeline/unit.h"

enum partition_state { PARTITION_GONE, PARTITION_STARTING, PARTITION_ACTIVE, PARTITION_DRAINING, PARTITION_STOPPED };

struct partition {
    const char *topic; /* ours, as long as the partition */
    int32_t number;
    enum partition_state state;
    uint64_t epoch;
    size_t lane; /* index of the lane it is bound to for the epoch */
    struct offsets offsets;
    int64_t committed;      /* acknowledged in this epoch; -1: nothing yet */
    struct unit own;        /* the unit of all its records, or with ordering = key of those without a key */
    struct unit *by_key;    /* the others, in the order they are to be handed out */
    size_t retrying;        /* units whose last delivery did not go through */
    size_t inside;          /* units now with a task, of any epoch */
    size_t abandoned;       /* those of them that are of an epoch which is over */
    size_t letters;         /* of this epoch, not acknowledged yet */
    bool fetched;           /* librdkafka has it in its assignment; not so when its start position was gone */
    bool position_lost;     /* the broker does not have what comes next: to be asked where to go on */
    bool log_cut;           /* because its log was cut, by the election of a replica that lagged behind, say */
    struct position cut_at; /* where; offset -1: not known */
    bool unchecked;  /* whether the log was cut below its position is still to be asked: nothing is taken before */
    bool unreadable; /* what comes next cannot be read: nothing behind it is taken, so nothing is passed */
    bool paused;     /* held by a retry while others of its task go on */
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

/* Begins a new epoch at `start`, bound to a lane. */
void partition_begin(struct partition *partition, struct position start, size_t lane);
/* Ends the epoch: what waits is freed, what is inside or in flight is forgotten when it comes back. */
void partition_end(struct partition *partition);

/* Is it ours, in whatever state? */
bool partition_owned(const struct partition *partition);

/* Its units: first, next, ... NULL. */
struct unit *partition_first_unit(struct partition *partition);
struct unit *partition_next_unit(const struct partition *partition, const struct unit *unit);
/* The unit that a record of this key belongs to, made if need be. */
struct unit *partition_unit_of(struct partition *partition, enum ordering ordering, sluice_bytes key);
/* What waits in all of them is freed. */
void partition_clear_units(struct partition *partition);

/* May records of this unit be handed to a task? */
bool partition_may_hand_out(const struct partition *partition, const struct unit *unit, int64_t now_ms);
/* A batch of the unit has been settled: held_until_ms 0: it went through.  The unit goes to the end of the line, or
 * away when it has nothing more to do. */
void partition_unit_settled(struct partition *partition, struct unit *unit, int64_t held_until_ms);

#endif

/* pipeline/offsets.h - how far a partition is finished: the watermark over the records delivered to us, in order, not
 * over their numbers, since transactions and compaction leave holes.  Pure; one for each epoch of a partition.
 * Neighbours: partitions.h (whose it is), commits.h (who commits the watermark). */
#ifndef SLUICE_PIPELINE_OFFSETS_H
#define SLUICE_PIPELINE_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in a partition's log.  By the leader epoch a broker tells whether the log was cut below it since (KIP-320):
 * any from that of the record before it to that of a leader that had the log up to there; a lower one would tell of
 * cuts that never were. */
struct position {
    int64_t offset;       /* the next one */
    int32_t leader_epoch; /* -1: not known, nothing can be told */
};

/* Records delivered under one leader. */
struct leadership {
    int64_t offset; /* of the first */
    int32_t leader_epoch;
};

struct offsets_entry {
    uint64_t state; /* offset * 2 + finished */
    int64_t arrived_ms;
};

struct offsets {
    struct offsets_entry *ring; /* unfinished records and the finished ones behind the first of them */
    size_t capacity, first, count;
    struct leadership *leaderships; /* of the records in the ring */
    size_t leadership_count;
    struct position next; /* behind everything seen: the next offset that may be delivered */
};

void offsets_init(struct offsets *offsets, struct position start);
void offsets_free(struct offsets *offsets);

/* A record was delivered to us.  False: it lies before what was seen already (a broker repeats itself after a change
 * of leader); the caller forgets it, for the first one is still on its way. */
bool offsets_delivered(struct offsets *offsets, int64_t offset, int32_t leader_epoch, int64_t now_ms);
/* The partition ends before `end`: nothing but markers and compacted records lies between, of leaders not known. */
void offsets_end_of_partition(struct offsets *offsets, int64_t end);
/* A delivered record is finished.  Told twice it is finished once. */
void offsets_finished(struct offsets *offsets, int64_t offset);

/* Every record before it is finished. */
int64_t offsets_watermark(const struct offsets *offsets);
/* The watermark, as it is to be committed. */
struct position offsets_to_commit(const struct offsets *offsets);
/* When the first unfinished record came; -1: everything is finished. */
int64_t offsets_oldest_ms(const struct offsets *offsets);
size_t offsets_unfinished(const struct offsets *offsets); /* records between watermark and newest, finished or not */

#endif

/* pipeline/offsets.h - how far a partition is finished: the watermark over the records delivered to us, in order, not
 * over their numbers, since transactions and compaction leave holes.  Pure; one for each epoch of a partition.
 * Neighbours: partitions.h (whose it is), commits.h (who commits the watermark). */
#ifndef SLUICE_PIPELINE_OFFSETS_H
#define SLUICE_PIPELINE_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct offsets_entry {
    uint64_t state; /* offset * 2 + finished */
    int64_t arrived_ms;
};

struct offsets {
    struct offsets_entry *ring; /* unfinished records and the finished ones behind the first of them */
    size_t capacity, first, count;
    int64_t next; /* behind everything seen: the next offset that may be delivered */
};

void offsets_init(struct offsets *offsets, int64_t start);
void offsets_free(struct offsets *offsets);

/* A record was delivered to us.  False: it lies before what was seen already (a broker repeats itself after a change
 * of leader); the caller forgets it, for the first one is still on its way. */
bool offsets_delivered(struct offsets *offsets, int64_t offset, int64_t now_ms);
/* The partition ends before `end`: nothing but markers and compacted records lies between. */
void offsets_end_of_partition(struct offsets *offsets, int64_t end);
/* A delivered record is finished.  Told twice it is finished once. */
void offsets_finished(struct offsets *offsets, int64_t offset);

/* Every record before it is finished: what may be committed. */
int64_t offsets_watermark(const struct offsets *offsets);
/* When the first unfinished record came; -1: everything is finished. */
int64_t offsets_oldest_ms(const struct offsets *offsets);
size_t offsets_unfinished(const struct offsets *offsets); /* records between watermark and newest, finished or not */

#endif

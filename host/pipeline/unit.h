/* pipeline/unit.h - an ordering unit: the records that must reach the sink in order, waiting in that order, and how
 * long the unit is held after a RETRY.  With ordering = partition a partition is one unit; with ordering = key each key
 * of it is, as long as there is something to do for it.
 * Neighbours: record.h, partition.h (whose units), batch.h (cut from units), retry.h (how long). */
#ifndef SLUICE_PIPELINE_UNIT_H
#define SLUICE_PIPELINE_UNIT_H

#include "pipeline/record.h"

#include <uthash.h>

struct unit {
    struct record *first, *last;
    size_t count;
    size_t bytes;
    bool inside;           /* records of it are with a task: the next ones wait until these are settled */
    uint32_t attempts;     /* retries in a row; 0: the last delivery went through */
    int64_t held_until_ms; /* clock_now_ms(); 0: not held */

    UT_hash_handle hh; /* the rest is of units of a key alone */
    void *key;
    size_t key_size;
};

void unit_append(struct unit *unit, struct record *record);
/* Puts a record that comes again in front; called from the last such record to the first. */
void unit_put_back(struct unit *unit, struct record *record);
struct record *unit_take(struct unit *unit); /* NULL when empty */
void unit_clear(struct unit *unit);          /* frees what waits */

#endif

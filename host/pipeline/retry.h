/* pipeline/retry.h - how long to wait before something is tried again.  Pure.
 * Neighbours: unit.h (records that come again), task.c (plugins opened again), dead_letter.c (letters sent again). */
#ifndef SLUICE_PIPELINE_RETRY_H
#define SLUICE_PIPELINE_RETRY_H

#include <stdint.h>

struct retry_policy {
    int64_t first_ms;   /* the ceiling of the first delay */
    int64_t longest_ms; /* no delay is longer: errors.retry.delay.max.ms */
};

/* Exponential with full jitter (Marc Brooker, "Exponential Backoff And Jitter", 2015): anything from 1 ms to a
 * ceiling that doubles with each attempt, so that members that failed together do not come back together.
 * attempt: 0 for the first retry.  random: any non-zero seed, changed by each call. */
int64_t retry_delay_ms(const struct retry_policy *policy, uint32_t attempt, uint64_t *random);

#endif

/* pipeline/families.h - the host's own metric families.  Names, kinds and labels are a contract: the reference in
 * host/README.md is generated from this table, and a test compares it with what a process serves.
 * Neighbours: ops/metrics.h (where they live); counters.h, gauges.h and statistics.h (who fill them). */
#ifndef SLUICE_PIPELINE_FAMILIES_H
#define SLUICE_PIPELINE_FAMILIES_H

#include "ops/metrics.h"

enum family {
    /* counters.c; those by topic alone come first, from CONSUMED to STORED_BYTES */
    FAMILY_CONSUMED,
    FAMILY_STORED,
    FAMILY_FILTERED,
    FAMILY_REJECTED,
    FAMILY_RETRIED,
    FAMILY_CONSUMED_BYTES,
    FAMILY_STORED_BYTES,
    FAMILY_DEAD_LETTERED,
    FAMILY_BATCHES,
    FAMILY_PUTS,
    FAMILY_BATCH_RECORDS,
    FAMILY_BATCH_BYTES,
    FAMILY_TRANSFORM_DURATION,
    FAMILY_PUT_DURATION,
    FAMILY_COMMIT_DURATION,
    FAMILY_DELIVERY_LATENCY,
    FAMILY_COMMITS,
    FAMILY_REBALANCES,
    FAMILY_BUILD_INFO,
    FAMILY_PLUGIN_INFO,
    FAMILY_CONFIG_INFO,
    /* gauges.c */
    FAMILY_LAG,
    FAMILY_OLDEST_AGE,
    FAMILY_COMMITTED,
    FAMILY_PAUSED,
    FAMILY_ASSIGNED,
    FAMILY_HELD,
    FAMILY_BUFFER_USED,
    FAMILY_BUFFER_LIMIT,
    FAMILY_WAITING,
    FAMILY_LETTERS,
    FAMILY_LETTER_BYTES,
    FAMILY_PIPELINE_STATE,
    FAMILY_TASK_TIME,
    FAMILY_TASK_STATE,
    FAMILY_TASK_FAILURES,
    /* statistics.c */
    FAMILY_FETCH_QUEUE_MESSAGES,
    FAMILY_FETCH_QUEUE_BYTES,
    FAMILY_BROKER_RTT,
    FAMILY_BROKER_CONNECTED,
    FAMILY_REQUEST_ERRORS,
    FAMILY_RECONNECTS,
    FAMILY_RECEIVED,
    FAMILY_TRANSMITTED,
    FAMILY_COUNT
};

/* The values of a family's labels, in the order of the table; NULL where it has none. */
#define LABELS(...) ((const char *const[]){__VA_ARGS__})

/* [any] Registers them and what ops/ measures by itself; counters_init() calls it. */
void families_init(void);

/* [any] After families_init(). */
void family_add(enum family family, double delta, const char *const *labels);
void family_set(enum family family, double value, const char *const *labels);
void family_observe(enum family family, double value, const char *const *labels);
void family_remove(enum family family, const char *const *labels); /* the series */
void family_sweep(enum family family);                             /* metrics_sweep() */
void family_tally(enum family family, struct metric_tally *tally, double value);
void family_observe_tally(enum family family, struct metric_tally *tally, const char *const *labels);

#endif

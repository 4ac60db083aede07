/* pipeline/batch.h - what travels from the poller to a task and back: records in order, what became of each, and the
 * arena that everything made on the way lives in.  One owner at a time.
 * Neighbours: partition.h (batches are cut from the units of a lane's partitions), transforms.h and delivery.h (fill
 * the results), settle.c (takes it apart). */
#ifndef SLUICE_PIPELINE_BATCH_H
#define SLUICE_PIPELINE_BATCH_H

#include "pipeline/delivery.h"
#include "pipeline/partition.h"

/* What closed a batch; the texts are the label `closed_by` of sluice_batches_total. */
#define BATCH_CLOSED_BY(X)                                                 \
    X(BATCH_COUNT, "count")   /* batch.max.records */                      \
    X(BATCH_BYTES, "bytes")   /* batch.max.bytes */                        \
    X(BATCH_LINGER, "linger") /* linger.ms since the oldest record came */ \
    X(BATCH_IDLE, "idle")     /* the task was free and linger.ms is 0 */
enum batch_closed_by {
#define X(name, text) name,
    BATCH_CLOSED_BY(X)
#undef X
        BATCH_CLOSED_BY_COUNT
};
const char *batch_closed_by_text(enum batch_closed_by closed_by);

struct batch_limits {
    size_t max_records;
    uint64_t max_bytes;
    int64_t linger_ms;
};

/* What waits for a task and may be handed out. */
struct batch_waiting {
    size_t records;
    uint64_t bytes;
    int64_t oldest_ms; /* arrival of the oldest, clock_now_ms() */
};

/* Should a batch be closed now?  Pure.  False: not yet, look again after *wait_ms (INT64_MAX: when something comes). */
bool batch_should_close(const struct batch_limits *limits, const struct batch_waiting *waiting, int64_t now_ms,
                        enum batch_closed_by *closed_by, int64_t *wait_ms);

struct batch {
    struct record **records;
    struct sluice_record **seen; /* &records[i]->seen, as delivery wants them */
    size_t *units;               /* numbered within the batch */
    struct result *results;
    size_t count, capacity, unit_count;
    uint64_t bytes;
    enum batch_closed_by closed_by;
    struct arena arena;
    size_t puts; /* calls of put() it took */
    bool failed; /* the task has FAILED on it */
    const char *failure_code, *failure_text;
};

void batch_free(struct batch *batch);

/* Takes records from the units, in order within each, until a limit is reached; a record larger than max_bytes travels
 * alone.  units: those that may be handed out; those taken from are inside then. */
void batch_fill(struct batch *batch, const struct batch_limits *limits, struct unit *const *units, size_t unit_count);
/* Forgets the records (whoever took them owns them now) and the arena's content. */
void batch_empty(struct batch *batch);

#endif

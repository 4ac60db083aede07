#include "pipeline/batch.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

const char *batch_closed_by_text(enum batch_closed_by closed_by)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        BATCH_CLOSED_BY(X)
#undef X
    };
    return texts[closed_by];
}

bool batch_should_close(const struct batch_limits *limits, const struct batch_waiting *waiting, int64_t now_ms,
                        enum batch_closed_by *closed_by, int64_t *wait_ms)
{
    *wait_ms = INT64_MAX;
    if (waiting->records == 0)
        return false;
    if (waiting->records >= limits->max_records)
        *closed_by = BATCH_COUNT;
    else if (waiting->bytes >= limits->max_bytes)
        *closed_by = BATCH_BYTES;
    else if (limits->linger_ms == 0)
        *closed_by = BATCH_IDLE;
    else if (now_ms - waiting->oldest_ms >= limits->linger_ms)
        *closed_by = BATCH_LINGER;
    else {
        *wait_ms = limits->linger_ms - (now_ms - waiting->oldest_ms);
        return false;
    }
    return true;
}

void batch_free(struct batch *batch)
{
    arena_free(&batch->arena);
    free(batch->records);
    free(batch->seen);
    free(batch->units);
    free(batch->results);
    *batch = (struct batch){.records = NULL};
}

static void grow(struct batch *batch)
{
    batch->capacity = batch->capacity > 0 ? batch->capacity * 2 : 64;
    batch->records = alloc_resized(batch->records, batch->capacity, sizeof *batch->records);
    batch->seen = alloc_resized(batch->seen, batch->capacity, sizeof *batch->seen);
    batch->units = alloc_resized(batch->units, batch->capacity, sizeof *batch->units);
    batch->results = alloc_resized(batch->results, batch->capacity, sizeof *batch->results);
}

static void add(struct batch *batch, struct record *record)
{
    if (batch->count == batch->capacity)
        grow(batch);
    batch->records[batch->count] = record;
    batch->seen[batch->count] = &record->seen;
    batch->units[batch->count] = batch->unit_count;
    batch->results[batch->count] = (struct result){.kind = RESULT_OPEN};
    batch->bytes += record->bytes;
    batch->count++;
}

static bool fits(const struct batch *batch, const struct batch_limits *limits, const struct record *record)
{
    return batch->count == 0 ||
           (batch->count < limits->max_records && batch->bytes + record->bytes <= limits->max_bytes);
}

void batch_fill(struct batch *batch, const struct batch_limits *limits, struct unit *const *units, size_t unit_count)
{
    for (size_t i = 0; i < unit_count; i++) {
        struct unit *unit = units[i];
        if (unit->first == NULL || !fits(batch, limits, unit->first))
            continue;
        unit->inside = true;
        unit->first->partition->inside++;
        while (unit->first != NULL && fits(batch, limits, unit->first))
            add(batch, unit_take(unit));
        batch->unit_count++;
    }
}

void batch_empty(struct batch *batch)
{
    arena_reset(&batch->arena);
    batch->count = batch->unit_count = batch->puts = 0;
    batch->bytes = 0;
    batch->failed = false;
    batch->failure_code = batch->failure_text = NULL;
}

#include "pipeline/offsets.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static uint64_t *entry_at(const struct offsets *offsets, size_t i)
{
    return &offsets->ring[(offsets->first + i) % offsets->capacity];
}

void offsets_init(struct offsets *offsets, int64_t start)
{
    *offsets = (struct offsets){.next = start};
}

void offsets_free(struct offsets *offsets)
{
    free(offsets->ring);
    *offsets = (struct offsets){.next = offsets->next};
}

static void grow(struct offsets *offsets)
{
    size_t capacity = offsets->capacity > 0 ? offsets->capacity * 2 : FIRST_CAPACITY;
    uint64_t *ring = alloc_zeroed(capacity, sizeof *ring);
    for (size_t i = 0; i < offsets->count; i++)
        ring[i] = *entry_at(offsets, i);
    free(offsets->ring);
    offsets->ring = ring;
    offsets->capacity = capacity;
    offsets->first = 0;
}

bool offsets_delivered(struct offsets *offsets, int64_t offset)
{
    if (offset < offsets->next)
        return false;
    if (offsets->count == offsets->capacity)
        grow(offsets);
    *entry_at(offsets, offsets->count++) = (uint64_t)offset * 2;
    offsets->next = offset + 1;
    return true;
}

void offsets_end_of_partition(struct offsets *offsets, int64_t end)
{
    if (end > offsets->next)
        offsets->next = end;
}

void offsets_finished(struct offsets *offsets, int64_t offset)
{
    size_t low = 0, high = offsets->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((int64_t)(*entry_at(offsets, middle) / 2) < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == offsets->count || (int64_t)(*entry_at(offsets, low) / 2) != offset)
        return; /* below the watermark: told before */
    *entry_at(offsets, low) |= 1;
    while (offsets->count > 0 && (*entry_at(offsets, 0) & 1) != 0) {
        offsets->first = (offsets->first + 1) % offsets->capacity;
        offsets->count--;
    }
}

int64_t offsets_watermark(const struct offsets *offsets)
{
    return offsets->count > 0 ? (int64_t)(*entry_at(offsets, 0) / 2) : offsets->next;
}

size_t offsets_unfinished(const struct offsets *offsets)
{
    return offsets->count;
}

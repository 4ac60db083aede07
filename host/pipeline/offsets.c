#include "pipeline/offsets.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static struct offsets_entry *entry_at(const struct offsets *offsets, size_t i)
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
    struct offsets_entry *ring = alloc_zeroed(capacity, sizeof *ring);
    for (size_t i = 0; i < offsets->count; i++)
        ring[i] = *entry_at(offsets, i);
    free(offsets->ring);
    offsets->ring = ring;
    offsets->capacity = capacity;
    offsets->first = 0;
}

bool offsets_delivered(struct offsets *offsets, int64_t offset, int64_t now_ms)
{
    if (offset < offsets->next)
        return false;
    if (offsets->count == offsets->capacity)
        grow(offsets);
    *entry_at(offsets, offsets->count++) = (struct offsets_entry){(uint64_t)offset * 2, now_ms};
    offsets->next = offset + 1;
    return true;
}

void offsets_end_of_partition(struct offsets *offsets, int64_t end)
{
    if (end > offsets->next)
        offsets->next = end;
}

static int64_t offset_at(const struct offsets *offsets, size_t i)
{
    return (int64_t)(entry_at(offsets, i)->state / 2);
}

void offsets_finished(struct offsets *offsets, int64_t offset)
{
    size_t low = 0, high = offsets->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (offset_at(offsets, middle) < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == offsets->count || offset_at(offsets, low) != offset)
        return; /* below the watermark: told before */
    entry_at(offsets, low)->state |= 1;
    while (offsets->count > 0 && (entry_at(offsets, 0)->state & 1) != 0) {
        offsets->first = (offsets->first + 1) % offsets->capacity;
        offsets->count--;
    }
}

int64_t offsets_watermark(const struct offsets *offsets)
{
    return offsets->count > 0 ? offset_at(offsets, 0) : offsets->next;
}

int64_t offsets_oldest_ms(const struct offsets *offsets)
{
    return offsets->count > 0 ? entry_at(offsets, 0)->arrived_ms : -1;
}

size_t offsets_unfinished(const struct offsets *offsets)
{
    return offsets->count;
}

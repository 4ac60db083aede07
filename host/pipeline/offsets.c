#include "pipeline/offsets.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

static struct offsets_entry *entry_at(const struct offsets *offsets, size_t i)
{
    return &offsets->ring[(offsets->first + i) % offsets->capacity];
}

void offsets_init(struct offsets *offsets, struct position start)
{
    *offsets = (struct offsets){.next = start};
}

void offsets_free(struct offsets *offsets)
{
    free(offsets->ring);
    free(offsets->leaderships);
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

static void note_leadership(struct offsets *offsets, int64_t offset, int32_t leader_epoch)
{
    size_t count = offsets->leadership_count;
    if (count > 0 && offsets->leaderships[count - 1].leader_epoch == leader_epoch)
        return;
    offsets->leaderships = alloc_resized(offsets->leaderships, count + 1, sizeof *offsets->leaderships);
    offsets->leaderships[offsets->leadership_count++] =
        (struct leadership){.offset = offset, .leader_epoch = leader_epoch};
}

/* The first one left is that of the first record in the ring. */
static void forget_leaderships(struct offsets *offsets)
{
    size_t past = 0;
    if (offsets->count == 0)
        past = offsets->leadership_count;
    while (past + 1 < offsets->leadership_count && offsets->leaderships[past + 1].offset <= offsets_watermark(offsets))
        past++;
    if (past == 0)
        return;
    offsets->leadership_count -= past;
    memmove(offsets->leaderships, offsets->leaderships + past,
            offsets->leadership_count * sizeof *offsets->leaderships);
}

bool offsets_delivered(struct offsets *offsets, int64_t offset, int32_t leader_epoch, int64_t now_ms)
{
    if (offset < offsets->next.offset)
        return false;
    if (offsets->count == offsets->capacity)
        grow(offsets);
    *entry_at(offsets, offsets->count++) = (struct offsets_entry){(uint64_t)offset * 2, now_ms};
    note_leadership(offsets, offset, leader_epoch);
    offsets->next = (struct position){.offset = offset + 1, .leader_epoch = leader_epoch};
    return true;
}

void offsets_end_of_partition(struct offsets *offsets, int64_t end)
{
    if (end > offsets->next.offset)
        offsets->next = (struct position){.offset = end, .leader_epoch = -1};
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
    forget_leaderships(offsets);
}

int64_t offsets_watermark(const struct offsets *offsets)
{
    return offsets_to_commit(offsets).offset;
}

struct position offsets_to_commit(const struct offsets *offsets)
{
    if (offsets->count == 0)
        return offsets->next;
    /* That of the record itself: it is there, so its leader had all before it. */
    return (struct position){.offset = offset_at(offsets, 0), .leader_epoch = offsets->leaderships[0].leader_epoch};
}

int64_t offsets_oldest_ms(const struct offsets *offsets)
{
    return offsets->count > 0 ? entry_at(offsets, 0)->arrived_ms : -1;
}

size_t offsets_unfinished(const struct offsets *offsets)
{
    return offsets->count;
}

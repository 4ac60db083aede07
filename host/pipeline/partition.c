#include "pipeline/partition.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static bool is(const struct partition *partition, const char *topic, int32_t number)
{
    return partition != NULL && partition->number == number && strcmp(partition->topic, topic) == 0;
}

struct partition *partitions_find(struct partitions *partitions, const char *topic, int32_t number)
{
    if (is(partitions->last_found, topic, number)) /* records come in runs of one partition */
        return partitions->last_found;
    for (size_t i = 0; i < partitions->count; i++)
        if (is(partitions->all[i], topic, number))
            return partitions->last_found = partitions->all[i];
    return NULL;
}

struct partition *partitions_get(struct partitions *partitions, const char *topic, int32_t number)
{
    struct partition *partition = partitions_find(partitions, topic, number);
    if (partition != NULL)
        return partition;
    partition = alloc_zeroed(1, sizeof *partition);
    *partition = (struct partition){.topic = alloc_text(topic), .number = number, .committed = -1};
    partitions->all = alloc_resized(partitions->all, partitions->count + 1, sizeof *partitions->all);
    return partitions->all[partitions->count++] = partition;
}

void partitions_free(struct partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++) {
        partition_end(partitions->all[i]);
        free((char *)partitions->all[i]->topic);
        free(partitions->all[i]);
    }
    free(partitions->all);
    *partitions = (struct partitions){.all = NULL};
}

void partition_begin(struct partition *partition, struct position start, size_t lane)
{
    partition->epoch++;
    partition->lane = lane;
    partition->committed = -1;
    partition->letters = 0;
    partition->paused = partition->position_lost = partition->log_cut = partition->unreadable = false;
    partition->unchecked = start.leader_epoch >= 0;
    offsets_init(&partition->offsets, start);
}

static void free_unit(struct partition *partition, struct unit *unit)
{
    HASH_DEL(partition->by_key, unit);
    unit_clear(unit);
    free(unit->key);
    free(unit);
}

void partition_end(struct partition *partition)
{
    partition->epoch++;
    partition->state = PARTITION_GONE;
    partition->letters = 0;
    partition->abandoned = partition->inside;
    partition->retrying = 0;
    unit_clear(&partition->own);
    partition->own = (struct unit){.first = NULL};
    while (partition->by_key != NULL)
        free_unit(partition, partition->by_key);
    offsets_free(&partition->offsets);
}

bool partition_owned(const struct partition *partition)
{
    return partition->state != PARTITION_GONE;
}

struct unit *partition_first_unit(struct partition *partition)
{
    return &partition->own;
}

struct unit *partition_next_unit(const struct partition *partition, const struct unit *unit)
{
    return unit == &partition->own ? partition->by_key : unit->hh.next;
}

struct unit *partition_unit_of(struct partition *partition, enum ordering ordering, sluice_bytes key)
{
    struct unit *unit;
    if (ordering == ORDERING_PARTITION || key.data == NULL)
        return &partition->own;
    HASH_FIND(hh, partition->by_key, key.data, key.size, unit);
    if (unit != NULL)
        return unit;
    unit = alloc_zeroed(1, sizeof *unit);
    unit->key = alloc_copy(key.data, key.size);
    unit->key_size = key.size;
    HASH_ADD_KEYPTR(hh, partition->by_key, unit->key, unit->key_size, unit);
    return unit;
}

void partition_clear_units(struct partition *partition)
{
    for (struct unit *unit = partition_first_unit(partition); unit != NULL; unit = partition_next_unit(partition, unit))
        unit_clear(unit);
}

bool partition_may_hand_out(const struct partition *partition, const struct unit *unit, int64_t now_ms)
{
    /* Nothing of it while a batch of an epoch we have abandoned is inside a plugin: its writes must not land behind
     * newer ones. */
    return partition->state == PARTITION_ACTIVE && partition->abandoned == 0 && !unit->inside && unit->count > 0 &&
           unit->held_until_ms <= now_ms;
}

void partition_unit_settled(struct partition *partition, struct unit *unit, int64_t held_until_ms)
{
    bool retrying = held_until_ms > 0, was_retrying = unit->attempts > 0;
    unit->inside = false;
    unit->held_until_ms = held_until_ms;
    unit->attempts = retrying ? unit->attempts + 1 : 0;
    partition->retrying += retrying && !was_retrying;
    partition->retrying -= !retrying && was_retrying;
    if (unit == &partition->own)
        return;
    if (unit->count == 0) {
        free_unit(partition, unit);
        return;
    }
    HASH_DEL(partition->by_key, unit);
    HASH_ADD_KEYPTR(hh, partition->by_key, unit->key, unit->key_size, unit);
}

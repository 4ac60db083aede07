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

void partition_begin(struct partition *partition, int64_t start, size_t task)
{
    partition->epoch++;
    partition->task = task;
    partition->committed = -1;
    partition->letters = 0;
    partition->paused = partition->position_lost = false;
    offsets_init(&partition->offsets, start);
}

void partition_end(struct partition *partition)
{
    partition->epoch++;
    partition->state = PARTITION_GONE;
    partition->letters = 0;
    unit_clear(&partition->unit);
    offsets_free(&partition->offsets);
}

bool partition_owned(const struct partition *partition)
{
    return partition->state != PARTITION_GONE;
}

bool partition_may_hand_out(const struct partition *partition, int64_t now_ms)
{
    /* Not while an earlier batch of it is inside a plugin: that one may be of an epoch we have abandoned, and its
     * writes must not land behind newer ones. */
    return partition->state == PARTITION_ACTIVE && partition->inside == 0 && partition->unit.held_until_ms <= now_ms;
}

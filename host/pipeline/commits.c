#include "pipeline/commits.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/log.h"
#include "pipeline/counters.h"

#include <stdlib.h>

bool commits_wants(const struct partition *partition)
{
    return (partition->state == PARTITION_ACTIVE || partition->state == PARTITION_DRAINING) &&
           offsets_watermark(&partition->offsets) != partition->committed;
}

bool commits_under_way(const struct commits *commits)
{
    return commits->epochs != NULL;
}

void commits_hold(struct commits *commits, int64_t until_ms)
{
    commits->held_until_ms = until_ms;
}

bool commits_send(struct commits *commits)
{
    const struct partitions *partitions = &commits->consumer->partitions;
    if (commits_under_way(commits) || clock_now_ms() < commits->held_until_ms)
        return false;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions->count);
    uint64_t *epochs = alloc_zeroed(partitions->count, sizeof *epochs);
    for (size_t i = 0; i < partitions->count; i++) {
        const struct partition *partition = partitions->all[i];
        if (commits_wants(partition))
            consumer_add_position(list, partition, offsets_to_commit(&partition->offsets));
    }
    /* The answer comes sorted (rdkafka_request.c, rd_kafka_OffsetCommitRequest): the epochs are noted in that order. */
    rd_kafka_topic_partition_list_sort(list, NULL, NULL);
    for (int i = 0; i < list->cnt; i++)
        epochs[i] =
            partitions_find(&commits->consumer->partitions, list->elems[i].topic, list->elems[i].partition)->epoch;
    commits->sent_ns = clock_now_ns();
    bool sent = list->cnt > 0 && rd_kafka_commit(commits->consumer->client, list, 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
    if (sent)
        commits->epochs = epochs;
    else
        free(epochs);
    return sent;
}

int64_t commits_serve(struct commits *commits, int64_t now_ms)
{
    if (now_ms >= commits->next_ms) {
        commits_send(commits);
        commits->next_ms = now_ms + commits->interval_ms;
    }
    return commits->next_ms - now_ms;
}

void commits_answered(struct commits *commits, rd_kafka_resp_err_t failure, const rd_kafka_topic_partition_list_t *list)
{
    struct partitions *partitions = &commits->consumer->partitions;
    bool failed = failure != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (failed && !commits->failing)
        log_warn("consumer", "a commit failed and is tried again: %s", rd_kafka_err2str(failure));
    else if (!failed && commits->failing)
        log_info("consumer", "commits are accepted again");
    commits->failing = failed;
    if (!failed)
        consumer_heard_broker(commits->consumer);
    for (int i = 0; list != NULL && commits->epochs != NULL && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        struct partition *partition = partitions_find(partitions, element->topic, element->partition);
        if (!failed && element->err == RD_KAFKA_RESP_ERR_NO_ERROR && partition != NULL &&
            partition->epoch == commits->epochs[i])
            partition->committed = element->offset;
    }
    counters_commit(!failed, clock_now_ns() - commits->sent_ns);
    free(commits->epochs);
    commits->epochs = NULL;
}

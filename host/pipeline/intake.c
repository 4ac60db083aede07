#include "pipeline/intake.h"

#include "ops/log.h"
#include "pipeline/counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What waits for the tasks of a lane. */
struct intake {
    size_t records;         /* of units that are not being retried */
    uint64_t bytes;         /* of those records */
    uint64_t all_bytes;     /* of everything, what is being retried included */
    size_t open_partitions; /* those that are not held up */
    bool at_span;           /* one has as many records unfinished as it may, and they will be finished soon */
};

static bool is_of(const struct partition *partition, const struct lane *lane)
{
    return partition->state == PARTITION_ACTIVE && partition->lane == lane->index;
}

static bool is_at_span(const struct consumer *consumer, const struct partition *partition, size_t part)
{
    return consumer->options->ordering == ORDERING_KEY &&
           offsets_unfinished(&partition->offsets) >= (size_t)consumer->options->max_unfinished_span / part;
}

bool intake_is_held_up(const struct consumer *consumer, const struct partition *partition)
{
    /* A paused one goes on when half of the span is free again: a resume costs a second. */
    return partition->unreadable ||
           (partition->retrying > 0 && (consumer->options->ordering == ORDERING_PARTITION ||
                                        is_at_span(consumer, partition, partition->paused ? 2 : 1)));
}

static void set_paused(struct consumer *consumer, struct partition *partition, bool paused)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
    if (paused)
        rd_kafka_pause_partitions(consumer->client, list);
    else
        rd_kafka_resume_partitions(consumer->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    partition->paused = paused;
}

void intake_resume(struct consumer *consumer, struct partition *partition)
{
    if (partition->paused)
        set_paused(consumer, partition, false);
}

static struct intake look(struct consumer *consumer, const struct lane *lane)
{
    struct intake intake = {.records = 0};
    for (size_t i = 0; i < consumer->partitions.count; i++) {
        struct partition *partition = consumer->partitions.all[i];
        if (!is_of(partition, lane))
            continue;
        bool held_up = intake_is_held_up(consumer, partition);
        if (!held_up)
            intake_resume(consumer, partition);
        else if (partition->unreadable && !partition->paused) /* it would be fetched again and again */
            set_paused(consumer, partition, true);
        intake.open_partitions += !held_up;
        intake.at_span |= !held_up && is_at_span(consumer, partition, 1);
        for (const struct unit *unit = partition_first_unit(partition); unit != NULL;
             unit = partition_next_unit(partition, unit)) {
            intake.all_bytes += unit->bytes;
            intake.records += unit->attempts > 0 ? 0 : unit->count;
            intake.bytes += unit->attempts > 0 ? 0 : unit->bytes;
        }
    }
    return intake;
}

/* librdkafka goes on behind what it cannot read: we do not, or the watermark would pass it. */
static void tell_unreadable(struct partition *partition, const rd_kafka_message_t *message)
{
    char why[1024];
    if (partition->unreadable)
        return;
    snprintf(why, sizeof why,
             "%s[%" PRId32 "]: what stands at offset %" PRId64
             " or behind it cannot be read: %s; to go on without it, set "
             "the group's offset (kafka-consumer-groups.sh --reset-offsets) while Sluice is stopped",
             partition->topic, partition->number, partition->offsets.next.offset, rd_kafka_message_errstr(message));
    partition->unreadable = true;
    consumer_tell_failed(partition, why);
}

/* What of the log that was read is left: librdkafka tells it in words only (rdkafka_offset.c,
 * rd_kafka_toppar_handle_OffsetForLeaderEpoch). */
static struct position end_in_words(const char *words)
{
    struct position end = {.offset = -1, .leader_epoch = -1};
    const char *known = strstr(words, "broker end offset is ");
    if (known == NULL || sscanf(known, "broker end offset is %" SCNd64 " (offset leader epoch %" SCNd32, &end.offset,
                                &end.leader_epoch) != 2)
        end = (struct position){.offset = -1, .leader_epoch = -1};
    return end;
}

/* The code says only that there is no position; that the log was cut stands in the text. */
static void take_lost_position(struct partition *partition, const rd_kafka_message_t *message)
{
    const char *words = rd_kafka_message_errstr(message);
    partition->position_lost = true;
    partition->unchecked = false;
    if (message->err != RD_KAFKA_RESP_ERR__LOG_TRUNCATION && strstr(words, "truncation") == NULL)
        return;
    partition->log_cut = true;
    partition->cut_at = end_in_words(words);
}

static void take_error(struct partition *partition, const rd_kafka_message_t *message)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (!partition->unreadable && !partition->unchecked)
            offsets_end_of_partition(&partition->offsets, message->offset);
        break;
    case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: take_lost_position(partition, message); break;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: tell_unreadable(partition, message); break;
    default:
        log_warn("consumer", "%s[%d]: %s", partition->topic, (int)partition->number, rd_kafka_message_errstr(message));
        break;
    }
}

/* Whose message it is; NULL: nobody's any more. */
static struct partition *partition_of(struct consumer *consumer, const struct lane *lane,
                                      const rd_kafka_message_t *message)
{
    if (message->rkt == NULL)
        return NULL;
    struct partition *partition =
        partitions_find(&consumer->partitions, rd_kafka_topic_name(message->rkt), message->partition);
    return partition != NULL && is_of(partition, lane) ? partition : NULL;
}

/* Takes the message over.  The record it became, or NULL when it is not for us. */
static struct record *take_record(struct partition *partition, enum ordering ordering, rd_kafka_message_t *message,
                                  int64_t now_ms)
{
    if (partition->unreadable || partition->unchecked ||
        !offsets_delivered(&partition->offsets, message->offset, rd_kafka_message_leader_epoch(message), now_ms)) {
        rd_kafka_message_destroy(message);
        return NULL;
    }
    struct record *record = record_new(message, now_ms);
    record->partition = partition;
    record->epoch = partition->epoch;
    record->topic = partition->topic;
    record->partition_number = partition->number;
    record->unit = partition_unit_of(partition, ordering, record->key);
    unit_append(record->unit, record);
    return record;
}

static bool has_room(const struct intake *intake, const struct lane *lane, const struct budget *budget,
                     const struct batch_limits *limits)
{
    return intake->open_partitions > 0 && !intake->at_span &&
           intake->records < limits->max_records * lane->task_count &&
           intake->bytes < limits->max_bytes * lane->task_count &&
           intake->all_bytes < budget->task_max_bytes * lane->task_count;
}

static void note_taken(struct consumer *consumer, struct intake *intake, const struct record *record)
{
    struct partition *partition = record->partition;
    intake->all_bytes += record->bytes;
    if (record->unit->attempts == 0) {
        intake->records++;
        intake->bytes += record->bytes;
    }
    if (!intake_is_held_up(consumer, partition))
        intake->at_span |= is_at_span(consumer, partition, 1);
    else if (!partition->paused) /* it waits behind a record that is being retried: no more of these */
        set_paused(consumer, partition, true);
}

void intake_take(struct consumer *consumer, const struct lane *lane, const struct budget *budget,
                 const struct batch_limits *limits, int64_t now_ms)
{
    struct intake intake = look(consumer, lane);
    const char *topic = NULL;
    size_t run = 0;         /* records of that topic, counted together */
    uint64_t run_bytes = 0; /* their keys and values */
    while (has_room(&intake, lane, budget, limits)) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(lane->queue, 0);
        if (message == NULL)
            break;
        consumer_heard_broker(consumer);
        struct partition *partition = partition_of(consumer, lane, message);
        if (partition == NULL || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (partition != NULL)
                take_error(partition, message);
            rd_kafka_message_destroy(message);
            continue;
        }
        const struct record *record =
            take_record(partition, (enum ordering)consumer->options->ordering, message, now_ms);
        if (record == NULL)
            continue;
        if (topic != record->topic) {
            counters_consumed(topic, run, run_bytes);
            topic = record->topic;
            run = run_bytes = 0;
        }
        run++;
        run_bytes += record->key.size + record->value.size;
        note_taken(consumer, &intake, record);
    }
    counters_consumed(topic, run, run_bytes);
}

#include "pipeline/intake.h"

#include "ops/log.h"
#include "pipeline/counters.h"

static bool is_of(const struct partition *partition, const struct task *task)
{
    return partition->state == PARTITION_ACTIVE && partition->task == task->index;
}

struct intake intake_look(const struct consumer *consumer, const struct task *task)
{
    struct intake intake = {.records = 0};
    for (size_t i = 0; i < consumer->partitions.count; i++) {
        const struct partition *partition = consumer->partitions.all[i];
        const struct unit *unit = &partition->unit;
        if (!is_of(partition, task))
            continue;
        intake.all_bytes += unit->bytes;
        if (unit->attempts > 0)
            continue;
        intake.open_partitions++;
        intake.records += unit->count;
        intake.bytes += unit->bytes;
    }
    return intake;
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

static void take_error(struct partition *partition, const rd_kafka_message_t *message)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: offsets_end_of_partition(&partition->offsets, message->offset); break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: partition->position_lost = true; break;
    default:
        log_warn("consumer", "%s[%d]: %s", partition->topic, (int)partition->number, rd_kafka_message_errstr(message));
        break;
    }
}

/* Whose message it is; NULL: nobody's any more. */
static struct partition *partition_of(struct consumer *consumer, const struct task *task,
                                      const rd_kafka_message_t *message)
{
    if (message->rkt == NULL)
        return NULL;
    struct partition *partition =
        partitions_find(&consumer->partitions, rd_kafka_topic_name(message->rkt), message->partition);
    return partition != NULL && is_of(partition, task) ? partition : NULL;
}

/* Takes the message over.  The record it became, or NULL when it is not for us. */
static struct record *take_record(struct partition *partition, rd_kafka_message_t *message, int64_t now_ms)
{
    if (!offsets_delivered(&partition->offsets, message->offset)) {
        rd_kafka_message_destroy(message);
        return NULL;
    }
    struct record *record = record_new(message, now_ms);
    record->partition = partition;
    record->epoch = partition->epoch;
    record->topic = partition->topic;
    record->partition_number = partition->number;
    unit_append(&partition->unit, record);
    return record;
}

static bool has_room(const struct intake *intake, const struct budget *budget, const struct batch_limits *limits)
{
    return intake->open_partitions > 0 && intake->records < limits->max_records && intake->bytes < limits->max_bytes &&
           intake->all_bytes < budget->task_max_bytes;
}

static void note_taken(struct consumer *consumer, struct intake *intake, const struct record *record)
{
    struct partition *partition = record->partition;
    intake->all_bytes += record->bytes;
    if (partition->unit.attempts == 0) {
        intake->records++;
        intake->bytes += record->bytes;
    } else if (!partition->paused) { /* it waits behind a record that is being retried: no more of these */
        set_paused(consumer, partition, true);
    }
}

void intake_take(struct consumer *consumer, const struct task *task, const struct budget *budget,
                 const struct batch_limits *limits, int64_t now_ms)
{
    struct intake intake = intake_look(consumer, task);
    const char *topic = NULL;
    size_t run = 0; /* records of that topic, counted together */
    while (has_room(&intake, budget, limits)) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(task->queue, 0);
        if (message == NULL)
            break;
        consumer_heard_broker(consumer);
        struct partition *partition = partition_of(consumer, task, message);
        if (partition == NULL || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (partition != NULL)
                take_error(partition, message);
            rd_kafka_message_destroy(message);
            continue;
        }
        const struct record *record = take_record(partition, message, now_ms);
        if (record == NULL)
            continue;
        if (topic != record->topic) {
            counters_consumed(topic, run);
            topic = record->topic;
            run = 0;
        }
        run++;
        note_taken(consumer, &intake, record);
    }
    counters_consumed(topic, run);
}

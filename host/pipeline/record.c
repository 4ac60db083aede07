#include "pipeline/record.h"

#include "base/alloc.h"
#include "pipeline/budget.h"

#include <stdlib.h>
#include <string.h>

struct record *record_new(rd_kafka_message_t *message, int64_t now_ms)
{
    struct record *record = alloc_zeroed(1, sizeof *record);
    rd_kafka_timestamp_type_t type;
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, &type);
    *record = (struct record){
        .message = message,
        .key = {message->key, message->key_len},
        .value = {message->payload, message->len},
        .offset = message->offset,
        .timestamp_ms = timestamp_ms,
        .timestamp_type = type == RD_KAFKA_TIMESTAMP_CREATE_TIME       ? SLUICE_TIME_CREATE
                          : type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? SLUICE_TIME_LOG_APPEND
                                                                       : SLUICE_TIME_NONE,
        .bytes = message->key_len + message->len + BUDGET_RECORD_OVERHEAD_BYTES,
        .arrived_ms = now_ms,
    };
    if (rd_kafka_message_headers(message, &record->headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        record->headers = NULL;
    return record;
}

static void let_message_go(struct record *record)
{
    if (record->message != NULL)
        rd_kafka_message_destroy(record->message);
    else if (record->headers != NULL)
        rd_kafka_headers_destroy(record->headers);
    record->message = NULL;
    record->headers = NULL;
}

void record_free(struct record *record)
{
    if (record == NULL)
        return;
    let_message_go(record);
    free(record->copy);
    free(record);
}

void record_show(struct record *record, const char *pipeline, struct arena *arena)
{
    size_t header_count = record->headers != NULL ? rd_kafka_header_cnt(record->headers) : 0;
    struct record_header *headers = arena_alloc(arena, header_count * sizeof *headers + 1);
    for (size_t i = 0; i < header_count; i++)
        rd_kafka_header_get_all(record->headers, i, &headers[i].name, &headers[i].value.data, &headers[i].value.size);
    record->origin = origin_read(headers, header_count, pipeline, arena);
    bool replayed = record->origin.topic != NULL;
    record->seen = (struct sluice_record){
        .view =
            {
                .size = sizeof record->seen.view,
                .partition = record->partition_number,
                .offset = record->offset,
                .topic = record->topic,
                .original_topic = replayed ? record->origin.topic : record->topic,
                .original_offset = replayed ? record->origin.offset : record->offset,
                .original_partition = replayed ? record->origin.partition : record->partition_number,
                .header_count = (uint32_t)header_count,
                .timestamp_ms = record->timestamp_ms,
                .timestamp_type = record->timestamp_type,
                .format = SLUICE_BYTES,
                .key = record->key,
                .value = record->value,
            },
        .headers = headers,
    };
}

void record_copy_out(struct record *record)
{
    if (record->message == NULL)
        return;
    char *copy = alloc_resized(NULL, record->key.size + record->value.size + 1, 1);
    if (record->key.size > 0)
        memcpy(copy, record->key.data, record->key.size);
    if (record->value.size > 0)
        memcpy(copy + record->key.size, record->value.data, record->value.size);
    rd_kafka_headers_t *headers = record->headers != NULL ? rd_kafka_headers_copy(record->headers) : NULL;
    let_message_go(record);
    record->headers = headers;
    record->copy = copy;
    if (record->key.data != NULL)
        record->key.data = copy;
    if (record->value.data != NULL)
        record->value.data = copy + record->key.size;
}

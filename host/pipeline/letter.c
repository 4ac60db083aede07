#include "pipeline/letter.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "plugin/chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct letter *letter_new(struct record *record, const struct result *result, size_t task)
{
    const sluice_plugin *by = result->by != NULL ? &result->by->plugin->descriptor : NULL;
    struct letter *letter = alloc_zeroed(1, sizeof *letter);
    bool replayed = record->origin.topic != NULL;
    record_copy_out(record);
    *letter = (struct letter){
        .record = record,
        .topic = alloc_text(replayed ? record->origin.topic : record->topic),
        .partition = replayed ? record->origin.partition : record->partition_number,
        .offset = replayed ? record->origin.offset : record->offset,
        .replay_count = record->origin.replay_count,
        .replayed = replayed,
        .stage = result->stage,
        .code = alloc_text(result->code != NULL ? result->code : "plugin.unspecified"),
        .text = alloc_text(result->text != NULL ? result->text : "the plugin gave no reason"),
        .section = alloc_text(result->by != NULL ? result->by->section : ""),
        .plugin = alloc_printf("%s/%s", by != NULL ? by->name : "sluice", by != NULL ? by->version : SLUICE_VERSION),
        .class_name = alloc_text(by != NULL ? by->name : "sluice"),
        .failed_at_ms = clock_wall_ms(),
        .task = task,
    };
    return letter;
}

void letter_free(struct letter *letter)
{
    if (letter == NULL)
        return;
    record_free(letter->record);
    free(letter->topic);
    free(letter->code);
    free(letter->text);
    free(letter->section);
    free(letter->plugin);
    free(letter->class_name);
    free(letter);
}

void letter_add_text(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    rd_kafka_header_add(headers, name, -1, value, (ssize_t)strlen(value));
}

void letter_add_number(rd_kafka_headers_t *headers, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    letter_add_text(headers, name, text);
}

void letter_add_origin(rd_kafka_headers_t *headers, const char *topic, int32_t partition, int64_t offset,
                       const char *pipeline)
{
    letter_add_text(headers, LETTER_CONNECT_PREFIX "topic", topic);
    letter_add_number(headers, LETTER_CONNECT_PREFIX "partition", partition);
    letter_add_number(headers, LETTER_CONNECT_PREFIX "offset", offset);
    letter_add_text(headers, LETTER_CONNECT_PREFIX "connector.name", pipeline);
}

static bool tells_a_letter(const char *name)
{
    return strncmp(name, LETTER_CONNECT_PREFIX, strlen(LETTER_CONNECT_PREFIX)) == 0 ||
           strncmp(name, LETTER_SLUICE_PREFIX, strlen(LETTER_SLUICE_PREFIX)) == 0;
}

static size_t header_count(const struct record *record)
{
    return record->headers != NULL ? rd_kafka_header_cnt(record->headers) : 0;
}

/* The user's headers in their order; those of an earlier letter of ours give way to this one's. */
static rd_kafka_headers_t *user_headers(const struct letter *letter)
{
    const struct record *record = letter->record;
    size_t count = header_count(record);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(count + 16);
    for (size_t i = 0; i < count && letter->form < LETTER_WITHOUT_HEADERS; i++) {
        const char *name;
        const void *value;
        size_t size;
        rd_kafka_header_get_all(record->headers, i, &name, &value, &size);
        if (!letter->replayed || !tells_a_letter(name))
            rd_kafka_header_add(headers, name, -1, value, value != NULL ? (ssize_t)size : -1);
    }
    return headers;
}

rd_kafka_headers_t *letter_headers(const struct letter *letter, const char *pipeline)
{
    static const char *const stages[] = {[STAGE_TRANSFORMATION] = "TRANSFORMATION", [STAGE_TASK_PUT] = "TASK_PUT"};
    char failed_at[CLOCK_ISO8601_SIZE];
    clock_format(letter->failed_at_ms, failed_at);

    rd_kafka_headers_t *headers = user_headers(letter);
    letter_add_origin(headers, letter->topic, letter->partition, letter->offset, pipeline);
    letter_add_number(headers, LETTER_CONNECT_PREFIX "task.id", (int64_t)letter->task);
    letter_add_text(headers, LETTER_CONNECT_PREFIX "stage", stages[letter->stage]);
    letter_add_text(headers, LETTER_CONNECT_PREFIX "class.name", letter->class_name);
    letter_add_text(headers, LETTER_CONNECT_PREFIX "exception.class.name", letter->code);
    letter_add_text(headers, LETTER_CONNECT_PREFIX "exception.message", letter->text);
    letter_add_text(headers, LETTER_SLUICE_PREFIX "error.code", letter->code);
    letter_add_number(headers, LETTER_SLUICE_PREFIX "attempts", letter->record->attempts);
    letter_add_text(headers, LETTER_SLUICE_PREFIX "failed.at", failed_at);
    letter_add_text(headers, LETTER_SLUICE_PREFIX "plugin", letter->plugin);
    letter_add_number(headers, LETTER_SLUICE_PREFIX "replay.count", letter->replay_count);
    if (letter->retimed)
        letter_add_number(headers, LETTER_SLUICE_PREFIX "timestamp", letter->record->timestamp_ms);
    if (letter->form >= LETTER_WITHOUT_VALUE)
        letter_add_number(headers, LETTER_SLUICE_PREFIX "value.omitted", (int64_t)letter->record->value.size);
    if (letter->form >= LETTER_WITHOUT_HEADERS)
        letter_add_number(headers, LETTER_SLUICE_PREFIX "headers.omitted", (int64_t)header_count(letter->record));
    return headers;
}

sluice_bytes letter_value(const struct letter *letter)
{
    return letter->form < LETTER_WITHOUT_VALUE ? letter->record->value : (sluice_bytes){NULL, 0};
}

/* unit/letters.h - entries made by hand: a record with headers, as if it were read from a dead letter topic. */
#ifndef SLUICE_UNIT_LETTERS_H
#define SLUICE_UNIT_LETTERS_H

#include "testing.h"

#include "base/alloc.h"
#include "dlq/entry.h"

/* A header; text NULL: a null value. */
struct made_header {
    const char *name;
    const char *text;
    size_t size; /* 0: strlen(text) */
};

static inline struct entry *make_entry(const char *key, const char *value, const struct made_header *headers,
                                       size_t count)
{
    struct record *record = alloc_zeroed(1, sizeof *record);
    size_t key_size = key != NULL ? strlen(key) : 0, value_size = value != NULL ? strlen(value) : 0;
    char *copy = alloc_zeroed(key_size + value_size + 1, 1);
    memcpy(copy, key != NULL ? key : "", key_size);
    memcpy(copy + key_size, value != NULL ? value : "", value_size);
    record->topic = "t.dlq";
    record->partition_number = 2;
    record->offset = 42;
    record->timestamp_type = SLUICE_TIME_CREATE;
    record->timestamp_ms = 1700000000123;
    record->copy = copy;
    record->key = (sluice_bytes){key != NULL ? copy : NULL, key_size};
    record->value = (sluice_bytes){value != NULL ? copy + key_size : NULL, value_size};
    record->headers = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_header_add(record->headers, headers[i].name, -1, headers[i].text,
                            headers[i].text == NULL ? -1
                            : headers[i].size > 0   ? (ssize_t)headers[i].size
                                                    : (ssize_t)strlen(headers[i].text));
    return entry_new(record);
}

#define MAKE_ENTRY(key, value, headers) make_entry((key), (value), (headers), sizeof(headers) / sizeof((headers)[0]))

#endif

#include "dlq/letter_json.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "dlq/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const timestamp_types[] = {
    [SLUICE_TIME_NONE] = "none", [SLUICE_TIME_CREATE] = "create", [SLUICE_TIME_LOG_APPEND] = "log-append"};

/* ---- Out ------------------------------------------------------------------------------------------ */

json_t *letter_json_bytes(const void *data, size_t size)
{
    if (data == NULL)
        return json_null();
    if (memchr(data, '\0', size) == NULL && text_is_utf8(data, size))
        return json_pack("{s:o}", "text", json_stringn(data, size));
    char *base64 = text_base64(data, size);
    json_t *json = json_pack("{s:o}", "base64", json_string(base64));
    free(base64);
    return json;
}

json_t *letter_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    char *visible = text_visible(text, strlen(text));
    json = json_string(visible);
    free(visible);
    return json;
}

static json_t *number_or_null(int64_t number)
{
    return number >= 0 ? json_integer(number) : json_null();
}

json_t *letter_json_time(int64_t ms)
{
    char text[CLOCK_ISO8601_SIZE];
    if (ms < 0)
        return json_null();
    clock_format(ms, text);
    return json_string(text);
}

static json_t *headers_of(const struct entry *entry)
{
    json_t *headers = json_array();
    for (size_t i = 0; i < entry_header_count(entry); i++) {
        sluice_bytes value;
        const char *name = entry_header(entry, i, &value);
        json_array_append_new(headers, json_pack("{s:o, s:o}", "name", letter_json_bytes(name, strlen(name)), "value",
                                                 letter_json_bytes(value.data, value.size)));
    }
    return headers;
}

static json_t *decision_json(const struct decision *decision)
{
    if (decision == NULL)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:b}", "outcome", outcome_name(decision->outcome), "at",
                     letter_json_time(decision->at_ms), "by", letter_json_text(decision->by), "reason",
                     letter_json_text(decision->reason), "replays", (json_int_t)decision->replays, "closes",
                     outcome_closes(decision->outcome));
}

json_t *letter_json(const struct entry *entry, const char *topic, const struct decision *decision, bool with_value)
{
    const struct record *record = entry->record;
    json_t *json = json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "letter",
                             json_pack("{s:s, s:i, s:I}", "topic", topic, "partition", (int)record->partition_number,
                                       "offset", (json_int_t)record->offset),
                             "origin",
                             entry->topic != NULL
                                 ? json_pack("{s:o, s:o, s:o}", "topic", letter_json_text(entry->topic), "partition",
                                             number_or_null(entry->partition), "offset", number_or_null(entry->offset))
                                 : json_null(),
                             "writer", entry->writer, "code", letter_json_text(entry->code), "message",
                             letter_json_text(entry->message), "stage", letter_json_text(entry->stage), "plugin",
                             letter_json_text(entry->plugin), "connector", letter_json_text(entry->connector));
    json_object_update_new(
        json, json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "failed_at",
                        letter_json_time(entry->failed_at_ms), "attempts", number_or_null(entry->attempts),
                        "replay_count", (json_int_t)entry->replay_count, "omitted_bytes",
                        number_or_null(entry->omitted_bytes), "decision", decision_json(decision), "timestamp",
                        json_pack("{s:s, s:I}", "type", timestamp_types[record->timestamp_type], "ms",
                                  (json_int_t)record->timestamp_ms),
                        "key", letter_json_bytes(record->key.data, record->key.size), "headers", headers_of(entry),
                        "value_bytes", number_or_null(entry->value_bytes)));
    if (with_value)
        json_object_set_new(json, "value", letter_json_bytes(record->value.data, record->value.size));
    return json;
}

/* ---- And back -------------------------------------------------------------------------------------- */

/* Bytes of a member in memory of their own; *bytes.data NULL for null. */
static int parse_bytes(const json_t *json, const char *what, void **copy, size_t *size, struct error *error)
{
    const json_t *text = json_object_get(json, "text"), *base64 = json_object_get(json, "base64");
    *copy = NULL;
    *size = 0;
    if (json_is_null(json))
        return 0;
    if (json_is_string(text)) {
        *size = json_string_length(text);
        *copy = alloc_copy(json_string_value(text), *size);
    } else if (json_is_string(base64)) {
        *copy = text_base64_decode(json_string_value(base64), json_string_length(base64), size);
    }
    if (*copy != NULL)
        return 0;
    return error_set(error, "%s: wanted null, {\"text\": …} or {\"base64\": …}", what);
}

static int parse_headers(const json_t *json, struct record *record, struct error *error)
{
    size_t i;
    const json_t *header;
    if (!json_is_array(json))
        return error_set(error, "headers: wanted an array");
    record->headers = rd_kafka_headers_new(json_array_size(json));
    json_array_foreach((json_t *)json, i, header)
    {
        void *name, *value;
        size_t name_size, value_size;
        if (parse_bytes(json_object_get(header, "name"), "a header's name", &name, &name_size, error) != 0)
            return -1;
        int result = name == NULL ? error_set(error, "a header's name: got null")
                                  : parse_bytes(json_object_get(header, "value"), "a header's value", &value,
                                                &value_size, error);
        if (result == 0) {
            rd_kafka_header_add(record->headers, name, (ssize_t)name_size, value,
                                value != NULL ? (ssize_t)value_size : -1);
            free(value);
        }
        free(name);
        if (result != 0)
            return -1;
    }
    return 0;
}

static int parse_timestamp(const json_t *json, struct record *record, struct error *error)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    for (size_t i = 0; type != NULL && i < sizeof timestamp_types / sizeof timestamp_types[0]; i++)
        if (strcmp(timestamp_types[i], type) == 0) {
            record->timestamp_type = (sluice_timestamp_type)i;
            record->timestamp_ms = json_integer_value(json_object_get(json, "ms"));
            return 0;
        }
    return error_set(error, "timestamp: wanted {\"type\": \"none\", \"create\" or \"log-append\", \"ms\": …}");
}

static int parse_letter(const json_t *json, const char *topic, struct record *record, struct error *error)
{
    const char *own;
    json_int_t partition, offset;
    if (json_unpack((json_t *)json, "{s:s, s:I, s:I}", "topic", &own, "partition", &partition, "offset", &offset) != 0)
        return error_set(error, "letter: wanted {\"topic\": …, \"partition\": …, \"offset\": …}");
    if (partition < 0 || partition > INT32_MAX || offset < 0)
        return error_set(error, "letter: got partition %" JSON_INTEGER_FORMAT ", offset %" JSON_INTEGER_FORMAT,
                         partition, offset);
    if (strcmp(own, topic) != 0)
        return error_set(error, "letter: got one of the topic '%.249s', wanted %s, this pipeline's", own, topic);
    record->topic = topic;
    record->partition_number = (int32_t)partition;
    record->offset = offset;
    return 0;
}

/* Key and value in one block, as record_copy_out() leaves them. */
static int parse_payload(const json_t *line, struct record *record, struct error *error)
{
    void *key, *value;
    size_t key_size, value_size;
    if (parse_bytes(json_object_get(line, "key"), "key", &key, &key_size, error) != 0)
        return -1;
    if (parse_bytes(json_object_get(line, "value"), "value", &value, &value_size, error) != 0) {
        free(key);
        return -1;
    }
    bool has_key = key != NULL;
    char *copy = alloc_resized(key, key_size + value_size + 1, 1);
    if (value_size > 0)
        memcpy(copy + key_size, value, value_size);
    record->copy = copy;
    record->key = (sluice_bytes){has_key ? copy : NULL, key_size};
    record->value = (sluice_bytes){value != NULL ? copy + key_size : NULL, value_size};
    free(value);
    return 0;
}

int letter_from_json(const json_t *line, const char *topic, struct entry **entry, struct error *error)
{
    struct record *record = alloc_zeroed(1, sizeof *record);
    if (!json_is_object(line))
        error_set(error, "wanted a JSON object, as `sluice dlq export` writes it");
    else if (parse_letter(json_object_get(line, "letter"), topic, record, error) == 0 &&
             parse_timestamp(json_object_get(line, "timestamp"), record, error) == 0 &&
             parse_payload(line, record, error) == 0 &&
             parse_headers(json_object_get(line, "headers"), record, error) == 0) {
        *entry = entry_new(record);
        return 0;
    }
    record_free(record);
    return -1;
}

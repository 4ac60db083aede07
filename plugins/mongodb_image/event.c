#include "event.h"

#include "codes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct event_refusal *refusal, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct event_refusal *refusal, const char *code, const char *fmt, ...)
{
    va_list args;
    refusal->code = code;
    va_start(args, fmt);
    vsnprintf(refusal->text, sizeof refusal->text, fmt, args);
    va_end(args);
    return -1;
}

static int check_name(const char *name, struct event_refusal *refusal)
{
    if (strcmp(name, "_id") == 0)
        return refuse(refusal, MONGODB_ID_FIELD, "the event has a field _id, which belongs to the database");
    if (name[0] == '\0' || name[0] == '$' || strchr(name, '.') != NULL)
        return refuse(refusal, MONGODB_FIELD_NAME,
                      "field '%.64s': a top-level name cannot be empty, begin with $ or hold a dot", name);
    return 0;
}

static bool is_listed(const sluice_list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

bool event_whole_number(sluice_bytes text, int64_t *number)
{
    enum { MOST_BYTES = 20 }; /* -9223372036854775808 */
    char copy[MOST_BYTES + 1] = "", *end;
    if (text.size > MOST_BYTES)
        return false;
    memcpy(copy, text.data, text.size);
    const char *digits = copy[0] == '-' ? copy + 1 : copy;
    errno = 0;
    *number = strtoll(copy, &end, 10);
    return *digits >= '0' && *digits <= '9' && errno == 0 && end == copy + text.size;
}

/* What can stand for a document: a value that equals itself and nothing else. */
static bool may_be_key(const bson_value_t *value)
{
    switch (value->value_type) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_UTF8:
    case BSON_TYPE_OID:
    case BSON_TYPE_DATE_TIME:
    case BSON_TYPE_BOOL:
    case BSON_TYPE_BINARY:
    case BSON_TYPE_DECIMAL128: return true;
    default: return false;
    }
}

static int check_key(const bson_value_t *key, const char *name, struct event_refusal *refusal)
{
    if (key->value_type == BSON_TYPE_EOD || key->value_type == BSON_TYPE_NULL)
        return refuse(refusal, MONGODB_MISSING_KEY, "the business key %s is missing or null", name);
    if (!may_be_key(key))
        return refuse(refusal, MONGODB_KEY_TYPE, "the business key %s is no scalar value", name);
    return 0;
}

static void read_field(struct event *event, const bson_iter_t *iter, const struct mongodb_config *config)
{
    const char *name = bson_iter_key(iter);
    if (strcmp(name, config->key_field) == 0) {
        bson_iter_t at = *iter; /* bson_iter_value() keeps what it gives in the iterator */
        event->key = *bson_iter_value(&at);
    }
    if (config->delete_field != NULL && strcmp(name, config->delete_field) == 0 && BSON_ITER_HOLDS_BOOL(iter) &&
        bson_iter_bool(iter))
        event->operation = OPERATION_DELETE;
    if (BSON_ITER_HOLDS_DATE_TIME(iter) && is_listed(&config->version_fields, name)) {
        int64_t ms = bson_iter_date_time(iter);
        event->version_ms = event->has_version && event->version_ms > ms ? event->version_ms : ms;
        event->has_version = true;
    }
}

static int read_document(struct event *event, const struct mongodb_config *config, struct event_refusal *refusal)
{
    bson_iter_t iter;
    bson_t document;
    size_t size = event->document.size;
    if (size > EVENT_LARGEST_BYTES)
        return refuse(refusal, MONGODB_DOCUMENT_TOO_LARGE, "the document has %zu bytes, MongoDB stores at most %d",
                      size, EVENT_LARGEST_BYTES);
    if (!bson_init_static(&document, event->document.data, size) || !bson_iter_init(&iter, &document))
        return refuse(refusal, MONGODB_INVALID_BSON, "the value (%zu bytes) is no BSON document", size);
    while (bson_iter_next(&iter)) {
        if (check_name(bson_iter_key(&iter), refusal) != 0)
            return -1;
        read_field(event, &iter, config);
    }
    if (check_key(&event->key, config->key_field, refusal) != 0)
        return -1;
    if (!event->has_version && config->version_missing == VERSION_MISSING_REJECT)
        return refuse(refusal, MONGODB_VERSION_MISSING, "no version field holds a date, and version.missing = reject");
    return 0;
}

/* A tombstone says which document by its Kafka key. */
static int read_tombstone(struct event *event, sluice_bytes key, const struct mongodb_config *config,
                          struct event_refusal *refusal)
{
    event->operation = OPERATION_DELETE;
    if (key.size == 0)
        return refuse(refusal, MONGODB_MISSING_KEY,
                      "the value is null and there is no Kafka key: nothing says which "
                      "document to delete");
    if (config->null_key_type == KEY_TYPE_INT) {
        event->key.value_type = BSON_TYPE_INT64;
        if (!event_whole_number(key, &event->key.value.v_int64))
            return refuse(refusal, MONGODB_KEY_TYPE,
                          "the Kafka key of a null value is no whole number "
                          "(null.key.type = int)");
        return 0;
    }
    if (key.size > EVENT_LARGEST_BYTES || !bson_utf8_validate(key.data, key.size, true))
        return refuse(refusal, MONGODB_KEY_TYPE, "the Kafka key of a null value is no UTF-8 text");
    event->key.value_type = BSON_TYPE_UTF8;
    event->key.value.v_utf8.str = (char *)key.data;
    event->key.value.v_utf8.len = (uint32_t)key.size;
    return 0;
}

int event_read(struct event *event, const sluice_record_view *view, const struct mongodb_config *config,
               struct event_refusal *refusal)
{
    *event = (struct event){.document = view->value};
    return view->value.data != NULL ? read_document(event, config, refusal)
                                    : read_tombstone(event, view->key, config, refusal);
}

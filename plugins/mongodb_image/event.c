#include "event.h"

#include "codes.h"

#include <stdarg.h>
#include <stdio.h>
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

/* What can stand for a document: a value that equals itself and nothing else. */
static int check_key(const bson_iter_t *iter, const char *name, struct event_refusal *refusal)
{
    switch (bson_iter_type(iter)) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
    case BSON_TYPE_UTF8:
    case BSON_TYPE_OID:
    case BSON_TYPE_DATE_TIME:
    case BSON_TYPE_BOOL:
    case BSON_TYPE_BINARY:
    case BSON_TYPE_DECIMAL128: return 0;
    case BSON_TYPE_NULL:
    case BSON_TYPE_EOD: return refuse(refusal, MONGODB_MISSING_KEY, "the business key %s is missing or null", name);
    default: return refuse(refusal, MONGODB_KEY_TYPE, "the business key %s is no scalar value", name);
    }
}

const bson_value_t *event_key(const struct event *event)
{
    return bson_iter_value((bson_iter_t *)&event->key_iter); /* it caches the value in the iterator */
}

int event_read(struct event *event, sluice_bytes value, const struct mongodb_config *config,
               struct event_refusal *refusal)
{
    bson_iter_t iter;
    bson_t document;
    bool has_key = false;
    *event = (struct event){.document = value};
    if (value.data == NULL)
        return refuse(refusal, "record.null-value", "the value is null");
    if (value.size > EVENT_LARGEST_BYTES)
        return refuse(refusal, MONGODB_DOCUMENT_TOO_LARGE, "the document has %zu bytes, MongoDB stores at most %d",
                      value.size, EVENT_LARGEST_BYTES);
    if (!bson_init_static(&document, value.data, value.size) || !bson_iter_init(&iter, &document))
        return refuse(refusal, MONGODB_INVALID_BSON, "the value (%zu bytes) is no BSON document", value.size);
    while (bson_iter_next(&iter)) {
        const char *name = bson_iter_key(&iter);
        if (check_name(name, refusal) != 0)
            return -1;
        if (strcmp(name, config->key_field) == 0) {
            event->key_iter = iter;
            has_key = true;
        }
        if (BSON_ITER_HOLDS_DATE_TIME(&iter) && is_listed(&config->version_fields, name)) {
            int64_t ms = bson_iter_date_time(&iter);
            event->version_ms = event->has_version && event->version_ms > ms ? event->version_ms : ms;
            event->has_version = true;
        }
    }
    if (!has_key)
        return refuse(refusal, MONGODB_MISSING_KEY, "the business key %s is missing or null", config->key_field);
    if (check_key(&event->key_iter, config->key_field, refusal) != 0)
        return -1;
    if (!event->has_version && config->version_missing == VERSION_MISSING_REJECT)
        return refuse(refusal, MONGODB_VERSION_MISSING, "no version field holds a date, and version.missing = reject");
    return 0;
}

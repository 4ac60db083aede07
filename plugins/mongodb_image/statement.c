#include "statement.h"

#include <stdio.h>
#include <string.h>

/* The names of a stage's constants. */
struct names {
    char event[24], version[24]; /* "event0"; with "$$" before them in expressions */
    char event_ref[26], version_ref[26];
};

static struct names names_of(size_t stage)
{
    struct names names;
    snprintf(names.event, sizeof names.event, "event%zu", stage);
    snprintf(names.version, sizeof names.version, "version%zu", stage);
    snprintf(names.event_ref, sizeof names.event_ref, "$$%s", names.event);
    snprintf(names.version_ref, sizeof names.version_ref, "$$%s", names.version);
    return names;
}

/* {$eq: [{$type: "$FIELD"}, TYPE]} */
static void append_is_type(bson_t *expression, const char *name, const char *field, const char *type)
{
    bson_t is, operands, type_of;
    char *reference = bson_strdup_printf("$%s", field);
    bson_append_document_begin(expression, name, -1, &is);
    bson_append_array_begin(&is, "$eq", -1, &operands);
    bson_append_document_begin(&operands, "0", -1, &type_of);
    bson_append_utf8(&type_of, "$type", -1, reference, -1);
    bson_append_document_end(&operands, &type_of);
    bson_append_utf8(&operands, "1", -1, type, -1);
    bson_append_array_end(&is, &operands);
    bson_append_document_end(expression, &is);
    bson_free(reference);
}

/* {$cond: [FIELD is a date, "$FIELD", null]} */
static void append_date_or_null(bson_t *expression, const char *name, const char *field)
{
    bson_t cond, operands;
    char *reference = bson_strdup_printf("$%s", field);
    bson_append_document_begin(expression, name, -1, &cond);
    bson_append_array_begin(&cond, "$cond", -1, &operands);
    append_is_type(&operands, "0", field, "date");
    bson_append_utf8(&operands, "1", -1, reference, -1);
    bson_append_null(&operands, "2", -1);
    bson_append_array_end(&cond, &operands);
    bson_append_document_end(expression, &cond);
    bson_free(reference);
}

/* $gte: [version, {$max: [the document's version fields that are dates]}]; null is below every date. */
static void append_is_newer(bson_t *newer, const bson_value_t *version, const struct mongodb_config *config)
{
    bson_t operands, document_version, fields;
    bson_append_array_begin(newer, "$gte", -1, &operands);
    bson_append_value(&operands, "0", -1, version);
    bson_append_document_begin(&operands, "1", -1, &document_version);
    bson_append_array_begin(&document_version, "$max", -1, &fields);
    for (uint32_t i = 0; i < config->version_fields.count; i++) {
        char number[16];
        const char *key;
        bson_uint32_to_string(i, &key, number, sizeof number);
        append_date_or_null(&fields, key, config->version_fields.items[i]);
    }
    bson_append_array_end(&document_version, &fields);
    bson_append_document_end(&operands, &document_version);
    bson_append_array_end(newer, &operands);
}

/* {FIELD: {$cond: [FIELD is a date, "$FIELD", null]}, ...} of the version fields that the event has as null: they never
 * replace a date.  Nothing where there are none. */
static void append_kept_dates(bson_t *operands, const char *name, const struct event *event,
                              const struct mongodb_config *config)
{
    bson_t kept, document;
    bool any = false;
    bson_iter_t iter;
    bson_init_static(&document, event->document.data, event->document.size);
    for (size_t i = 0; i < config->version_fields.count; i++) {
        const char *field = config->version_fields.items[i];
        if (!bson_iter_init_find(&iter, &document, field) || !BSON_ITER_HOLDS_NULL(&iter))
            continue;
        if (!any)
            bson_append_document_begin(operands, name, -1, &kept);
        any = true;
        append_date_or_null(&kept, field, field);
    }
    if (any)
        bson_append_document_end(operands, &kept);
}

/* {$mergeObjects: ["$$ROOT", event, ...]} */
static void append_merge(bson_t *expression, const char *name, const struct names *names, bool fill,
                         const struct event *event, const struct mongodb_config *config)
{
    bson_t merge, operands;
    bson_append_document_begin(expression, name, -1, &merge);
    bson_append_array_begin(&merge, "$mergeObjects", -1, &operands);
    bson_append_utf8(&operands, "0", -1, "$$ROOT", -1);
    bson_append_utf8(&operands, "1", -1, names->event_ref, -1);
    if (fill)
        bson_append_utf8(&operands, "2", -1, "$$ROOT", -1);
    else
        append_kept_dates(&operands, "2", event, config);
    bson_append_array_end(&merge, &operands);
    bson_append_document_end(expression, &merge);
}

/* {$cond: [the event is not older, merge, fill]}, or the one that an event without a version gets. */
static void append_merge_or_fill(bson_t *expression, const char *name, const struct names *names,
                                 const struct event *event, const struct mongodb_config *config)
{
    bson_t cond, operands, newer;
    if (!event->has_version) {
        append_merge(expression, name, names, config->version_missing == VERSION_MISSING_FILL, event, config);
        return;
    }
    bson_append_document_begin(expression, name, -1, &cond);
    bson_append_array_begin(&cond, "$cond", -1, &operands);
    bson_value_t version = {.value_type = BSON_TYPE_UTF8};
    version.value.v_utf8.str = (char *)names->version_ref;
    version.value.v_utf8.len = (uint32_t)strlen(names->version_ref);
    bson_append_document_begin(&operands, "0", -1, &newer);
    append_is_newer(&newer, &version, config);
    bson_append_document_end(&operands, &newer);
    append_merge(&operands, "1", names, false, event, config);
    append_merge(&operands, "2", names, true, event, config);
    bson_append_array_end(&cond, &operands);
    bson_append_document_end(expression, &cond);
}

/* {$replaceWith: ...}.  Only the first stage can meet no document: a later one merges into what the first has made. */
static void append_stage(bson_t *pipeline, uint32_t stage, const struct event *event,
                         const struct mongodb_config *config)
{
    bson_t replace, cond, operands;
    char number[16];
    const char *key;
    struct names names = names_of(stage);
    bson_uint32_to_string(stage, &key, number, sizeof number);
    bson_append_document_begin(pipeline, key, -1, &replace);
    if (stage > 0) {
        append_merge_or_fill(&replace, "$replaceWith", &names, event, config);
    } else {
        bson_append_document_begin(&replace, "$replaceWith", -1, &cond);
        bson_append_array_begin(&cond, "$cond", -1, &operands);
        append_is_type(&operands, "0", "_id", "missing");
        bson_append_utf8(&operands, "1", -1, names.event_ref, -1);
        append_merge_or_fill(&operands, "2", &names, event, config);
        bson_append_array_end(&cond, &operands);
        bson_append_document_end(&replace, &cond);
    }
    bson_append_document_end(pipeline, &replace);
}

static void append_constants(bson_t *statement, const struct event *const *events, size_t count)
{
    bson_t constants;
    bson_append_document_begin(statement, "c", -1, &constants);
    for (size_t i = 0; i < count; i++) {
        struct names names = names_of(i);
        bson_t document;
        bson_init_static(&document, events[i]->document.data, events[i]->document.size);
        bson_append_document(&constants, names.event, -1, &document);
        if (events[i]->has_version)
            bson_append_date_time(&constants, names.version, -1, events[i]->version_ms);
    }
    bson_append_document_end(statement, &constants);
}

void statement_append_key(bson_t *query, const char *key_field, const bson_value_t *key)
{
    bson_t equals;
    bson_append_document_begin(query, key_field, -1, &equals);
    bson_append_value(&equals, "$eq", -1, key);
    bson_append_document_end(query, &equals);
}

static void append_merging(bson_t *statement, const struct event *const *events, size_t count,
                           const struct mongodb_config *config)
{
    bson_t query, pipeline;
    bson_append_document_begin(statement, "q", -1, &query);
    statement_append_key(&query, config->key_field, &events[0]->key);
    bson_append_document_end(statement, &query);
    bson_append_array_begin(statement, "u", -1, &pipeline);
    for (uint32_t i = 0; i < count; i++)
        append_stage(&pipeline, i, events[i], config);
    bson_append_array_end(statement, &pipeline);
    append_constants(statement, events, count);
    bson_append_bool(statement, "upsert", -1, true);
}

/* Here the guard may stand in the query: nothing is inserted. */
static void append_deleting(bson_t *statement, const struct event *event, const struct mongodb_config *config)
{
    bson_t query, expression;
    bson_append_document_begin(statement, "q", -1, &query);
    statement_append_key(&query, config->key_field, &event->key);
    if (event->has_version) {
        bson_value_t version = {.value_type = BSON_TYPE_DATE_TIME, .value.v_datetime = event->version_ms};
        bson_append_document_begin(&query, "$expr", -1, &expression);
        append_is_newer(&expression, &version, config);
        bson_append_document_end(&query, &expression);
    }
    bson_append_document_end(statement, &query);
    bson_append_int32(statement, "limit", -1, 1);
}

void statement_append(bson_t *statements, uint32_t number, const struct event *const *events, size_t count,
                      const struct mongodb_config *config)
{
    bson_t statement;
    char text[16];
    const char *key;
    bson_uint32_to_string(number, &key, text, sizeof text);
    bson_append_document_begin(statements, key, -1, &statement);
    if (events[0]->operation == OPERATION_DELETE)
        append_deleting(&statement, events[0], config);
    else
        append_merging(&statement, events, count, config);
    bson_append_document_end(statements, &statement);
}

#include "lookup.h"

#include "codes.h"
#include "event.h"
#include "plain_json.h"
#include "sink.h"
#include "sluice/sluice.h"
#include "statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static sluice_verdict tell_failure(const bson_error_t *error, sluice_report *report)
{
    static const sluice_verdict verdicts[] = {
        [CLASS_RETRY] = SLUICE_RETRY, [CLASS_REJECT] = SLUICE_REJECT, [CLASS_FATAL] = SLUICE_FATAL};
    const struct error_meaning *meaning = error_meaning_of(error);
    char text[ERROR_TEXT_SIZE];
    error_tell(error, text);
    sluice_api->report_call(report, meaning->slug, "%s", text);
    return verdicts[meaning->class];
}

static mongoc_collection_t *open_collection(struct sink *sink, const char *topic)
{
    char *name = mongodb_collection(sink->config, topic);
    mongoc_collection_t *collection = mongoc_client_get_collection(sink->client, sink->config->database, name);
    bson_free(name);
    return collection;
}

/* Half of what we wait: it gives up first. */
static void append_limit_ms(bson_t *options, const struct sink *sink)
{
    bson_append_int64(options, "maxTimeMS", -1, sink_patience_ms(sink) / 2 + 1);
}

/* ---- One ------------------------------------------------------------------------------------------- */

/* Nothing behind the text's end, which libbson would not look at. */
static bool is_one_text(sluice_bytes json)
{
    const char *text = json.data;
    size_t at = 1;
    while (at < json.size && text[at] != '"')
        at += text[at] == '\\' ? 2 : 1;
    return json.size > 1 && text[0] == '"' && at == json.size - 1;
}

/* {"key": <the JSON>}; NULL: it is no key. */
static bson_t *parse_key(sluice_bytes json)
{
    int64_t number;
    if (event_whole_number(json, &number))
        return BCON_NEW("key", BCON_INT64(number));
    if (!is_one_text(json))
        return NULL;
    bson_error_t error;
    char *text = bson_strdup_printf("{\"key\":%.*s}", (int)json.size, (const char *)json.data);
    bson_t *document = bson_new_from_json((const uint8_t *)text, -1, &error);
    bson_free(text);
    return document;
}

static bool has_json(const bson_iter_t *iter)
{
    bson_t field = BSON_INITIALIZER;
    bson_append_iter(&field, NULL, -1, iter);
    char *json = bson_as_relaxed_extended_json(&field, NULL);
    bool has = json != NULL;
    bson_free(json);
    bson_destroy(&field);
    return has;
}

/* JSON has no form for text that is no UTF-8. */
static sluice_verdict refuse_text(const bson_t *document, sluice_report *report)
{
    bson_iter_t iter;
    bool more = bson_iter_init(&iter, document) && bson_iter_next(&iter);
    while (more && has_json(&iter))
        more = bson_iter_next(&iter);
    sluice_api->report_call(report, MONGODB_INVALID_BSON, "the document's field %s holds text that is no UTF-8",
                            more ? bson_iter_key(&iter) : "?");
    return SLUICE_FATAL;
}

static sluice_verdict tell(const struct sink *sink, const bson_t *document, sluice_reply *reply, sluice_report *report)
{
    char *json = sink->config->lookup_format == LOOKUP_EVENT ? plain_json(document)
                                                             : bson_as_relaxed_extended_json(document, NULL);
    if (json == NULL)
        return refuse_text(document, report);
    sluice_api->reply_append(reply, (sluice_bytes){json, strlen(json)});
    bson_free(json);
    return SLUICE_OK;
}

static sluice_verdict find(struct sink *sink, const char *topic, const bson_t *filter, sluice_reply *reply,
                           sluice_report *report)
{
    mongoc_collection_t *collection = open_collection(sink, topic);
    bson_t *options = BCON_NEW("limit", BCON_INT64(1), "singleBatch", BCON_BOOL(true));
    append_limit_ms(options, sink);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, options, NULL);
    const bson_t *document;
    bson_error_t error;
    sluice_verdict verdict = SLUICE_OK;
    if (mongoc_cursor_next(cursor, &document))
        verdict = tell(sink, document, reply, report);
    else if (mongoc_cursor_error(cursor, &error))
        verdict = tell_failure(&error, report);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    bson_destroy(options);
    return verdict;
}

sluice_verdict lookup_document(void *self, const char *topic, sluice_bytes key, sluice_reply *reply,
                               sluice_report *report)
{
    struct sink *sink = self;
    bson_t filter = BSON_INITIALIZER, *holder = parse_key(key);
    bson_iter_t iter;
    if (holder == NULL || !bson_iter_init_find(&iter, holder, "key")) {
        sluice_api->report_call(
            report, MONGODB_KEY_TYPE,
            "'%.*s' is no key: wanted one JSON value, a 64-bit whole number or a text, such as 7 or \"7\"",
            (int)(key.size < 64 ? key.size : 64), (const char *)key.data);
        bson_destroy(holder);
        return SLUICE_REJECT;
    }
    statement_append_key(&filter, sink->config->key_field, bson_iter_value(&iter));
    sluice_verdict verdict = find(sink, topic, &filter, reply, report);
    bson_destroy(&filter);
    bson_destroy(holder);
    return verdict;
}

/* ---- All ------------------------------------------------------------------------------------------- */

/* Counted, not estimated: the estimate is wrong after a crash of the server.  The filter is true of every document; it
 * has the server read the unique index, where there is one, and no document. */
sluice_verdict lookup_count(void *self, const char *topic, sluice_reply *reply, sluice_report *report)
{
    struct sink *sink = self;
    bson_t *filter = BCON_NEW(sink->config->key_field, "{", "$gte", BCON_MINKEY, "}"), options = BSON_INITIALIZER;
    bson_error_t error;
    char text[24];
    mongoc_collection_t *collection = open_collection(sink, topic);
    append_limit_ms(&options, sink);
    int64_t count = mongoc_collection_count_documents(collection, filter, &options, NULL, NULL, &error);
    mongoc_collection_destroy(collection);
    bson_destroy(filter);
    bson_destroy(&options);
    if (count < 0)
        return tell_failure(&error, report);
    int size = snprintf(text, sizeof text, "%" PRId64, count);
    sluice_api->reply_append(reply, (sluice_bytes){text, (size_t)size});
    return SLUICE_OK;
}

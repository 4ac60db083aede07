#include "lookup.h"

#include "codes.h"
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

/* {"key": <the JSON text>}; NULL: it is none, or no single value. */
static bson_t *parse_key(sluice_bytes key, bson_iter_t *iter)
{
    bson_error_t error;
    char *text = bson_strdup_printf("{\"key\":%.*s}", (int)key.size, (const char *)key.data);
    bson_t *document = bson_new_from_json((const uint8_t *)text, -1, &error);
    bson_free(text);
    if (document != NULL && bson_count_keys(document) == 1 && bson_iter_init_find(iter, document, "key") &&
        event_may_be_key(bson_iter_value(iter)))
        return document;
    bson_destroy(document);
    return NULL;
}

static sluice_verdict find(struct sink *sink, const char *topic, const bson_t *filter, sluice_reply *reply,
                           sluice_report *report)
{
    mongoc_collection_t *collection = open_collection(sink, topic);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(collection, filter, NULL, NULL);
    const bson_t *document;
    bson_error_t error;
    sluice_verdict verdict = SLUICE_OK;
    if (mongoc_cursor_next(cursor, &document)) {
        char *json = sink->config->lookup_format == LOOKUP_EVENT ? plain_json(document)
                                                                 : bson_as_relaxed_extended_json(document, NULL);
        sluice_api->reply_append(reply, (sluice_bytes){json, strlen(json)});
        bson_free(json);
    } else if (mongoc_cursor_error(cursor, &error)) {
        verdict = tell_failure(&error, report);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(collection);
    return verdict;
}

sluice_verdict lookup_document(void *self, const char *topic, sluice_bytes key, sluice_reply *reply,
                               sluice_report *report)
{
    struct sink *sink = self;
    bson_t filter = BSON_INITIALIZER;
    bson_iter_t iter;
    bson_t *holder = parse_key(key, &iter);
    if (holder == NULL) {
        sluice_api->report_call(report, MONGODB_KEY_TYPE, "'%.*s' is no key: wanted one JSON value, such as 7 or \"7\"",
                                (int)(key.size < 64 ? key.size : 64), (const char *)key.data);
        return SLUICE_REJECT;
    }
    statement_append_key(&filter, sink->config->key_field, bson_iter_value(&iter));
    sluice_verdict verdict = find(sink, topic, &filter, reply, report);
    bson_destroy(&filter);
    bson_destroy(holder);
    return verdict;
}

sluice_verdict lookup_count(void *self, const char *topic, sluice_reply *reply, sluice_report *report)
{
    struct sink *sink = self;
    bson_t all = BSON_INITIALIZER;
    bson_error_t error;
    char text[24];
    mongoc_collection_t *collection = open_collection(sink, topic);
    /* Counted, not estimated: the estimate is wrong after a crash of the server. */
    int64_t count = mongoc_collection_count_documents(collection, &all, NULL, NULL, NULL, &error);
    mongoc_collection_destroy(collection);
    bson_destroy(&all);
    if (count < 0)
        return tell_failure(&error, report);
    int size = snprintf(text, sizeof text, "%" PRId64, count);
    sluice_api->reply_append(reply, (sluice_bytes){text, (size_t)size});
    return SLUICE_OK;
}

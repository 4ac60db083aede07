#include "index.h"

#include "codes.h"
#include "index_fit.h"
#include "sluice/sluice.h"

#include <string.h>

enum { MOST_DOUBLES_NAMED = 5, FIRST_WIRE_OF_5_0 = 13 };

static bool is_known(const struct sink *sink, const char *collection)
{
    for (size_t i = 0; i < sink->indexed_count; i++)
        if (strcmp(sink->indexed[i], collection) == 0)
            return true;
    return false;
}

static void remember(struct sink *sink, const char *collection)
{
    sink->indexed = bson_realloc(sink->indexed, (sink->indexed_count + 1) * sizeof *sink->indexed);
    sink->indexed[sink->indexed_count++] = bson_strdup(collection);
}

void index_forget(struct sink *sink)
{
    for (size_t i = 0; i < sink->indexed_count; i++)
        bson_free(sink->indexed[i]);
    bson_free(sink->indexed);
    sink->indexed = NULL;
    sink->indexed_count = 0;
}

/* ---- Doubled keys ----------------------------------------------------------------------------------- */

/* Values of the business key that several documents have, as text for people; NULL: none.  False: they cannot be asked.
 */
static bool doubled_keys(struct sink *sink, const char *collection, char **doubled, bson_error_t *error)
{
    char *field = bson_strdup_printf("$%s", sink->config->key_field);
    bson_t *pipeline =
        BCON_NEW("pipeline", "[", "{", "$group", "{", "_id", BCON_UTF8(field), "count", "{", "$sum", BCON_INT32(1), "}",
                 "}", "}", "{", "$match", "{", "count", "{", "$gt", BCON_INT32(1), "}", "}", "}", "{", "$sort", "{",
                 "_id", BCON_INT32(1), "}", "}", "{", "$limit", BCON_INT32(MOST_DOUBLES_NAMED), "}", "]");
    /* The server takes its time to give up (6.0.5 with 900,000 groups: 1.4 s when told 0.8 s, above 5 s when told
     * 2.5 s); 0 would be for ever. */
    bson_t *options =
        BCON_NEW("allowDiskUse", BCON_BOOL(true), "maxTimeMS", BCON_INT64(sink_patience_ms(sink) / 4 + 1));
    mongoc_collection_t *handle = mongoc_client_get_collection(sink->client, sink->config->database, collection);
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(handle, MONGOC_QUERY_NONE, pipeline, options, NULL);
    const bson_t *group;
    char *names = NULL;
    bool failed;
    while (mongoc_cursor_next(cursor, &group)) {
        char *text = bson_as_relaxed_extended_json(group, NULL); /* { "_id" : 1, "count" : 2 } */
        char *longer = names != NULL ? bson_strdup_printf("%s, %s", names, text) : bson_strdup(text);
        bson_free(text);
        bson_free(names);
        names = longer;
    }
    failed = mongoc_cursor_error(cursor, error);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(handle);
    bson_destroy(options);
    bson_destroy(pipeline);
    bson_free(field);
    *doubled = names;
    return !failed;
}

/* ---- What is there ---------------------------------------------------------------------------------- */

/* A collection that is not there yet has none.  The caller destroys the array. */
static bool list_indexes(struct sink *sink, const char *collection, bson_t *indexes, bson_error_t *error)
{
    mongoc_collection_t *handle = mongoc_client_get_collection(sink->client, sink->config->database, collection);
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(handle, NULL);
    const bson_t *index;
    bson_init(indexes);
    for (uint32_t i = 0; mongoc_cursor_next(cursor, &index); i++) {
        char number[16];
        const char *key;
        size_t size = bson_uint32_to_string(i, &key, number, sizeof number);
        bson_append_document(indexes, key, (int)size, index);
    }
    bool failed = mongoc_cursor_error(cursor, error);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(handle);
    return !failed;
}

/* Wire versions: MongoDB, src/mongo/db/wire_version.h. */
static bool is_older_than_5_0(struct sink *sink)
{
    bson_iter_t iter;
    mongoc_server_description_t *server = mongoc_client_select_server(sink->client, true, NULL, NULL);
    bool older = server != NULL &&
                 bson_iter_init_find(&iter, mongoc_server_description_hello_response(server), "maxWireVersion") &&
                 bson_iter_as_int64(&iter) < FIRST_WIRE_OF_5_0;
    mongoc_server_description_destroy(server);
    return older;
}

/* False: it cannot be asked.  The caller frees in_the_way, which is NULL unless one is. */
static bool find_index(struct sink *sink, const char *collection, enum index_fit *fit, char **in_the_way,
                       bson_error_t *error)
{
    const char *name = NULL;
    bson_t indexes;
    bool listed = list_indexes(sink, collection, &indexes, error);
    *fit = listed ? index_fit(&indexes, sink->config->key_field, is_older_than_5_0(sink), &name) : INDEX_MISSING;
    *in_the_way = *fit == INDEX_IN_THE_WAY ? bson_strdup(name) : NULL;
    bson_destroy(&indexes);
    return listed;
}

/* ---- What is wrong ---------------------------------------------------------------------------------- */

static sluice_verdict tell_doubled(struct sink *sink, const char *collection, const char *doubled,
                                   sluice_report *report)
{
    sluice_api->report_call(report, MONGODB_DOUBLED_KEY,
                            "%s.%s has several documents with one %s, so no unique index can be made: %s; remove the "
                            "doubles, or set unique.index = off",
                            sink->config->database, collection, sink->config->key_field, doubled);
    return SLUICE_FATAL;
}

static sluice_verdict tell_in_the_way(struct sink *sink, const char *collection, const char *in_the_way,
                                      sluice_report *report)
{
    sluice_api->report_call(report, MONGODB_INDEX,
                            "%s.%s has an index %s that is in the way of the unique one on %s: drop it, or set "
                            "unique.index = off",
                            sink->config->database, collection, in_the_way, sink->config->key_field);
    return SLUICE_FATAL;
}

static sluice_verdict tell_failure(struct sink *sink, const char *collection, const bson_error_t *error,
                                   sluice_report *report)
{
    static const sluice_verdict verdicts[] = {
        [CLASS_RETRY] = SLUICE_RETRY, [CLASS_REJECT] = SLUICE_FATAL, [CLASS_FATAL] = SLUICE_FATAL};
    const struct error_meaning *meaning = error_meaning_of(error);
    char text[ERROR_TEXT_SIZE];
    error_tell(error, text);
    sluice_api->report_call(report, meaning->slug, "%s.%s: the unique index on %s: %s", sink->config->database,
                            collection, sink->config->key_field, text);
    return verdicts[meaning->class];
}

/* ---- Making it -------------------------------------------------------------------------------------- */

/* createIndexes where there is that index already, of that name, changes nothing and succeeds. */
static bool create_index(struct sink *sink, const char *collection, bson_error_t *error)
{
    char *name = bson_strdup_printf("%s_1", sink->config->key_field);
    bson_t *command =
        BCON_NEW("createIndexes", BCON_UTF8(collection), "indexes", "[", "{", "key", "{", sink->config->key_field,
                 BCON_INT32(1), "}", "name", BCON_UTF8(name), "unique", BCON_BOOL(true), "}", "]");
    bson_t options = BSON_INITIALIZER;
    mongoc_write_concern_append(sink->concern, &options);
    bool done =
        mongoc_client_write_command_with_opts(sink->client, sink->config->database, command, &options, NULL, error);
    bson_destroy(&options);
    bson_destroy(command);
    bson_free(name);
    return done;
}

/* Another one is there: it may do the same under another name, made by who wrote here before. */
static sluice_verdict settle_conflict(struct sink *sink, const char *collection, const bson_error_t *error,
                                      sluice_report *report)
{
    bson_error_t why;
    enum index_fit fit;
    char *in_the_way;
    sluice_verdict verdict = SLUICE_OK;
    find_index(sink, collection, &fit, &in_the_way, &why);
    switch (fit) {
    case INDEX_THERE: remember(sink, collection); break;
    case INDEX_IN_THE_WAY: verdict = tell_in_the_way(sink, collection, in_the_way, report); break;
    case INDEX_MISSING: verdict = tell_failure(sink, collection, error, report); break; /* or it cannot be asked */
    }
    bson_free(in_the_way);
    return verdict;
}

sluice_verdict index_ensure(struct sink *sink, const char *collection, sluice_report *report)
{
    bson_error_t error, why;
    char *doubled = NULL;
    sluice_verdict verdict = SLUICE_OK;
    if (sink->config->unique_index != 0 || is_known(sink, collection))
        return SLUICE_OK;
    if (create_index(sink, collection, &error))
        remember(sink, collection);
    else if (error_code(&error) == SERVER_INDEX_OPTIONS || error_code(&error) == SERVER_INDEX_NAME)
        verdict = settle_conflict(sink, collection, &error, report);
    else if (error_code(&error) == SERVER_DUPLICATE_KEY && doubled_keys(sink, collection, &doubled, &why) &&
             doubled != NULL)
        verdict = tell_doubled(sink, collection, doubled, report);
    else
        verdict = tell_failure(sink, collection, &error, report);
    bson_free(doubled);
    return verdict;
}

/* ---- Only looking ----------------------------------------------------------------------------------- */

/* The server's own limit, or our socket's where it was late: it has just listed the indexes, so it is there. */
static bool is_timeout(const bson_error_t *error)
{
    return error_code(error) == SERVER_MAX_TIME ||
           (error->domain == MONGOC_ERROR_STREAM && error->code == MONGOC_ERROR_STREAM_SOCKET);
}

static sluice_verdict look_for_doubles(struct sink *sink, const char *collection, sluice_report *report)
{
    bson_error_t error;
    char *doubled;
    sluice_verdict verdict = SLUICE_OK;
    bool looked = doubled_keys(sink, collection, &doubled, &error);
    if (looked && doubled != NULL)
        verdict = tell_doubled(sink, collection, doubled, report);
    else if (!looked && is_timeout(&error)) /* a warning, beside OK */
        sluice_api->report_call(report, NULL,
                                "%s.%s: not looked for doubled keys: too many documents for the time there is",
                                sink->config->database, collection);
    else if (!looked)
        verdict = tell_failure(sink, collection, &error, report);
    bson_free(doubled);
    return verdict;
}

sluice_verdict index_look(struct sink *sink, const char *collection, sluice_report *report)
{
    bson_error_t error;
    enum index_fit fit;
    char *in_the_way;
    sluice_verdict verdict = SLUICE_OK;
    if (sink->config->unique_index != 0)
        return SLUICE_OK;
    bool listed = find_index(sink, collection, &fit, &in_the_way, &error);
    if (!listed && error_code(&error) != SERVER_UNAUTHORIZED) /* who may not list them may make one all the same */
        verdict = tell_failure(sink, collection, &error, report);
    else if (fit == INDEX_IN_THE_WAY)
        verdict = tell_in_the_way(sink, collection, in_the_way, report);
    else if (fit == INDEX_MISSING)
        verdict = look_for_doubles(sink, collection, report);
    bson_free(in_the_way);
    return verdict;
}

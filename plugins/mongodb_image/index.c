#include "index.h"

#include "codes.h"
#include "sluice/sluice.h"

#include <string.h>

enum { MOST_DOUBLES_NAMED = 5 };

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

/* Values of the business key that several documents have, as text for people; NULL: none.  False: they cannot be asked.
 */
static bool doubled_keys(struct sink *sink, const char *collection, char **doubled, bson_error_t *error)
{
    char *field = bson_strdup_printf("$%s", sink->config->key_field);
    bson_t *pipeline =
        BCON_NEW("pipeline", "[", "{", "$group", "{", "_id", BCON_UTF8(field), "count", "{", "$sum", BCON_INT32(1), "}",
                 "}", "}", "{", "$match", "{", "count", "{", "$gt", BCON_INT32(1), "}", "}", "}", "{", "$sort", "{",
                 "_id", BCON_INT32(1), "}", "}", "{", "$limit", BCON_INT32(MOST_DOUBLES_NAMED), "}", "]");
    mongoc_collection_t *handle = mongoc_client_get_collection(sink->client, sink->config->database, collection);
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(handle, MONGOC_QUERY_NONE, pipeline, NULL, NULL);
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
    bson_destroy(pipeline);
    bson_free(field);
    *doubled = names;
    return !failed;
}

/* createIndexes where there is such an index already, whatever its name, changes nothing and succeeds. */
static bool create_index(struct sink *sink, const char *collection, bson_t *reply, bson_error_t *error)
{
    char *name = bson_strdup_printf("%s_1", sink->config->key_field);
    bson_t *command =
        BCON_NEW("createIndexes", BCON_UTF8(collection), "indexes", "[", "{", "key", "{", sink->config->key_field,
                 BCON_INT32(1), "}", "name", BCON_UTF8(name), "unique", BCON_BOOL(true), "}", "]");
    bson_t options = BSON_INITIALIZER;
    mongoc_write_concern_append(sink->concern, &options);
    bool done =
        mongoc_client_write_command_with_opts(sink->client, sink->config->database, command, &options, reply, error);
    bson_destroy(&options);
    bson_destroy(command);
    bson_free(name);
    return done;
}

static sluice_verdict tell_doubled(struct sink *sink, const char *collection, const char *doubled,
                                   sluice_report *report)
{
    sluice_api->report_call(report, MONGODB_DOUBLED_KEY,
                            "%s.%s has several documents with one %s, so no unique index can be made: %s; remove the "
                            "doubles, or set unique.index = off",
                            sink->config->database, collection, sink->config->key_field, doubled);
    return SLUICE_FATAL;
}

static sluice_verdict tell_failure(struct sink *sink, const char *collection, const bson_error_t *error,
                                   sluice_report *report)
{
    static const sluice_verdict verdicts[] = {
        [CLASS_RETRY] = SLUICE_RETRY, [CLASS_REJECT] = SLUICE_FATAL, [CLASS_FATAL] = SLUICE_FATAL};
    /* also 85 and 86: an index of that name or key with other options, which only a person can resolve */
    bool conflict = error->code == 85 || error->code == 86;
    const struct error_meaning *meaning = error_meaning_of(error);
    char text[ERROR_TEXT_SIZE];
    error_tell(error, text);
    sluice_api->report_call(report, meaning->slug, "%s.%s: the unique index on %s: %s", sink->config->database,
                            collection, sink->config->key_field, text);
    return conflict ? SLUICE_FATAL : verdicts[meaning->class];
}

sluice_verdict index_ensure(struct sink *sink, const char *collection, sluice_report *report)
{
    bson_error_t error, why;
    bson_t reply;
    char *doubled = NULL;
    sluice_verdict verdict = SLUICE_OK;
    if (sink->config->unique_index != 0 || is_known(sink, collection))
        return SLUICE_OK;
    bool created = create_index(sink, collection, &reply, &error);
    bson_destroy(&reply);
    if (created)
        remember(sink, collection);
    else if (error.code == SERVER_DUPLICATE_KEY && doubled_keys(sink, collection, &doubled, &why) && doubled != NULL)
        verdict = tell_doubled(sink, collection, doubled, report);
    else
        verdict = tell_failure(sink, collection, &error, report);
    bson_free(doubled);
    return verdict;
}

/* ---- Only looking ----------------------------------------------------------------------------------- */

enum found { FOUND_NONE, FOUND_UNIQUE, FOUND_OTHER };

/* What an index is to us: {key: {id: 1}, unique: true} is the one, {key: {id: 1}} stands in its way. */
static enum found judge_index(const bson_t *index, const char *key_field)
{
    bson_iter_t iter, key;
    if (!bson_iter_init_find(&iter, index, "key") || !bson_iter_recurse(&iter, &key) || !bson_iter_next(&key) ||
        strcmp(bson_iter_key(&key), key_field) != 0 || bson_iter_as_int64(&key) != 1 || bson_iter_next(&key))
        return FOUND_NONE;
    bool unique = bson_iter_init_find(&iter, index, "unique") && bson_iter_as_bool(&iter);
    return unique ? FOUND_UNIQUE : FOUND_OTHER;
}

/* A collection that is not there yet has none. */
static bool find_index(struct sink *sink, const char *collection, enum found *found, bson_error_t *error)
{
    mongoc_collection_t *handle = mongoc_client_get_collection(sink->client, sink->config->database, collection);
    mongoc_cursor_t *cursor = mongoc_collection_find_indexes_with_opts(handle, NULL);
    const bson_t *index;
    *found = FOUND_NONE;
    while (mongoc_cursor_next(cursor, &index)) {
        enum found this = judge_index(index, sink->config->key_field);
        *found = this > *found ? this : *found;
    }
    bool failed = mongoc_cursor_error(cursor, error);
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(handle);
    return !failed;
}

sluice_verdict index_look(struct sink *sink, const char *collection, sluice_report *report)
{
    bson_error_t error;
    enum found found;
    char *doubled = NULL;
    sluice_verdict verdict = SLUICE_OK;
    if (sink->config->unique_index != 0)
        return SLUICE_OK;
    if (!find_index(sink, collection, &found, &error))
        return tell_failure(sink, collection, &error, report);
    if (found == FOUND_UNIQUE)
        return SLUICE_OK;
    if (found == FOUND_OTHER) {
        sluice_api->report_call(report, MONGODB_INDEX,
                                "%s.%s has an index on %s that is not unique: drop it, or set unique.index = off",
                                sink->config->database, collection, sink->config->key_field);
        return SLUICE_FATAL;
    }
    if (!doubled_keys(sink, collection, &doubled, &error))
        verdict = tell_failure(sink, collection, &error, report);
    else if (doubled != NULL)
        verdict = tell_doubled(sink, collection, doubled, report);
    bson_free(doubled);
    return verdict;
}

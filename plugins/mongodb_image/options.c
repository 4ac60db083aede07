#include "options.h"

#include "sluice/sluice.h"

#include <string.h>

#define T struct mongodb_config
const sluice_option mongodb_options[MONGODB_OPTION_COUNT] = {
    SLUICE_STRING_OPTION(
        T, uri, "connection.uri", NULL,
        "MongoDB's connection string. What it does not say is: w=majority, wtimeoutMS 4 s, "
        "socketTimeoutMS, connectTimeoutMS and serverSelectionTimeoutMS 5 s, retryWrites and retryReads=false "
        "(Sluice, or who asks it, retries).",
        .flags = SLUICE_REQUIRED | SLUICE_SECRET),
    SLUICE_STRING_OPTION(T, database, "database", NULL, "The database.", .flags = SLUICE_REQUIRED),
    SLUICE_STRING_OPTION(T, collection, "collection", "${topic}", "The collection; `${topic}` is the record's topic."),
    SLUICE_STRING_OPTION(T, key_field, "key.field", "id",
                         "The business key: the field that says which document an event is about. `_id` stays the "
                         "database's own."),
    SLUICE_LIST_OPTION(T, version_fields, "version.fields", "updated_at, created_at",
                       "Date fields; the latest that an event or a document holds is its version. An event older than "
                       "the document only adds fields that the document lacks."),
    SLUICE_ENUM_OPTION(T, version_missing, "version.missing", "apply|fill|reject", "apply",
                       "An event without a version: applied in the order of the log, only adding missing fields, or a "
                       "dead letter."),
    SLUICE_STRING_OPTION(T, delete_field, "delete.field", NULL,
                         "Hard delete: an event in which this top-level field is true deletes the document, unless the "
                         "document is newer. Without it deleting is soft: such an event is stored like any other."),
    SLUICE_ENUM_OPTION(
        T, null_key_type, "null.key.type", "string|int", "string",
        "What the Kafka key of a record without a value is (`null.values = delete`): the business key of "
        "the document to delete, as text or as a whole number in decimal text."),
    SLUICE_ENUM_OPTION(T, unique_index, "unique.index", "on|off", "on",
                       "Create a unique index on the business key. Off: where doubles exist, each event goes to the "
                       "first document the server finds."),
    SLUICE_ENUM_OPTION(T, lookup_format, "lookup.format", "extended|event", "extended",
                       "How a document is shown to whoever asks what the sink holds: as MongoDB's relaxed extended "
                       "JSON, or without `_id` as the event that json-event would make it of: binaries as hex, dates "
                       "as ISO 8601 in UTC without a zone."),
};
#undef T

static void set_default(mongoc_uri_t *uri, const char *option, int32_t value)
{
    if (!mongoc_uri_has_option(uri, option))
        mongoc_uri_set_option_as_int32(uri, option, value);
}

mongoc_uri_t *mongodb_uri(const struct mongodb_config *config, bson_error_t *error)
{
    mongoc_uri_t *uri = mongoc_uri_new_with_error(config->uri, error);
    if (uri == NULL)
        return NULL;
    set_default(uri, MONGOC_URI_SOCKETTIMEOUTMS, 5000);
    set_default(uri, MONGOC_URI_CONNECTTIMEOUTMS, 5000);
    set_default(uri, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 5000);
    if (!mongoc_uri_has_option(uri, MONGOC_URI_RETRYWRITES))
        mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
    if (!mongoc_uri_has_option(uri, MONGOC_URI_RETRYREADS))
        mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false);
    if (!mongoc_uri_has_option(uri, MONGOC_URI_APPNAME))
        mongoc_uri_set_appname(uri, "sluice");
    return uri;
}

void mongodb_check(const void *config_, sluice_report *report)
{
    const struct mongodb_config *config = config_;
    bson_error_t error;
    if (config->key_field[0] == '\0' || config->key_field[0] == '$' || strchr(config->key_field, '.') != NULL ||
        strcmp(config->key_field, "_id") == 0)
        sluice_api->report_option(report, "key.field", "mongodb.option",
                                  "got '%s', wanted the name of a top-level field other than _id", config->key_field);
    if (config->collection[0] == '\0')
        sluice_api->report_option(report, "collection", "mongodb.option",
                                  "got '', wanted a name, which may hold ${topic}");
    if (config->delete_field != NULL && strcmp(config->delete_field, config->key_field) == 0)
        sluice_api->report_option(report, "delete.field", "mongodb.option",
                                  "got '%s', which is the key.field; wanted the field that says deleted",
                                  config->delete_field);
    /* libmongoc's message may quote the string, which holds a password: ours does not. */
    mongoc_uri_t *uri = mongodb_uri(config, &error);
    if (uri == NULL) {
        sluice_api->report_option(
            report, "connection.uri", "mongodb.option",
            "no valid MongoDB connection string (not shown): wanted "
            "mongodb://[user:password@]host[:port][,...][/database][?option=value&...], with : / ? # "
            "[ ] @ and %% in user and password percent-encoded");
        return;
    }
    const mongoc_write_concern_t *concern = mongoc_uri_get_write_concern(uri);
    if (mongoc_write_concern_get_w(concern) == MONGOC_WRITE_CONCERN_W_UNACKNOWLEDGED)
        sluice_api->report_option(report, "connection.uri", "mongodb.option",
                                  "w=0 asks for no acknowledgement, and an offset is only committed for what has been "
                                  "acknowledged; wanted w=1 or more, or w=majority");
    mongoc_uri_destroy(uri);
}

char *mongodb_collection(const struct mongodb_config *config, const char *topic)
{
    static const char variable[] = "${topic}";
    size_t size = strlen(config->collection) + 1;
    for (const char *at = config->collection; (at = strstr(at, variable)) != NULL; at += strlen(variable))
        size += strlen(topic);
    char *name = bson_malloc(size), *to = name;
    const char *rest = config->collection;
    for (const char *at; (at = strstr(rest, variable)) != NULL; rest = at + strlen(variable)) {
        memcpy(to, rest, (size_t)(at - rest));
        to = stpcpy(to + (at - rest), topic);
    }
    strcpy(to, rest);
    return name;
}

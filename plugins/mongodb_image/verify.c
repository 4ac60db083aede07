#include "verify.h"

#include "codes.h"
#include "index.h"
#include "sluice/sluice.h"

#include <string.h>

static sluice_verdict tell_failure(const bson_error_t *error, sluice_report *report)
{
    const struct error_meaning *meaning = error_meaning_of(error);
    char text[ERROR_TEXT_SIZE];
    error_tell(error, text);
    sluice_api->report_call(report, meaning->slug, "%s", text);
    return meaning->class == CLASS_RETRY ? SLUICE_RETRY : SLUICE_FATAL;
}

/* A single host without replicaSet is spoken to whatever it is. */
static sluice_verdict judge_server(const bson_t *reply, sluice_report *report)
{
    bson_iter_t iter;
    if (!bson_iter_init_find(&iter, reply, "ismaster") || bson_iter_as_bool(&iter))
        return SLUICE_OK;
    sluice_api->report_call(report, MONGODB_NOT_PRIMARY,
                            "the server of connection.uri is not the primary of its replica set: name the members and "
                            "replicaSet");
    return SLUICE_RETRY;
}

sluice_verdict verify_server(struct sink *sink, sluice_report *report)
{
    bson_error_t error;
    bson_t reply;
    bson_t *command = BCON_NEW("isMaster", BCON_INT32(1)); /* all versions know it; hello is of 4.4 */
    bool answers = mongoc_client_command_simple(sink->client, "admin", command, NULL, &reply, &error);
    sluice_verdict verdict = answers ? judge_server(&reply, report) : tell_failure(&error, report);
    bson_destroy(&reply);
    bson_destroy(command);
    return verdict;
}

/* ---- Privileges ------------------------------------------------------------------------------------- */

/* Is a text field of the resource this name, or "", which is all of them? */
static bool covers(const bson_iter_t *resource, const char *field, const char *name)
{
    bson_iter_t child;
    if (!bson_iter_recurse(resource, &child) || !bson_iter_find(&child, field) || !BSON_ITER_HOLDS_UTF8(&child))
        return false;
    const char *value = bson_iter_utf8(&child, NULL);
    return value[0] == '\0' || strcmp(value, name) == 0;
}

static bool is_any(const bson_iter_t *resource)
{
    bson_iter_t child;
    return bson_iter_recurse(resource, &child) && bson_iter_find(&child, "anyResource");
}

static bool holds(const bson_iter_t *array, const char *action)
{
    bson_iter_t element;
    if (!bson_iter_recurse(array, &element))
        return false;
    while (bson_iter_next(&element))
        if (BSON_ITER_HOLDS_UTF8(&element) && strcmp(bson_iter_utf8(&element, NULL), action) == 0)
            return true;
    return false;
}

/* One privilege: {resource: {db: "leaves", collection: ""}, actions: ["find", ...]}
 * (https://www.mongodb.com/docs/manual/reference/resource-document/). */
static bool grants(const bson_iter_t *privilege, const char *database, const char *collection, const char *action)
{
    bson_iter_t resource, actions;
    if (!bson_iter_recurse(privilege, &resource) || !bson_iter_find(&resource, "resource") ||
        !bson_iter_recurse(privilege, &actions) || !bson_iter_find(&actions, "actions"))
        return false;
    bool ours = is_any(&resource) || (covers(&resource, "db", database) && covers(&resource, "collection", collection));
    return ours && holds(&actions, action);
}

static bool may(const bson_iter_t *privileges, const char *database, const char *collection, const char *action)
{
    bson_iter_t privilege;
    if (!bson_iter_recurse(privileges, &privilege))
        return false;
    while (bson_iter_next(&privilege))
        if (grants(&privilege, database, collection, action))
            return true;
    return false;
}

/* The actions that the sink's options ask for and we may not do, ", " between them.  That null values delete, which
 * needs `remove` as well, is the pipeline's and not ours to see. */
static char *missing_actions(const struct sink *sink, const bson_iter_t *privileges, const char *collection)
{
    const struct mongodb_config *config = sink->config;
    const struct {
        const char *action;
        bool needed;
    } actions[] = {
        {"find", true},
        {"insert", true},
        {"update", true},
        {"remove", config->delete_field != NULL},
        {"createIndex", config->unique_index == 0},
    };
    char *missing = NULL;
    for (size_t i = 0; i < SLUICE_LENGTH(actions); i++) {
        if (!actions[i].needed || may(privileges, config->database, collection, actions[i].action))
            continue;
        char *longer =
            missing != NULL ? bson_strdup_printf("%s, %s", missing, actions[i].action) : bson_strdup(actions[i].action);
        bson_free(missing);
        missing = longer;
    }
    return missing;
}

/* Without a login there is nothing to tell: the server lets everybody in, or refuses the first read. */
static bool has_login(const bson_t *status)
{
    bson_iter_t iter, users, user;
    return bson_iter_init(&iter, status) && bson_iter_find_descendant(&iter, "authInfo.authenticatedUsers", &users) &&
           bson_iter_recurse(&users, &user) && bson_iter_next(&user);
}

static sluice_verdict judge_privileges(const struct sink *sink, const char *collection, const bson_t *status,
                                       sluice_report *report)
{
    bson_iter_t iter, privileges;
    if (!has_login(status) || !bson_iter_init(&iter, status) ||
        !bson_iter_find_descendant(&iter, "authInfo.authenticatedUserPrivileges", &privileges))
        return SLUICE_OK;
    char *missing = missing_actions(sink, &privileges, collection);
    if (missing == NULL)
        return SLUICE_OK;
    sluice_api->report_call(report, MONGODB_UNAUTHORIZED,
                            "the user of connection.uri may not %s in %s.%s: grant it, "
                            "say by the role readWrite",
                            missing, sink->config->database, collection);
    bson_free(missing);
    return SLUICE_FATAL;
}

static sluice_verdict verify_privileges(struct sink *sink, const char *collection, sluice_report *report)
{
    bson_error_t error;
    bson_t status;
    bson_t *command = BCON_NEW("connectionStatus", BCON_INT32(1), "showPrivileges", BCON_BOOL(true));
    bool answered = mongoc_client_command_simple(sink->client, sink->config->database, command, NULL, &status, &error);
    sluice_verdict verdict =
        answered ? judge_privileges(sink, collection, &status, report) : tell_failure(&error, report);
    bson_destroy(&status);
    bson_destroy(command);
    return verdict;
}

/* ---- A collection ----------------------------------------------------------------------------------- */

sluice_verdict verify_collection(struct sink *sink, const char *collection, sluice_report *report)
{
    sluice_verdict verdict = verify_privileges(sink, collection, report);
    return verdict == SLUICE_OK ? index_look(sink, collection, report) : verdict;
}

/* admin/topics.c - what the sink holds: GET /topics/{topic}/keys/{key} and /topics/{topic}/count. */
#include "admin/routes.h"

#include <stdlib.h>

enum { BAD_REQUEST = 400, NOT_FOUND = 404, NOT_IMPLEMENTED = 501, BAD_GATEWAY = 502, UNAVAILABLE = 503 };

static void answer(struct admin *admin, const char *topic, const char *key, struct http_response *response)
{
    static const unsigned statuses[] = {
        [SLUICE_RETRY] = UNAVAILABLE, [SLUICE_REJECT] = BAD_REQUEST, [SLUICE_FATAL] = BAD_GATEWAY};
    const struct plugin *plugin = admin->chain->sink.plugin;
    struct arena arena = {.newest = NULL};
    struct lookup_answer found = {.json = NULL};
    if ((key != NULL ? (void *)plugin->sink.lookup : (void *)plugin->sink.count) == NULL) {
        http_refuse(response, NOT_IMPLEMENTED, "the sink %s cannot tell what it holds", plugin->descriptor.name);
        return;
    }
    lookup_ask(&admin->lookup, topic, key, &arena, &found);
    if (found.verdict > SLUICE_DROP)
        http_refuse(response, statuses[found.verdict], "%s%s%s", found.code != NULL ? found.code : "",
                    found.code != NULL ? ": " : "", found.text != NULL ? found.text : "the sink gave no reason");
    else if (found.json == NULL)
        http_refuse(response, NOT_FOUND, "the sink holds nothing for this key of %s", topic);
    else
        fprintf(response->body, "%s\n", found.json);
    free(found.json);
    arena_free(&arena);
}

static void key_of_topic(void *admin, const struct http_request *request, struct http_response *response)
{
    answer(admin, request->parameters[0], request->parameters[1], response);
}

static void count_of_topic(void *admin, const struct http_request *request, struct http_response *response)
{
    answer(admin, request->parameters[0], NULL, response);
}

const struct http_route topic_routes[] = {
    {"GET", "/topics/{topic}/keys/{key...}", HTTP_READ, key_of_topic},
    {"GET", "/topics/{topic}/count", HTTP_READ, count_of_topic},
    {.method = NULL},
};

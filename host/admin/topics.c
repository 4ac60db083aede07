/* admin/topics.c - what the sink holds: GET /topics/{topic}/keys/{key} and /topics/{topic}/count. */
#include "admin/routes.h"

static void answer(struct admin *admin, const char *topic, const char *key, struct http_response *response)
{
    if (lookup_answer(&admin->lookup, topic, key, response))
        putc('\n', response->body);
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

#include "admin/reading.h"

#include "admin/lookup.h"
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_FOUND = 404, UNAVAILABLE = 503, ROUTE_COUNT = 3, MOST_ANSWERS = 8 };

struct reading {
    const struct pipeline_config *config;
    struct http *http;
    struct lookup lookup;
    atomic_bool stopping;
    char *paths[2]; /* begin with read.path */
    struct http_route routes[ROUTE_COUNT + 1];
    const struct http_route *tables[2];
};

static void ping(void *reading_, const struct http_request *request, struct http_response *response)
{
    struct reading *reading = reading_;
    (void)request;
    if (atomic_load(&reading->stopping))
        http_refuse(response, UNAVAILABLE, "this process is about to end");
    else
        fputs("\"Hello, I am alive\"\n", response->body);
}

/* Nobody may have the sink look elsewhere: a topic's name is part of a collection's. */
static bool is_ours(const struct reading *reading, const char *topic, struct http_response *response)
{
    bool ours = topics_option_with(&reading->config->pipeline, topic) != NULL;
    if (!ours)
        http_refuse(response, NOT_FOUND, "that is none of the topics that are read here");
    return ours;
}

static void total(void *reading_, const struct http_request *request, struct http_response *response)
{
    struct reading *reading = reading_;
    const char *topic = request->parameters[0];
    if (!is_ours(reading, topic, response))
        return;
    fprintf(response->body, "{\"%s\": ", reading->config->http.read_total);
    if (lookup_answer(&reading->lookup, topic, NULL, response))
        fputs("}\n", response->body);
}

static void one(void *reading_, const struct http_request *request, struct http_response *response)
{
    struct reading *reading = reading_;
    const char *topic = request->parameters[0];
    if (is_ours(reading, topic, response) && lookup_answer(&reading->lookup, topic, request->parameters[1], response))
        putc('\n', response->body);
}

/* The first that matches answers. */
static void make_routes(struct reading *reading)
{
    const char *path = reading->config->http.read_path;
    reading->paths[0] = alloc_printf("%s/{topic}/total", path);
    reading->paths[1] = alloc_printf("%s/{topic}/{key}", path);
    const struct http_route routes[ROUTE_COUNT] = {{"GET", "/ping", HTTP_ASSET, ping},
                                                   {"GET", reading->paths[0], HTTP_READ, total},
                                                   {"GET", reading->paths[1], HTTP_READ, one}};
    memcpy(reading->routes, routes, sizeof routes);
    reading->tables[0] = reading->routes;
}

int reading_open(struct reading **reading_, const struct pipeline_config *config, const struct chain *chain,
                 struct error *error)
{
    struct reading *reading = alloc_zeroed(1, sizeof *reading);
    const struct http_settings listener = {.option = "read.listen",
                                           .listen = config->http.read_listen,
                                           .tables = reading->tables,
                                           .opaque = reading,
                                           .own_threads = true,
                                           .most_answers = MOST_ANSWERS};
    reading->config = config;
    lookup_init(&reading->lookup, &chain->sink, config->pipeline.name, config->http.read_request_percentage, true);
    make_routes(reading);
    *reading_ = reading;
    if (http_open(&reading->http, &listener, error) == 0)
        return 0;
    reading_close(reading);
    *reading_ = NULL;
    return -1;
}

void reading_stopping(struct reading *reading)
{
    if (reading != NULL)
        atomic_store(&reading->stopping, true);
}

void reading_close(struct reading *reading)
{
    if (reading == NULL)
        return;
    lookup_stop(&reading->lookup);
    http_close(reading->http);
    lookup_close(&reading->lookup);
    for (size_t i = 0; i < sizeof reading->paths / sizeof reading->paths[0]; i++)
        free(reading->paths[i]);
    free(reading);
}

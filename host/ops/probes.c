#include "ops/probes.h"

#include "ops/exposition.h"
#include "ops/health.h"
#include "ops/vitals.h"

enum { UNAVAILABLE = 503 };

static void metrics_page(void *limit_ms, const struct http_request *request, struct http_response *response)
{
    enum exposition exposition = exposition_wanted(http_header(request, "Accept"));
    (void)limit_ms;
    response->type = exposition_type(exposition);
    vitals_measure();
    exposition_write(exposition, response->body);
}

static void live_page(void *limit_ms, const struct http_request *request, struct http_response *response)
{
    bool live = health_live(*(const int64_t *)limit_ms);
    (void)request;
    fprintf(response->body, "{\"live\": %s}\n", live ? "true" : "false");
    if (!live)
        response->status = UNAVAILABLE;
}

static void ready_page(void *limit_ms, const struct http_request *request, struct http_response *response)
{
    (void)limit_ms, (void)request;
    if (!health_ready(response->body))
        response->status = UNAVAILABLE;
}

const struct http_route probe_routes[] = {
    {"GET", "/metrics", HTTP_READ, metrics_page},
    {"GET", "/live", HTTP_READ, live_page},
    {"GET", "/ready", HTTP_READ, ready_page},
    {.method = NULL},
};

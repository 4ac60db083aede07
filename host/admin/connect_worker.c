/* admin/connect_worker.c - the worker, which is this process: what it is, and whether all is well with it. */
#include "admin/connect.h"

#include "base/alloc.h"
#include "dlq/letter_json.h"
#include "ops/health.h"

#include <stdlib.h>

/* commit: Connect tells its build; ours has none but the version. */
static void identity(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    char *cluster = consumer_group_cluster_id(&admin->group);
    (void)request;
    admin_write(response, json_pack("{s:s, s:s, s:o}", "version", SLUICE_VERSION, "commit", "unknown",
                                    "kafka_cluster_id", letter_json_text(cluster)));
    free(cluster);
}

static void add_cause(void *message_, const struct health_component *component)
{
    char **message = message_;
    if (component->ready)
        return;
    char *longer = alloc_printf("%s%s%s: %s", *message != NULL ? *message : "", *message != NULL ? "; " : "",
                                component->name, component->detail);
    free(*message);
    *message = longer;
}

/* Connect's (KIP-1017) is about the worker alone; this one says what /ready says. */
static void health(void *admin, const struct http_request *request, struct http_response *response)
{
    char *causes = NULL;
    bool ready = health_each(add_cause, &causes);
    (void)admin, (void)request;
    if (!ready)
        response->status = UNAVAILABLE;
    const char *message = causes != NULL ? causes : "nothing is known yet";
    admin_write(response, json_pack("{s:s, s:o}", "status", ready ? "healthy" : "unhealthy", "message",
                                    letter_json_text(ready ? "Every component is ready." : message)));
    free(causes);
}

const struct http_route worker_routes[] = {
    {"GET", "/", HTTP_READ, identity},
    {"GET", "/health", HTTP_READ, health},
    {.method = NULL},
};

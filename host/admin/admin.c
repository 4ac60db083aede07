#include "admin/admin.h"

#include "admin/routes.h"
#include "base/alloc.h"

#include <stdlib.h>

static const struct http_route *const tables[] = {
    topic_routes,   letter_routes, asset_routes,  worker_routes, connector_routes,
    control_routes, offset_routes, plugin_routes, logger_routes, NULL};

int admin_open(struct admin **admin_, const struct pipeline_config *config, const struct settings *settings,
               const struct chain *chain, struct control *control, struct error *error)
{
    struct admin *admin = alloc_zeroed(1, sizeof *admin);
    const struct http_options *http = &config->http;
    const struct http_settings listener = {.option = "admin.listen",
                                           .listen = http->admin_listen,
                                           .tables = tables,
                                           .opaque = admin,
                                           .own_threads = true,
                                           .guarded = true,
                                           .token = http->admin_token,
                                           .hosts = http->admin_hosts};
    *admin = (struct admin){.config = config, .settings = settings, .chain = chain, .control = control};
    turn_init(&admin->look, TURN_NO_REST);
    lookup_init(&admin->lookup, &chain->sink, config->pipeline.name, TURN_NO_REST, false);
    consumer_group_init(&admin->group, config, settings, &admin->stopping);
    *admin_ = admin;
    if (http_open(&admin->http, &listener, error) == 0)
        return 0;
    admin_close(admin);
    *admin_ = NULL;
    return -1;
}

void admin_close(struct admin *admin)
{
    if (admin == NULL)
        return;
    atomic_store(&admin->stopping, true);
    lookup_stop(&admin->lookup);
    http_close(admin->http);
    lookup_close(&admin->lookup);
    consumer_group_close(&admin->group);
    turn_free(&admin->look);
    free(admin);
}

void admin_write(struct http_response *response, json_t *json)
{
    json_dumpf(json, response->body, JSON_COMPACT);
    putc('\n', response->body);
    json_decref(json);
}

/* admin/routes.h - what the admin listener's parts share.  Each part is a table of routes, its opaque a struct admin.
 * Neighbours: admin.c (puts them together), topics.c, letters.c, assets.c, connect.h. */
#ifndef SLUICE_ADMIN_ROUTES_H
#define SLUICE_ADMIN_ROUTES_H

#include "admin/consumer_group.h"
#include "admin/lookup.h"
#include "admin/turn.h"
#include "ops/http.h"
#include "pipeline/control.h"

#include <jansson.h>

struct admin {
    const struct pipeline_config *config;
    const struct settings *settings;
    const struct chain *chain;
    struct control *control;
    struct http *http;
    struct lookup lookup;
    struct consumer_group group;
    struct turn look; /* one look at the dead letters at a time: each costs memory */
    atomic_bool stopping;
};

extern const struct http_route topic_routes[], letter_routes[], asset_routes[];
/* Kafka Connect's REST API. */
extern const struct http_route worker_routes[], connector_routes[], control_routes[], offset_routes[], plugin_routes[],
    logger_routes[];

/* Writes the object, and takes it over. */
void admin_write(struct http_response *response, json_t *json);

#endif

/* admin/connect.h - what the parts of Kafka Connect's REST API share: the one connector there is, its configuration and
 * state in Connect's shapes (org.apache.kafka.connect.runtime.rest.entities of Kafka 4.1).
 * Neighbours: connect_state.h (where its state comes from); connect_connectors.c, connect_control.c, connect_offsets.c,
 * connect_plugins.c, connect_loggers.c, connect_worker.c (the routes). */
#ifndef SLUICE_ADMIN_CONNECT_H
#define SLUICE_ADMIN_CONNECT_H

#include "admin/connect_state.h"
#include "admin/routes.h"

enum {
    ACCEPTED = 202,
    NO_CONTENT = 204,
    BAD_REQUEST = 400,
    NOT_FOUND = 404,
    NOT_ALLOWED = 405,
    CONFLICT = 409,
    UNSUPPORTED_MEDIA_TYPE = 415,
    SERVER_ERROR = 500,
    UNAVAILABLE = 503
};

/* The {connector} of a request, the route's first parameter, is the pipeline?  false: refused. */
bool connect_is_ours(const struct admin *admin, const struct http_request *request, struct http_response *response);
/* The {task}, its second; -1: refused, or there is none of that number now. */
int connect_task(const struct admin *admin, const struct http_request *request);
/* Is ?name=true there, in any case? */
bool connect_flag(const struct http_request *request, const char *name);
/* The body, a JSON object; NULL: refused.  The caller's. */
json_t *connect_body(const struct http_request *request, struct http_response *response);

/* The effective configuration as Connect's flat map of texts, under Connect's names where it has them:
 *   [pipeline] KEY, [sink.NAME] KEY     KEY (a key of both is the pipeline's)
 *   [sink.NAME] plugin                  connector.class
 *   [transform.NAME] KEY                transforms.NAME.KEY, its plugin transforms.NAME.type
 *   [kafka.consumer], [kafka.producer]  consumer.override.KEY, producer.override.KEY
 *   others                              SECTION.KEY
 * Masked as secrets.h says. */
json_t *connect_config(const struct admin *admin);
/* ConnectorInfo: name, config, tasks, type. */
json_t *connect_info(const struct admin *admin);
/* ConnectorStateInfo, TaskState. */
json_t *connect_status(const struct admin *admin, const struct connect_states *states);
json_t *connect_task_status(const struct admin *admin, const struct connect_states *states, size_t task);

#endif

/* admin/connect_connectors.c - the connector, its configuration, state and tasks, to be read; what would change the
 * configuration says where that is done. */
#include "admin/connect.h"

static void list(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    const char *name = admin->config->pipeline.name;
    if (http_query(request, "expand") == NULL) {
        admin_write(response, json_pack("[s]", name));
        return;
    }
    json_t *expanded = json_object();
    if (http_query_has(request, "expand", "status")) {
        struct connect_states states;
        connect_states_take(&states, admin->control);
        json_object_set_new(expanded, "status", connect_status(admin, &states));
        connect_states_free(&states);
    }
    if (http_query_has(request, "expand", "info"))
        json_object_set_new(expanded, "info", connect_info(admin));
    admin_write(response, json_pack("{s:o}", name, expanded));
}

static void info(void *admin, const struct http_request *request, struct http_response *response)
{
    if (connect_is_ours(admin, request, response))
        admin_write(response, connect_info(admin));
}

static void config(void *admin, const struct http_request *request, struct http_response *response)
{
    if (connect_is_ours(admin, request, response))
        admin_write(response, connect_config(admin));
}

static void status(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    struct connect_states states;
    if (!connect_is_ours(admin, request, response))
        return;
    connect_states_take(&states, admin->control);
    admin_write(response, connect_status(admin, &states));
    connect_states_free(&states);
}

static void tasks(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    size_t i;
    json_t *id, *list, *all = json_array();
    if (connect_is_ours(admin, request, response)) {
        json_t *connector = connect_info(admin);
        list = json_object_get(connector, "tasks");
        json_array_foreach(list, i, id) json_array_append_new(
            all, json_pack("{s:O, s:O}", "id", id, "config", json_object_get(connector, "config")));
        json_decref(connector);
        admin_write(response, json_incref(all));
    }
    json_decref(all);
}

static void task_status(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    struct connect_states states;
    if (!connect_is_ours(admin, request, response))
        return;
    int task = connect_task(admin, request);
    connect_states_take(&states, admin->control);
    if (task < 0 || (size_t)task >= states.task_count)
        http_refuse(response, NOT_FOUND, "No status found for task %s-%s", request->parameters[0],
                    request->parameters[1]);
    else
        admin_write(response, connect_task_status(admin, &states, (size_t)task));
    connect_states_free(&states);
}

static void never(void *admin, const struct http_request *request, struct http_response *response)
{
    (void)admin, (void)request;
    http_refuse(response, NOT_ALLOWED,
                "the configuration of this pipeline is its INI files, one process each: change them and restart the "
                "process");
}

const struct http_route connector_routes[] = {
    {"GET", "/connectors", HTTP_READ, list},
    {"POST", "/connectors", HTTP_NEVER, never},
    {"GET", "/connectors/{connector}", HTTP_READ, info},
    {"DELETE", "/connectors/{connector}", HTTP_NEVER, never},
    {"GET", "/connectors/{connector}/config", HTTP_READ, config},
    {"PUT", "/connectors/{connector}/config", HTTP_NEVER, never},
    {"PATCH", "/connectors/{connector}/config", HTTP_NEVER, never},
    {"GET", "/connectors/{connector}/status", HTTP_READ, status},
    {"GET", "/connectors/{connector}/tasks", HTTP_READ, tasks},
    {"GET", "/connectors/{connector}/tasks/{task}/status", HTTP_READ, task_status},
    {.method = NULL},
};

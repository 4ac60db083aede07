/* admin/connect_control.c - what an operator wishes of the running pipeline: pause, resume, stop, restart; and the
 * topics it has worked on.  A wish is written on the board and carried out in the background (pipeline/control.h); it
 * lasts as long as this process. */
#include "admin/connect.h"

#include "ops/log.h"

#include <stdlib.h>

/* ---- Pause, resume, stop -------------------------------------------------------------------------- */

static void want(struct admin *admin, enum run_state wanted, unsigned status, const struct http_request *request,
                 struct http_response *response)
{
    if (!connect_is_ours(admin, request, response))
        return;
    log_info("http", "%s is wanted, asked for by %s", run_state_text(wanted), request->peer);
    control_want(admin->control, wanted);
    response->status = status;
}

static void pause_it(void *admin, const struct http_request *request, struct http_response *response)
{
    want(admin, RUN_PAUSED, ACCEPTED, request, response);
}

static void resume(void *admin, const struct http_request *request, struct http_response *response)
{
    want(admin, RUN_RUNNING, ACCEPTED, request, response);
}

static void stop(void *admin, const struct http_request *request, struct http_response *response)
{
    want(admin, RUN_STOPPED, NO_CONTENT, request, response);
}

/* ---- Restart -------------------------------------------------------------------------------------- */

static bool restarts(struct admin *admin, size_t task, const struct http_request *request)
{
    log_info("http", "a restart of task %zu is wanted, asked for by %s", task, request->peer);
    return control_restart(admin->control, task);
}

/* Without its tasks there is nothing of a connector that could be restarted: Connect runs its Connector class beside
 * them. As in KIP-745, that alone is answered without a body. */
static void restart(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    struct connect_states states;
    bool with_tasks = connect_flag(request, "includeTasks"), only_failed = connect_flag(request, "onlyFailed");
    if (!connect_is_ours(admin, request, response))
        return;
    if (!with_tasks && !only_failed) {
        response->status = NO_CONTENT;
        return;
    }
    connect_states_take(&states, admin->control);
    for (size_t i = 0; with_tasks && i < states.task_count; i++)
        if ((!only_failed || states.tasks[i].state == CONNECT_FAILED) && restarts(admin, i, request))
            states.tasks[i].state = CONNECT_RESTARTING;
    if (states.connector.state != CONNECT_STOPPED && (!only_failed || states.connector.state == CONNECT_FAILED))
        states.connector.state = CONNECT_RESTARTING;
    response->status = ACCEPTED;
    admin_write(response, connect_status(admin, &states));
    connect_states_free(&states);
}

static void restart_task(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    if (!connect_is_ours(admin, request, response))
        return;
    int task = connect_task(admin, request);
    if (task < 0) {
        http_refuse(response, NOT_FOUND, "Task %s-%s not found", request->parameters[0], request->parameters[1]);
        return;
    }
    restarts(admin, (size_t)task, request);
    response->status = NO_CONTENT;
}

/* ---- Topics --------------------------------------------------------------------------------------- */

static void topics(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    if (!connect_is_ours(admin, request, response))
        return;
    const char **names = control_topics(admin->control);
    json_t *array = json_array();
    for (size_t i = 0; names[i] != NULL; i++)
        json_array_append_new(array, json_string(names[i]));
    free(names);
    admin_write(response, json_pack("{s:{s:o}}", request->parameters[0], "topics", array));
}

static void reset_topics(void *admin_, const struct http_request *request, struct http_response *response)
{
    struct admin *admin = admin_;
    if (!connect_is_ours(admin, request, response))
        return;
    control_reset_topics(admin->control);
    response->status = ACCEPTED;
}

const struct http_route control_routes[] = {
    {"PUT", "/connectors/{connector}/pause", HTTP_CHANGE, pause_it},
    {"PUT", "/connectors/{connector}/resume", HTTP_CHANGE, resume},
    {"PUT", "/connectors/{connector}/stop", HTTP_CHANGE, stop},
    {"POST", "/connectors/{connector}/restart", HTTP_CHANGE, restart},
    {"POST", "/connectors/{connector}/tasks/{task}/restart", HTTP_CHANGE, restart_task},
    {"GET", "/connectors/{connector}/topics", HTTP_READ, topics},
    {"PUT", "/connectors/{connector}/topics/reset", HTTP_CHANGE, reset_topics},
    {.method = NULL},
};

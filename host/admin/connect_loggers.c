/* admin/connect_loggers.c - log levels, by area, as Kafka Connect's loggers; "root" is all of them.  A level lasts as
 * long as this process. */
#include "admin/connect.h"

#include "ops/log.h"

#include <string.h>
#include <strings.h>

static const char root[] = "root";

static json_t *level_json(sluice_level level, int64_t changed_ms)
{
    return json_pack("{s:s, s:o}", "level", log_level_name(level), "last_modified",
                     changed_ms > 0 ? json_integer(changed_ms) : json_null());
}

/* The most that any area writes. */
static json_t *root_json(void)
{
    sluice_level level = SLUICE_LOG_ERROR;
    int64_t changed_ms = 0;
    for (size_t i = 0; i < log_area_count(); i++) {
        level = log_area_level(i) > level ? log_area_level(i) : level;
        changed_ms = log_area_changed_ms(i) > changed_ms ? log_area_changed_ms(i) : changed_ms;
    }
    return level_json(level, changed_ms);
}

static json_t *all_json(void)
{
    json_t *all = json_pack("{s:o}", root, root_json());
    for (size_t i = 0; i < log_area_count(); i++)
        json_object_set_new(all, log_area_name(i), level_json(log_area_level(i), log_area_changed_ms(i)));
    return all;
}

static void list(void *admin, const struct http_request *request, struct http_response *response)
{
    (void)admin, (void)request;
    admin_write(response, all_json());
}

static void show(void *admin, const struct http_request *request, struct http_response *response)
{
    json_t *all = all_json();
    json_t *one = json_object_get(all, request->parameters[0]);
    (void)admin;
    if (one != NULL)
        admin_write(response, json_incref(one));
    else
        http_refuse(response, NOT_FOUND, "Logger %s not found.", request->parameters[0]);
    json_decref(all);
}

/* The areas that a name stands for, sorted, as Connect answers. */
static json_t *changed(const char *name)
{
    json_t *names = json_array();
    if (strcmp(name, root) != 0)
        json_array_append_new(names, json_string(name));
    for (size_t i = 0; i < log_area_count() && strcmp(name, root) == 0; i++)
        json_array_append_new(names, json_string(log_area_name(i)));
    return names;
}

static void set(void *admin, const struct http_request *request, struct http_response *response)
{
    json_t *body = connect_body(request, response);
    const char *name = request->parameters[0], *text = json_string_value(json_object_get(body, "level"));
    const char *scope = http_query(request, "scope");
    sluice_level level;
    (void)admin;
    if (body == NULL)
        return;
    if (text == NULL)
        http_refuse(response, BAD_REQUEST, "Desired 'level' parameter was not specified in request.");
    else if (log_level_parse(text, &level) != 0)
        http_refuse(response, NOT_FOUND, "invalid log level '%s'.", text);
    else if (log_set_level(name, level) != 0)
        http_refuse(response, NOT_FOUND, "Logger %s not found.", name);
    else if (scope != NULL && strcasecmp(scope, "cluster") == 0)
        response->status = NO_CONTENT;
    else
        admin_write(response, changed(name));
    json_decref(body);
}

const struct http_route logger_routes[] = {
    {"GET", "/admin/loggers", HTTP_READ, list},
    {"GET", "/admin/loggers/{logger}", HTTP_READ, show},
    {"PUT", "/admin/loggers/{logger}", HTTP_CHANGE, set},
    {.method = NULL},
};

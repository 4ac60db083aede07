#include "admin/connect.h"

#include "base/alloc.h"
#include "dlq/letter_json.h"
#include "plugin/masking.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Requests ------------------------------------------------------------------------------------- */

bool connect_is_ours(const struct admin *admin, const struct http_request *request, struct http_response *response)
{
    if (strcmp(request->parameters[0], admin->config->pipeline.name) == 0)
        return true;
    http_refuse(response, NOT_FOUND, "Connector %s not found", request->parameters[0]);
    return false;
}

int connect_task(const struct admin *admin, const struct http_request *request)
{
    const char *text = request->parameters[1];
    char *end;
    long task = strtol(text, &end, 10);
    bool there = *end == '\0' && strspn(text, "0123456789") == strlen(text) && task >= 0 &&
                 (size_t)task < control_task_count(admin->control) && control_reached(admin->control) != RUN_STOPPED;
    return there ? (int)task : -1;
}

bool connect_flag(const struct http_request *request, const char *name)
{
    const char *value = http_query(request, name);
    return value != NULL && strcasecmp(value, "true") == 0;
}

json_t *connect_body(const struct http_request *request, struct http_response *response)
{
    static const char json_type[] = "application/json";
    const char *type = http_header(request, "Content-Type");
    json_error_t why;
    if (type != NULL && strncasecmp(type, json_type, sizeof json_type - 1) != 0) {
        http_refuse(response, UNSUPPORTED_MEDIA_TYPE, "Content-Type: got '%s', wanted %s", type, json_type);
        return NULL;
    }
    json_t *body = json_loadb(request->body, request->body_size, JSON_REJECT_DUPLICATES, &why);
    if (json_is_object(body))
        return body;
    if (body == NULL)
        http_refuse(response, BAD_REQUEST, "the body is no JSON: line %d, column %d: %s", why.line, why.column,
                    why.text);
    else
        http_refuse(response, BAD_REQUEST, "the body: wanted a JSON object");
    json_decref(body);
    return NULL;
}

/* ---- The configuration ---------------------------------------------------------------------------- */

/* What the keys of a section are called: the first row whose section its name begins with. */
static const struct naming {
    const char *section, *prefix;
    bool keeps_name;    /* what is left of the section's name stands before the key */
    const char *plugin; /* what the key "plugin" is called */
} namings[] = {
    {"pipeline", "", false, NULL},
    {"sink.", "", false, "connector.class"},
    {"transform.", "transforms.", true, "type"},
    {"kafka.consumer", "consumer.override.", false, NULL},
    {"kafka.producer", "producer.override.", false, NULL},
    {"", "", true, NULL},
};

/* The caller's. */
static char *connect_name(const char *section, const char *key)
{
    const struct naming *naming = namings;
    while (strncmp(section, naming->section, strlen(naming->section)) != 0)
        naming++;
    const char *name = naming->plugin != NULL && strcmp(key, "plugin") == 0 ? naming->plugin : key;
    if (!naming->keeps_name)
        return alloc_printf("%s%s", naming->prefix, name);
    return alloc_printf("%s%s.%s", naming->prefix, section + strlen(naming->section), name);
}

static void add_section(const struct admin *admin, const struct section *section, json_t *config)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        char *name = connect_name(section->name, setting->name);
        json_object_set_new(config, name, letter_json_text(masking_shown(admin->chain, section->name, setting)));
        free(name);
    }
}

json_t *connect_config(const struct admin *admin)
{
    const struct settings *settings = admin->settings;
    const struct section *pipeline = settings_section(settings, "pipeline");
    json_t *config = json_object();
    char *tasks_max = alloc_printf("%zu", control_task_count(admin->control));
    for (size_t i = 0; i < settings->count; i++)
        if (&settings->sections[i] != pipeline)
            add_section(admin, &settings->sections[i], config);
    add_section(admin, pipeline, config); /* last: its keys are the ones that count */
    /* a path may stand for the plugin, and tasks.max nowhere */
    json_object_set_new(config, "connector.class", letter_json_text(admin->chain->sink.plugin->descriptor.name));
    json_object_set_new(config, "tasks.max", json_string(tasks_max));
    free(tasks_max);
    return config;
}

/* ---- Shapes --------------------------------------------------------------------------------------- */

json_t *connect_info(const struct admin *admin)
{
    const char *name = admin->config->pipeline.name;
    json_t *tasks = json_array();
    size_t count = control_reached(admin->control) != RUN_STOPPED ? control_task_count(admin->control) : 0;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(tasks, json_pack("{s:s, s:i}", "connector", name, "task", (int)i));
    return json_pack("{s:s, s:o, s:o, s:s}", "name", name, "config", connect_config(admin), "tasks", tasks, "type",
                     "sink");
}

/* host:port of the listener, as Connect names a worker; the caller's. */
static char *worker_id(const struct admin *admin)
{
    const char *listen = admin->config->http.admin_listen;
    return alloc_printf("%.*s:%u", (int)(strrchr(listen, ':') - listen), listen, http_port(admin->http));
}

static json_t *report_json(const struct admin *admin, const struct connect_report *report)
{
    char *worker = worker_id(admin);
    json_t *json = json_pack("{s:s, s:s, s:s}", "state", connect_state_text(report->state), "worker_id", worker,
                             "version", admin->chain->sink.plugin->descriptor.version);
    free(worker);
    if (report->trace != NULL)
        json_object_set_new(json, "trace", letter_json_text(report->trace));
    return json;
}

json_t *connect_task_status(const struct admin *admin, const struct connect_states *states, size_t task)
{
    json_t *json = report_json(admin, &states->tasks[task]);
    json_object_set_new(json, "id", json_integer((json_int_t)task));
    return json;
}

json_t *connect_status(const struct admin *admin, const struct connect_states *states)
{
    json_t *tasks = json_array();
    for (size_t i = 0; i < states->task_count; i++)
        json_array_append_new(tasks, connect_task_status(admin, states, i));
    return json_pack("{s:s, s:o, s:o, s:s}", "name", admin->config->pipeline.name, "connector",
                     report_json(admin, &states->connector), "tasks", tasks, "type", "sink");
}

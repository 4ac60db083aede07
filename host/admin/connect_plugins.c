/* admin/connect_plugins.c - the plugins that this process has loaded, their options, and whether values would do for
 * them; nothing is opened or changed. */
#include "admin/config_infos.h"
#include "admin/connect.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static const char *type_of(const struct plugin *plugin)
{
    return plugin->descriptor.sink != NULL ? "sink" : "transformation";
}

static const struct plugin *plugin_at(const struct chain *chain, size_t i)
{
    return i == 0 ? chain->sink.plugin : chain->transforms[i - 1].plugin;
}

/* The i-th of the chain is there before? */
static bool is_repeated(const struct chain *chain, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (plugin_at(chain, j) == plugin_at(chain, i))
            return true;
    return false;
}

static void list(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    const char *only = http_query(request, "connectorsOnly");
    size_t count = only != NULL && strcmp(only, "false") == 0 ? admin->chain->transform_count + 1 : 1;
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct plugin *plugin = plugin_at(admin->chain, i);
        if (!is_repeated(admin->chain, i))
            json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "class", plugin->descriptor.name, "type",
                                                 type_of(plugin), "version", plugin->descriptor.version));
    }
    admin_write(response, all);
}

/* NULL: refused. */
static const struct plugin *plugin_of(const struct admin *admin, const struct http_request *request,
                                      struct http_response *response)
{
    for (size_t i = 0; i <= admin->chain->transform_count; i++) {
        const struct plugin *plugin = plugin_at(admin->chain, i);
        if (strcmp(plugin->descriptor.name, request->parameters[0]) == 0)
            return plugin;
    }
    http_refuse(response, NOT_FOUND, "Unknown plugin %s.", request->parameters[0]);
    return NULL;
}

static void config(void *admin, const struct http_request *request, struct http_response *response)
{
    const struct plugin *plugin = plugin_of(admin, request, response);
    if (plugin == NULL)
        return;
    json_t *keys = json_array();
    config_infos_keys(&plugin->options, plugin->descriptor.name, keys);
    admin_write(response, keys);
}

/* ---- Validation ----------------------------------------------------------------------------------- */

/* What a connector's configuration holds beside its plugin's options: keys of connect_config(), whose values are
 * nothing of this plugin's. */
static bool belongs_to_others(const char *key)
{
    static const char *const prefixes[] = {"transforms.", "consumer.override.", "producer.override.", "kafka.", "http.",
                                           "log."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return strcmp(key, "connector.class") == 0;
}

static const struct option_table *pipeline_table(void)
{
    const struct host_section *section = host_sections;
    while (strcmp(section->name, "pipeline") != 0)
        section++;
    return &section->table;
}

/* false: refused. */
static bool check_values(const json_t *values, const struct plugin *plugin, struct http_response *response)
{
    const char *name, *class = json_string_value(json_object_get(values, "connector.class"));
    json_t *value;
    if (class != NULL && strcmp(class, plugin->descriptor.name) != 0) {
        http_refuse(response, BAD_REQUEST, "Included connector type %s does not match request type %s", class,
                    plugin->descriptor.name);
        return false;
    }
    json_object_foreach((json_t *)values, name, value)
    {
        if (!json_is_string(value)) {
            http_refuse(response, BAD_REQUEST, "%s: wanted a text", name);
            return false;
        }
    }
    return true;
}

/* A sink's values stand with the pipeline's own; a transform's alone. */
static json_t *validated(const json_t *values, const struct plugin *plugin)
{
    const struct option_table *own = &plugin->options, *pipeline = pipeline_table();
    const char *name, *class = plugin->descriptor.name;
    json_t *value, *infos = json_array(), *groups = json_array();
    sluice_option row;
    size_t errors = 0;
    if (plugin->descriptor.sink != NULL) {
        json_array_append_new(groups, json_string("pipeline"));
        errors += config_infos_values(pipeline, "pipeline", values, infos);
    }
    json_array_append_new(groups, json_string(class));
    errors += config_infos_values(own, class, values, infos);
    json_object_foreach((json_t *)values, name,
                        value) if (!options_find(own, name, &row) && !options_find(pipeline, name, &row) &&
                                   !belongs_to_others(name)) errors += config_infos_unknown(own, name, infos);
    return json_pack("{s:s, s:i, s:o, s:o}", "name", class, "error_count", (int)errors, "groups", groups, "configs",
                     infos);
}

static void validate(void *admin_, const struct http_request *request, struct http_response *response)
{
    const struct admin *admin = admin_;
    const struct plugin *plugin = plugin_of(admin, request, response);
    json_t *values = plugin != NULL ? connect_body(request, response) : NULL;
    if (values != NULL && check_values(values, plugin, response)) {
        if (json_object_get(values, "sink") == NULL) /* a connector has connector.class in its place */
            json_object_set_new(values, "sink", json_string(admin->config->pipeline.sink));
        admin_write(response, validated(values, plugin));
    }
    json_decref(values);
}

const struct http_route plugin_routes[] = {
    {"GET", "/connector-plugins", HTTP_READ, list},
    {"GET", "/connector-plugins/{plugin}/config", HTTP_READ, config},
    {"PUT", "/connector-plugins/{plugin}/config/validate", HTTP_READ, validate},
    {.method = NULL},
};

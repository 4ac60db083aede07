#include "plugin/inspect.h"

#include "base/arena.h"
#include "config/option_types.h"
#include "config/options.h"

#include <stdlib.h>
#include <string.h>

const char *format_name(sluice_format format)
{
    static const struct {
        sluice_format format;
        const char *name;
    } names[] = {
        {SLUICE_SAME, "what it accepts"}, {SLUICE_BYTES, "bytes"}, {SLUICE_JSON, "json"}, {SLUICE_BSON, "bson"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].format == format)
            return names[i].name;
    return "a format this host does not know";
}

static int inspect_handshake(const sluice_plugin *plugin, struct error *error)
{
    if (plugin == NULL)
        return error_set(error, "its query returned no descriptor");
    if (plugin->magic != SLUICE_MAGIC)
        return error_set(error, "not a Sluice plugin: magic 0x%08x, wanted 0x%08x", plugin->magic, SLUICE_MAGIC);
    if (plugin->abi_major != SLUICE_ABI_MAJOR || plugin->abi_minor > SLUICE_ABI_MINOR)
        return error_set(error, "wants ABI %u.%u, this host provides %u.%u", plugin->abi_major, plugin->abi_minor,
                         SLUICE_ABI_MAJOR, SLUICE_ABI_MINOR);
    return 0;
}

static int inspect_ops(const sluice_plugin *plugin, struct error *error)
{
    if (!SLUICE_HAS(plugin, name) || !SLUICE_HAS(plugin, version) || !SLUICE_HAS(plugin, bind))
        return error_set(error, "the descriptor (%u bytes) lacks name, version or bind", plugin->size);
    if (!SLUICE_HAS(plugin, sink) == !SLUICE_HAS(plugin, transform))
        return error_set(error, "exactly one of sink and transform must be set, it has %s",
                         plugin->sink != NULL ? "both" : "neither");
    const sluice_sink_ops *sink = plugin->sink;
    const sluice_transform_ops *transform = plugin->transform;
    if (sink != NULL && (!SLUICE_HAS(sink, open) || !SLUICE_HAS(sink, put) || !SLUICE_HAS(sink, close)))
        return error_set(error, "a sink needs open, put and close");
    if (transform != NULL &&
        (!SLUICE_HAS(transform, open) || !SLUICE_HAS(transform, apply) || !SLUICE_HAS(transform, close)))
        return error_set(error, "a transform needs open, apply and close");
    if (plugin->accepts == 0)
        return error_set(error, "accepts names no format");
    if ((transform == NULL) != (plugin->produces == 0))
        return error_set(error, "produces must be set for a transform and only there");
    if ((plugin->produces & (plugin->produces - 1)) != 0)
        return error_set(error, "produces must name one format");
    return 0;
}

/* The default is what a user gets without writing anything, so it must be right. */
static int inspect_default(const sluice_option *row, struct error *error)
{
    struct arena arena = {.newest = NULL};
    union {
        int64_t number;
        const char *text;
        sluice_list list;
    } member;
    double number = row->min;
    bool ok = option_type(row->type)->parse(row, row->default_value, &arena, &member, &number) &&
              !((row->flags & SLUICE_HAS_MIN) && number < row->min) &&
              !((row->flags & SLUICE_HAS_MAX) && number > row->max);
    arena_free(&arena);
    return ok ? 0 : error_set(error, "option %s: its default '%s' is none of its own", row->name, row->default_value);
}

static int inspect_option(const sluice_plugin *plugin, const sluice_option *row, size_t i, struct error *error)
{
    if (row->name == NULL || row->name[0] == '\0' || row->doc == NULL)
        return error_set(error, "option %zu has no name or no doc", i);
    if (option_type(row->type) == NULL)
        return error_set(error, "option %s: type %d does not exist", row->name, row->type);
    if ((uint64_t)row->offset + option_type_size(row->type) > plugin->config_size)
        return error_set(error, "option %s: its member ends at byte %llu of a config_size of %u", row->name,
                         (unsigned long long)row->offset + option_type_size(row->type), plugin->config_size);
    if (row->type == SLUICE_TYPE_ENUM && row->choices == NULL)
        return error_set(error, "option %s: an enum needs choices", row->name);
    if (row->default_value != NULL && row->type != SLUICE_TYPE_MAP)
        return inspect_default(row, error);
    return 0;
}

static int inspect_tables(const sluice_plugin *plugin, struct error *error)
{
    if (plugin->option_count > 0 && plugin->option_size < offsetof(sluice_option, max) + sizeof(double))
        return error_set(error, "the option table's stride of %u bytes is shorter than a row of ABI 1.0",
                         plugin->option_size);
    if (plugin->metric_count > 0 && plugin->metric_size < offsetof(sluice_metric, help) + sizeof(char *))
        return error_set(error, "the metric table's stride of %u bytes is shorter than a row of ABI 1.0",
                         plugin->metric_size);
    if ((plugin->option_count > 0 && plugin->options == NULL) || (plugin->metric_count > 0 && plugin->metrics == NULL))
        return error_set(error, "a table is counted but not there");
    const struct option_table table = {plugin->options, plugin->option_count, plugin->option_size};
    for (size_t i = 0; i < table.count; i++) {
        sluice_option row = option_table_row(&table, i);
        if (inspect_option(plugin, &row, i, error) != 0)
            return -1;
        for (size_t j = 0; j < i; j++)
            if (strcmp(option_table_row(&table, j).name, row.name) == 0)
                return error_set(error, "option %s is there twice", row.name);
    }
    return 0;
}

int plugin_inspect(const sluice_plugin *descriptor, struct error *error)
{
    if (inspect_handshake(descriptor, error) != 0 || inspect_ops(descriptor, error) != 0)
        return -1;
    return inspect_tables(descriptor, error);
}

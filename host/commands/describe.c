/* commands/describe.c - `sluice describe`: the host's sections and the plugins that are found, or one plugin whole. */
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "ops/exposition.h"
#include "pipeline/counters.h"
#include "plugin/inspect.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_MARKDOWN };

struct arguments {
    const char *plugin;
    sluice_list path;
    const char *folders[LOAD_MOST_FILES];
    enum output output;
    bool metrics;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_JSON: arguments->output = OUTPUT_JSON; return 0;
    case KEY_MARKDOWN: arguments->output = OUTPUT_MARKDOWN; return 0;
    case KEY_METRICS: arguments->metrics = true; return 0;
    case 'p':
        if (arguments->path.count == LOAD_MOST_FILES)
            argp_error(state, "more than %d folders", LOAD_MOST_FILES);
        arguments->folders[arguments->path.count++] = argument;
        arguments->path.items = arguments->folders;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->plugin != NULL)
            argp_error(state, "one plugin at a time");
        arguments->plugin = argument;
        return 0;
    case ARGP_KEY_END:
        if (arguments->metrics && arguments->plugin != NULL)
            argp_error(state, "--metrics is about the host's: a plugin's are told with it");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {.name = "plugin-path", .key = 'p', .arg = "DIR", .doc = "A folder to look in as well; may be given several times"},
    {.name = "json", .key = KEY_JSON, .doc = "Print JSON"},
    {.name = "markdown", .key = KEY_MARKDOWN, .doc = "Print the tables as Markdown"},
    {.name = "metrics", .key = KEY_METRICS, .doc = "Show the host's metrics instead"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[PLUGIN]",
    .doc = "Shows the host's options and the plugins found, or one plugin (a name, or a path with a slash): formats, "
           "options, metrics.\v"
           "Plugins are looked for in the folders of --plugin-path, then of SLUICE_PLUGIN_PATH (separated by colons), "
           "then "
           "in Sluice's own.\n"
           "Examples:\n"
           "  sluice describe\n"
           "  sluice describe mongodb-image\n"
           "  sluice describe ./my-sink.so --json\n"
           "  sluice describe --metrics\n",
};

/* ---- Options -------------------------------------------------------------------------------------- */

static void print_options(const struct option_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        printf("  %s%s (%s", row.name, row.type == SLUICE_TYPE_MAP ? ".<name>" : "", option_type_name(row.type));
        if (row.flags & SLUICE_REQUIRED)
            printf(", required");
        else if (row.default_value != NULL)
            printf(", default %s", row.default_value);
        printf("%s)\n      %s Wanted: ", row.flags & SLUICE_SECRET ? ", secret" : "", row.doc);
        option_wanted(&row, stdout);
        printf(".\n");
    }
}

static json_t *options_json(const struct option_table *table)
{
    json_t *array = json_array();
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        json_t *option =
            json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:b, s:b}", "name", row.name, "type", option_type_name(row.type),
                      "doc", row.doc, "default", row.default_value, "choices", row.choices, "required",
                      (row.flags & SLUICE_REQUIRED) != 0, "secret", (row.flags & SLUICE_SECRET) != 0);
        if (row.flags & SLUICE_HAS_MIN)
            json_object_set_new(option, "min", json_real(row.min));
        if (row.flags & SLUICE_HAS_MAX)
            json_object_set_new(option, "max", json_real(row.max));
        json_array_append_new(array, option);
    }
    return array;
}

/* ---- One plugin ----------------------------------------------------------------------------------- */

static sluice_metric metric_of(const sluice_plugin *descriptor, size_t i)
{
    sluice_metric row;
    memset(&row, 0, sizeof row);
    memcpy(&row, (const char *)descriptor->metrics + i * descriptor->metric_size,
           descriptor->metric_size < sizeof row ? descriptor->metric_size : sizeof row);
    return row;
}

static const char *kind_of(const struct plugin *plugin)
{
    return plugin->descriptor.sink != NULL ? "sink" : "transform";
}

static const sluice_format formats[] = {SLUICE_BYTES, SLUICE_JSON, SLUICE_BSON};
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

static void print_plugin(const struct plugin *plugin)
{
    const sluice_plugin *descriptor = &plugin->descriptor;
    printf("%s %s, a %s (ABI %u.%u)\n%s\n%s\nSHA-256: %s\n\nAccepts:", descriptor->name, descriptor->version,
           kind_of(plugin), descriptor->abi_major, descriptor->abi_minor, descriptor->summary, plugin->path,
           plugin->sha256);
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (descriptor->accepts & formats[i])
            printf(" %s", format_name(formats[i]));
    if (descriptor->produces != 0)
        printf("\nProduces: %s", format_name(descriptor->produces));
    printf("\n\nOptions:\n");
    print_options(&plugin->options);
    printf("\nMetrics:%s\n", descriptor->metric_count == 0 ? " none" : "");
    for (size_t i = 0; i < descriptor->metric_count; i++) {
        sluice_metric row = metric_of(descriptor, i);
        printf("  %s (%s): %s\n", row.name, row.unit != NULL ? row.unit : "", row.help);
    }
}

static json_t *plugin_json(const struct plugin *plugin)
{
    const sluice_plugin *descriptor = &plugin->descriptor;
    json_t *accepts = json_array(), *metrics = json_array();
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (descriptor->accepts & formats[i])
            json_array_append_new(accepts, json_string(format_name(formats[i])));
    for (size_t i = 0; i < descriptor->metric_count; i++) {
        sluice_metric row = metric_of(descriptor, i);
        json_array_append_new(metrics,
                              json_pack("{s:s, s:s?, s:s?}", "name", row.name, "unit", row.unit, "help", row.help));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[i,i], s:o, s:s?, s:o, s:o}", "name", descriptor->name,
                     "version", descriptor->version, "kind", kind_of(plugin), "summary", descriptor->summary, "path",
                     plugin->path, "sha256", plugin->sha256, "abi", (int)descriptor->abi_major,
                     (int)descriptor->abi_minor, "accepts", accepts, "produces",
                     descriptor->produces != 0 ? format_name(descriptor->produces) : NULL, "options",
                     options_json(&plugin->options), "metrics", metrics);
}

static void print_json(json_t *json)
{
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int describe_plugin(const struct arguments *arguments)
{
    struct plugin *plugin;
    struct error error;
    if (plugin_open(arguments->plugin, &arguments->path, &plugin, &error) != 0) {
        fprintf(stderr, "sluice describe: %s\n", error.text);
        return EXIT_CONFIGURATION;
    }
    switch (arguments->output) {
    case OUTPUT_TEXT: print_plugin(plugin); break;
    case OUTPUT_JSON: print_json(plugin_json(plugin)); break;
    case OUTPUT_MARKDOWN: options_markdown(&plugin->options, stdout); break;
    }
    return EXIT_FINE;
}

/* ---- Everything ----------------------------------------------------------------------------------- */

static void print_section(const struct host_section *section, enum output output)
{
    if (output == OUTPUT_MARKDOWN) {
        printf("#### `[%s]`\n\n%s\n\n", section->name, section->summary);
        options_markdown(&section->table, stdout);
        printf("\n");
    } else {
        printf("[%s]  %s\n", section->name, section->summary);
        print_options(&section->table);
        printf("\n");
    }
}

static void list_plugins(const struct arguments *arguments, json_t *array)
{
    char **paths;
    size_t count = plugins_find(&arguments->path, &paths);
    for (size_t i = 0; i < count; i++) {
        struct plugin *plugin;
        struct error error;
        bool opened = plugin_open(paths[i], NULL, &plugin, &error) == 0;
        if (array != NULL && opened)
            json_array_append_new(array, plugin_json(plugin));
        else if (opened)
            printf("  %-16s %s, %-9s  %s\n", plugin->descriptor.name, plugin->descriptor.version, kind_of(plugin),
                   plugin->descriptor.summary);
        else
            fprintf(stderr, "sluice describe: %s\n", error.text);
        free(paths[i]);
    }
    free(paths);
}

static int describe_all(const struct arguments *arguments)
{
    if (arguments->output == OUTPUT_JSON) {
        json_t *sections = json_object(), *plugins = json_array();
        for (size_t i = 0; host_sections[i].name != NULL; i++)
            json_object_set_new(sections, host_sections[i].name, options_json(&host_sections[i].table));
        list_plugins(arguments, plugins);
        print_json(json_pack("{s:s, s:o, s:o}", "version", SLUICE_VERSION, "sections", sections, "plugins", plugins));
        return EXIT_FINE;
    }
    for (size_t i = 0; host_sections[i].name != NULL; i++)
        print_section(&host_sections[i], arguments->output);
    if (arguments->output == OUTPUT_TEXT) {
        printf("[kafka], [kafka.consumer], [kafka.producer]  librdkafka's own properties\n\nPlugins:\n");
        list_plugins(arguments, NULL);
    }
    return EXIT_FINE;
}

/* ---- Metrics -------------------------------------------------------------------------------------- */

/* The host's own: no chain has been built. */
static void metrics_visited(void (*family)(void *opaque, const struct metric_about *about), void *opaque)
{
    counters_init();
    metrics_visit(&(struct metric_visitor){.family = family, .opaque = opaque});
}

static void metric_json(void *array, const struct metric_about *about)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < about->label_count; i++)
        json_array_append_new(labels, json_string(about->labels[i]));
    json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o, s:s}", "name", about->name, "type",
                                           exposition_kind(about->kind), "unit", about->unit, "labels", labels, "help",
                                           about->help));
}

static void print_labels(const struct metric_about *about)
{
    for (size_t i = 0; i < about->label_count; i++)
        printf("%s%s", i > 0 ? ", " : "", about->labels[i]);
}

static void metric_markdown(void *opaque, const struct metric_about *about)
{
    (void)opaque;
    printf("| `%s` | %s | ", about->name, exposition_kind(about->kind));
    print_labels(about);
    printf(" | %s |\n", about->help);
}

static void metric_text(void *opaque, const struct metric_about *about)
{
    (void)opaque;
    printf("  %s (%s%s", about->name, exposition_kind(about->kind), about->label_count > 0 ? ", by " : "");
    print_labels(about);
    printf(")\n      %s\n", about->help);
}

static int describe_metrics(const struct arguments *arguments)
{
    json_t *array = json_array();
    switch (arguments->output) {
    case OUTPUT_TEXT: metrics_visited(metric_text, NULL); break;
    case OUTPUT_JSON:
        metrics_visited(metric_json, array);
        print_json(json_incref(array));
        break;
    case OUTPUT_MARKDOWN:
        printf("| metric | type | labels | meaning |\n|---|---|---|---|\n");
        metrics_visited(metric_markdown, NULL);
        break;
    }
    json_decref(array);
    return EXIT_FINE;
}

int command_describe(int argc, char **argv)
{
    struct arguments arguments = {.plugin = NULL};
    arguments_parse(&argp, argc, argv, &arguments);
    int exit_code = arguments.metrics          ? describe_metrics(&arguments)
                    : arguments.plugin != NULL ? describe_plugin(&arguments)
                                               : describe_all(&arguments);
    plugins_close_all();
    return exit_code;
}

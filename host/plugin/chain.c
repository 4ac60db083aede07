#include "plugin/chain.h"

#include "base/alloc.h"
#include "plugin/host_api.h"
#include "plugin/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const also_known[] = {"plugin", "plugin.sha256", NULL};

/* ---- check(): options that are wrong together ----------------------------------------------------- */

struct checking {
    const struct section *section;
    const char *section_name;
    struct problems *problems;
};

static void tell_option(void *checking_, const char *option, const char *code, const char *text)
{
    struct checking *checking = checking_;
    const struct section *section = checking->section;
    const struct setting *setting = option != NULL ? section_setting(section, option) : NULL;
    problems_error(checking->problems, setting != NULL ? &setting->place : &section->place, "[%s] %s: %s%s%s%s",
                   checking->section_name, option != NULL ? option : "plugin", text != NULL ? text : "is wrong",
                   code != NULL ? " (" : "", code != NULL ? code : "", code != NULL ? ")" : "");
}

static void check(const struct stage *stage, const struct section *section, struct problems *problems)
{
    struct arena arena = {.newest = NULL};
    struct checking checking = {section, stage->section, problems};
    sluice_report report = {.arena = &arena, .option = tell_option, .opaque = &checking};
    plugin_check(stage->plugin, stage->section, stage->config, &report);
    arena_free(&arena);
}

/* ---- One stage ------------------------------------------------------------------------------------ */

/* What plugin.sha256 pins the plugin to, NULL: nothing.  False: it is wrong, and nothing is to be loaded. */
static bool find_pin(const struct section *section, const char *section_name, const char **sha256,
                     struct problems *problems)
{
    const struct setting *setting = section_setting(section, "plugin.sha256");
    *sha256 = setting != NULL ? setting->value : NULL;
    if (setting == NULL || setting->unresolved)
        return setting == NULL;
    size_t digits = strspn(setting->value, "0123456789abcdefABCDEF");
    if (digits == PLUGIN_SHA256_SIZE - 1 && setting->value[digits] == '\0')
        return true;
    problems_error(problems, &setting->place, "[%s] plugin.sha256: got '%s', wanted %d hexadecimal digits",
                   section_name, setting_shown(setting, setting->value), PLUGIN_SHA256_SIZE - 1);
    return false;
}

static void build_stage(struct chain *chain, struct stage *stage, const char *kind, const char *name,
                        const struct settings *settings, const struct pipeline_config *config,
                        struct problems *problems)
{
    struct error error;
    stage->section = arena_printf(&chain->arena, "%s.%s", kind, name);
    const struct section *section = settings_section(settings, stage->section);
    if (section == NULL)
        return; /* told by pipeline_config_bind() */
    const struct setting *setting = section_setting(section, "plugin");
    if (setting == NULL || setting->value[0] == '\0') {
        problems_error(problems, setting != NULL ? &setting->place : &section->place, "[%s] plugin is missing",
                       stage->section);
        return;
    }
    struct plugin *plugin;
    const char *sha256;
    if (!find_pin(section, stage->section, &sha256, problems))
        return;
    if (plugin_open_pinned(setting->value, &config->pipeline.plugin_path, sha256, &plugin, &error) != 0) {
        problems_error(problems, &setting->place, "[%s] %s", stage->section, error.text);
        return;
    }
    bool is_sink = strcmp(kind, "sink") == 0;
    if (is_sink != (plugin->descriptor.sink != NULL)) {
        problems_error(problems, &setting->place, "[%s] plugin %s is a %s, wanted a %s", stage->section,
                       plugin->descriptor.name, is_sink ? "transform" : "sink", kind);
        return;
    }
    size_t errors = problems_errors(problems);
    stage->plugin = plugin;
    host_api_metrics_register(&plugin->descriptor);
    stage->config = arena_zeroed(&chain->arena, (size_t)plugin->descriptor.config_size + 1);
    options_bind(&plugin->options, section, stage->section, also_known, &chain->arena, stage->config, problems);
    if (problems_errors(problems) == errors)
        check(stage, section, problems);
}

/* ---- Formats -------------------------------------------------------------------------------------- */

static void tell_misfit(const struct stage *stage, sluice_format format, const char *from, const struct place *place,
                        struct problems *problems)
{
    static const sluice_format known[] = {SLUICE_BYTES, SLUICE_JSON, SLUICE_BSON};
    char accepted[128] = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (stage->plugin->descriptor.accepts & known[i])
            snprintf(accepted + strlen(accepted), sizeof accepted - strlen(accepted), "%s%s",
                     accepted[0] != '\0' ? ", " : "", format_name(known[i]));
    problems_error(problems, place, "%s produces %s, [%s] (%s) accepts %s", from, format_name(format), stage->section,
                   stage->plugin->descriptor.name, accepted);
}

static void fit_formats(const struct chain *chain, const struct settings *settings, struct problems *problems)
{
    sluice_format format = SLUICE_BYTES;
    char from[128] = "Kafka";
    for (size_t i = 0; i <= chain->transform_count; i++) {
        const struct stage *stage = i < chain->transform_count ? &chain->transforms[i] : &chain->sink;
        if (stage->plugin == NULL)
            return; /* nothing is known of what comes out of it */
        const sluice_plugin *descriptor = &stage->plugin->descriptor;
        if (!(descriptor->accepts & format))
            tell_misfit(stage, format, from, &settings_section(settings, stage->section)->place, problems);
        if (descriptor->produces == 0 || descriptor->produces == SLUICE_SAME)
            continue;
        format = descriptor->produces;
        snprintf(from, sizeof from, "[%s] (%s)", stage->section, descriptor->name);
    }
}

/* ---- The chain ------------------------------------------------------------------------------------ */

void chain_build(struct chain *chain, const struct settings *settings, const struct pipeline_config *config,
                 struct problems *problems)
{
    const sluice_list *names = &config->pipeline.transforms;
    *chain = (struct chain){.transform_count = names->count};
    chain->transforms = alloc_zeroed(names->count, sizeof *chain->transforms);
    for (size_t i = 0; i < names->count; i++)
        build_stage(chain, &chain->transforms[i], "transform", names->items[i], settings, config, problems);
    if (config->pipeline.sink != NULL)
        build_stage(chain, &chain->sink, "sink", config->pipeline.sink, settings, config, problems);
    fit_formats(chain, settings, problems);
}

bool chain_owns(const char *option)
{
    size_t i = 0;
    while (also_known[i] != NULL && strcmp(also_known[i], option) != 0)
        i++;
    return also_known[i] != NULL;
}

int chain_load(struct chain *chain, struct error *error)
{
    for (size_t i = 0; i < chain->transform_count; i++)
        if (plugin_load(chain->transforms[i].plugin, error) != 0)
            return -1;
    return plugin_load(chain->sink.plugin, error);
}

void chain_free(struct chain *chain)
{
    free(chain->transforms);
    arena_free(&chain->arena);
    *chain = (struct chain){.transforms = NULL};
}

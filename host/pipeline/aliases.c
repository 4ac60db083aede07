#include "pipeline/aliases.h"

#include "base/alloc.h"
#include "config/nearest.h"
#include "ops/metrics.h"

#include <stdlib.h>
#include <string.h>

/* The names of all families, NULL-terminated; each is a copy. */
struct names {
    const char **all;
    size_t count;
};

static void add_name(void *names_, const struct metric_about *about)
{
    struct names *names = names_;
    names->all = alloc_resized(names->all, names->count + 2, sizeof *names->all);
    names->all[names->count++] = alloc_text(about->name);
    names->all[names->count] = NULL;
}

static const char *nearest_of(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->all[i], name) == 0)
            return NULL; /* it is there: something else is wrong */
    return nearest_name(names->all, name);
}

static void bind(const sluice_pair *alias, const struct names *names, const struct settings *settings,
                 struct problems *problems)
{
    struct error error;
    if (metrics_alias(alias->name, alias->value, &error) == 0)
        return;
    char *key = alloc_printf("alias.%s", alias->name);
    const struct setting *setting = section_setting(settings_section(settings, "metrics"), key);
    const char *nearest = nearest_of(names, alias->value);
    if (setting->has_secret) /* the error quotes what was resolved */
        problems_error(problems, &setting->place, "[metrics] %s: '%s' names no counter or gauge, or the alias is taken",
                       key, setting->written);
    else
        problems_error(problems, &setting->place, "[metrics] %s: %s%s%s%s", key, error.text,
                       nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "?" : "");
    free(key);
}

void aliases_bind(const struct pipeline_config *config, const struct settings *settings, struct problems *problems)
{
    struct names names = {.count = 0};
    metrics_visit(&(struct metric_visitor){.family = add_name, .opaque = &names});
    for (size_t i = 0; i < config->metrics.aliases.count; i++)
        bind(&config->metrics.aliases.items[i], &names, settings, problems);
    for (size_t i = 0; i < names.count; i++)
        free((char *)names.all[i]);
    free(names.all);
}

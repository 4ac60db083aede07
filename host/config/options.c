#include "config/options.h"

#include "base/alloc.h"
#include "config/nearest.h"
#include "config/option_types.h"

#include <stdlib.h>
#include <string.h>

sluice_option option_table_row(const struct option_table *table, size_t i)
{
    sluice_option row;
    memset(&row, 0, sizeof row);
    memcpy(&row, (const char *)table->rows + i * table->stride,
           table->stride < sizeof row ? table->stride : sizeof row);
    return row;
}

const char *option_type_name(sluice_type type)
{
    const struct option_type *known = option_type(type);
    return known != NULL ? known->name : NULL;
}

size_t option_type_size(sluice_type type)
{
    const struct option_type *known = option_type(type);
    return known != NULL ? known->size : 0;
}

void option_wanted(const sluice_option *row, FILE *out)
{
    const char *wanted = option_type(row->type)->wanted;
    if (row->choices != NULL && row->type == SLUICE_TYPE_LIST)
        fprintf(out, "a list of ");
    else if (row->choices == NULL)
        fprintf(out, "%s", wanted != NULL ? wanted : "text");
    for (const char *choice = row->choices; choice != NULL;) {
        size_t size = strcspn(choice, "|");
        const char *next = choice[size] == '|' ? choice + size + 1 : NULL;
        const char *separator = next == NULL ? "" : strchr(next, '|') != NULL ? ", " : " or ";
        fprintf(out, "%.*s%s", (int)size, choice, separator);
        choice = next;
    }
    if (row->flags & SLUICE_HAS_MIN)
        fprintf(out, ", at least %.15g", row->min);
    if (row->flags & SLUICE_HAS_MAX)
        fprintf(out, ", at most %.15g", row->max);
}

/* The part of key behind a map's name and dot, or NULL when the row is no map or the key not of it. */
static const char *map_entry(const sluice_option *row, const char *key)
{
    size_t size = strlen(row->name);
    bool entry = row->type == SLUICE_TYPE_MAP && strncmp(key, row->name, size) == 0 && key[size] == '.';
    return entry && key[size + 1] != '\0' ? key + size + 1 : NULL;
}

bool options_find(const struct option_table *table, const char *key, sluice_option *row)
{
    for (size_t i = 0; i < table->count; i++) {
        *row = option_table_row(table, i);
        if (map_entry(row, key) != NULL || (row->type != SLUICE_TYPE_MAP && strcmp(row->name, key) == 0))
            return true;
    }
    return false;
}

static void tell_wrong(const sluice_option *row, const char *section, const struct setting *setting,
                       struct problems *problems)
{
    char *wanted;
    size_t size;
    FILE *out = open_memstream(&wanted, &size);
    option_wanted(row, out);
    fclose(out);
    if (row->flags & SLUICE_SECRET)
        problems_error(problems, &setting->place, "[%s] %s: the value is wrong (not shown), wanted %s", section,
                       setting->name, wanted);
    else
        problems_error(problems, &setting->place, "[%s] %s: got '%s', wanted %s", section, setting->name,
                       setting_shown(setting, setting->value), wanted);
    free(wanted);
}

static bool in_range(const sluice_option *row, double number)
{
    return !((row->flags & SLUICE_HAS_MIN) && number < row->min) &&
           !((row->flags & SLUICE_HAS_MAX) && number > row->max);
}

static bool store(const sluice_option *row, const char *text, struct arena *arena, void *config)
{
    double number = row->min;
    return option_type(row->type)->parse(row, text, arena, (char *)config + row->offset, &number) &&
           in_range(row, number);
}

static void tell_missing(const sluice_option *row, const struct section *section, const char *section_name,
                         struct problems *problems)
{
    problems_error(problems, section != NULL ? &section->place : NULL, "[%s] %s%s is missing", section_name, row->name,
                   row->type == SLUICE_TYPE_MAP ? ".<name>" : "");
}

static void bind_map(const sluice_option *row, const struct section *section, const char *section_name,
                     struct arena *arena, void *config, struct problems *problems)
{
    bool written = false;
    sluice_map *map = (sluice_map *)((char *)config + row->offset);
    sluice_pair *pairs = arena_alloc(arena, (section != NULL ? section->count : 0) * sizeof *pairs + 1);
    *map = (sluice_map){.items = pairs};
    for (size_t i = 0; section != NULL && i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        const char *name = map_entry(row, setting->name);
        written |= name != NULL;
        if (name == NULL || setting->unresolved)
            continue;
        if (store(row, setting->value, arena, config))
            pairs[map->count++] = (sluice_pair){.name = name, .value = setting->value};
        else
            tell_wrong(row, section_name, setting, problems);
    }
    if ((row->flags & SLUICE_REQUIRED) && !written)
        tell_missing(row, section, section_name, problems);
}

/* The default: the loader has checked a plugin's, a test ours. */
static void preset(const sluice_option *row, struct arena *arena, void *config)
{
    memset((char *)config + row->offset, 0, option_type(row->type)->size);
    if (row->default_value != NULL)
        store(row, row->default_value, arena, config);
}

static void bind_row(const sluice_option *row, const struct section *section, const char *section_name,
                     struct arena *arena, void *config, struct problems *problems)
{
    const struct setting *setting = section != NULL ? section_setting(section, row->name) : NULL;
    if (row->type == SLUICE_TYPE_MAP) {
        bind_map(row, section, section_name, arena, config, problems);
    } else if (setting != NULL && !setting->unresolved) {
        if (!store(row, setting->value, arena, config)) {
            tell_wrong(row, section_name, setting, problems);
            preset(row, arena, config); /* so that what else is wrong can be found */
        } else if ((row->flags & SLUICE_REQUIRED) && setting->value[strspn(setting->value, " \t")] == '\0')
            problems_error(problems, &setting->place, "[%s] %s is empty", section_name, row->name);
    } else if (setting == NULL && (row->flags & SLUICE_REQUIRED)) {
        tell_missing(row, section, section_name, problems);
    } else {
        preset(row, arena, config);
    }
}

static bool is_in(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static void tell_unknown(const struct option_table *table, const struct setting *setting, const char *section,
                         const char *const *also_known, struct arena *arena, struct problems *problems)
{
    sluice_option row;
    size_t count = 0, also = 0;
    const char *entry = strchr(setting->name, '.');
    if (entry != NULL && entry[1] == '\0')
        entry = NULL;
    while (also_known != NULL && also_known[also] != NULL)
        also++;
    const char **names = alloc_zeroed(table->count + also + 1, sizeof *names);
    for (; count < table->count; count++) {
        row = option_table_row(table, count);
        bool of_map = row.type == SLUICE_TYPE_MAP && entry != NULL;
        names[count] = of_map ? arena_printf(arena, "%s%s", row.name, entry) : row.name;
    }
    for (size_t i = 0; i < also; i++)
        names[count++] = also_known[i];
    const char *nearest = nearest_name(names, setting->name);
    bool is_map = nearest != NULL && !is_in(also_known, nearest) && !options_find(table, nearest, &row);
    if (nearest != NULL)
        problems_error(problems, &setting->place, "[%s] %s: no such option, did you mean %s%s?", section, setting->name,
                       nearest, is_map ? ".<name>" : "");
    else
        problems_error(problems, &setting->place, "[%s] %s: no such option", section, setting->name);
    free(names);
}

void options_bind(const struct option_table *table, const struct section *section, const char *section_name,
                  const char *const *also_known, struct arena *arena, void *config, struct problems *problems)
{
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        bind_row(&row, section, section_name, arena, config, problems);
    }
    for (size_t i = 0; section != NULL && i < section->count; i++) {
        sluice_option row;
        if (!options_find(table, section->settings[i].name, &row) && !is_in(also_known, section->settings[i].name))
            tell_unknown(table, &section->settings[i], section_name, also_known, arena, problems);
    }
}

void options_markdown(const struct option_table *table, FILE *out)
{
    fprintf(out, "| option | type | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        bool map = row.type == SLUICE_TYPE_MAP;
        fprintf(out, "| `%s%s` | %s | ", row.name, map ? ".<name>" : "", option_type_name(row.type));
        if (row.flags & SLUICE_REQUIRED)
            fprintf(out, "required");
        else if (row.default_value != NULL)
            fprintf(out, "`%s`", row.default_value);
        fprintf(out, " | %s", row.doc);
        if (row.choices != NULL || (row.flags & (SLUICE_HAS_MIN | SLUICE_HAS_MAX))) {
            fprintf(out, " (");
            option_wanted(&row, out);
            fprintf(out, ")");
        }
        fprintf(out, "%s |\n", row.flags & SLUICE_SECRET ? " Secret: never shown." : "");
    }
}

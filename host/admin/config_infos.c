#include "admin/config_infos.h"

#include "base/alloc.h"
#include "plugin/masking.h"

#include <stdlib.h>
#include <string.h>

/* ---- Keys ----------------------------------------------------------------------------------------- */

/* org.apache.kafka.common.config.ConfigDef.Type, by how a value is written. */
static const char *type_of(const sluice_option *row)
{
    static const char *const types[] = {
        [SLUICE_TYPE_STRING] = "STRING",      [SLUICE_TYPE_INT] = "LONG",    [SLUICE_TYPE_DOUBLE] = "DOUBLE",
        [SLUICE_TYPE_BOOL] = "BOOLEAN",       [SLUICE_TYPE_ENUM] = "STRING", [SLUICE_TYPE_SIZE] = "STRING",
        [SLUICE_TYPE_DURATION_MS] = "STRING", [SLUICE_TYPE_LIST] = "LIST",   [SLUICE_TYPE_REGEX] = "STRING",
        [SLUICE_TYPE_MAP] = "STRING"};
    return row->flags & SLUICE_SECRET ? "PASSWORD" : types[row->type];
}

/* name: of the row, or an entry of its map. */
static json_t *key_json(const sluice_option *row, const char *name, const char *group, size_t order)
{
    bool required = (row->flags & SLUICE_REQUIRED) != 0;
    return json_pack("{s:s, s:s, s:b, s:s?, s:s, s:s, s:s, s:s, s:s, s:[], s:i}", "name", name, "type", type_of(row),
                     "required", required, "default_value", row->default_value, "importance",
                     required ? "HIGH" : "MEDIUM", "documentation", row->doc, "group", group, "width", "MEDIUM",
                     "display_name", name, "dependents", "order", (int)order + 1);
}

void config_infos_keys(const struct option_table *table, const char *group, json_t *keys)
{
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        char *name = alloc_printf("%s%s", row.name, row.type == SLUICE_TYPE_MAP ? ".<name>" : "");
        json_array_append_new(keys, key_json(&row, name, group, i));
        free(name);
    }
}

/* ---- Values --------------------------------------------------------------------------------------- */

struct found_errors {
    json_t *texts;
    bool of_key; /* those of a key alone, not those of the section as a whole */
};

static void take_problem(void *found_, enum problem_severity severity, const char *file, int line, const char *text)
{
    const struct found_errors *found = found_;
    const char *behind = strstr(text, "] "); /* the section's name */
    (void)severity, (void)file;
    if (line > 0 || !found->of_key)
        json_array_append_new(found->texts, json_string(behind != NULL ? behind + 2 : text));
}

/* What binding the table to this one setting (NULL: none) finds wrong. */
static json_t *errors_of(const struct option_table *table, const struct setting *setting, bool of_key)
{
    struct section section = {.name = "", .settings = (struct setting *)setting, .count = setting != NULL};
    struct found_errors found = {.texts = json_array(), .of_key = of_key};
    struct problems *problems = problems_new();
    struct arena arena = {.newest = NULL};
    size_t size = 1;
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        size_t end = row.offset + option_type_size(row.type);
        size = end > size ? end : size;
    }
    void *config = arena_zeroed(&arena, size);
    options_bind(table, &section, "", NULL, &arena, config, problems);
    problems_each(problems, take_problem, &found);
    problems_free(problems);
    arena_free(&arena);
    return found.texts;
}

static bool is_reference(const char *value)
{
    return strstr(value, "${env:") != NULL || strstr(value, "${file:") != NULL;
}

static struct setting setting_of(const char *name, const char *value)
{
    return (struct setting){.name = name,
                            .value = value,
                            .written = value,
                            .unresolved = is_reference(value),
                            .place = {.file = "the body", .line = 1}};
}

/* definition is taken over, NULL: null; errors too. */
static size_t append_info(json_t *infos, json_t *definition, const char *name, const char *value, json_t *errors)
{
    size_t count = json_array_size(errors);
    json_array_append_new(infos, json_pack("{s:o, s:{s:s, s:s?, s:[], s:o, s:b}}", "definition",
                                           definition != NULL ? definition : json_null(), "value", "name", name,
                                           "value", value, "recommended_values", "errors", errors, "visible", 1));
    return count;
}

/* name: of the row, or an entry of its map; value NULL: not given. */
static size_t append_value(const sluice_option *row, const char *name, const char *group, size_t order,
                           const char *value, json_t *infos)
{
    const struct option_table alone = {row, 1, sizeof *row};
    struct setting setting = setting_of(name, value != NULL ? value : "");
    json_t *errors = errors_of(&alone, value != NULL ? &setting : NULL, false);
    const char *shown = value != NULL ? value : row->default_value;
    if (value != NULL && row->flags & SLUICE_SECRET && !is_reference(value))
        shown = MASKED;
    return append_info(infos, key_json(row, name, group, order), name, shown, errors);
}

static size_t append_map(const sluice_option *row, const char *group, size_t order, const json_t *values, json_t *infos)
{
    const struct option_table alone = {row, 1, sizeof *row};
    size_t errors = 0, entries = 0;
    const char *name;
    json_t *value;
    sluice_option same;
    json_object_foreach((json_t *)values, name, value) if (options_find(&alone, name, &same))
    {
        errors += append_value(row, name, group, order, json_string_value(value), infos);
        entries++;
    }
    return entries > 0 ? errors : append_value(row, row->name, group, order, NULL, infos);
}

size_t config_infos_values(const struct option_table *table, const char *group, const json_t *values, json_t *infos)
{
    size_t errors = 0;
    for (size_t i = 0; i < table->count; i++) {
        sluice_option row = option_table_row(table, i);
        if (row.type == SLUICE_TYPE_MAP)
            errors += append_map(&row, group, i, values, infos);
        else
            errors +=
                append_value(&row, row.name, group, i, json_string_value(json_object_get(values, row.name)), infos);
    }
    return errors;
}

size_t config_infos_unknown(const struct option_table *table, const char *key, json_t *infos)
{
    struct setting setting = setting_of(key, "");
    return append_info(infos, NULL, key, MASKED, errors_of(table, &setting, true));
}

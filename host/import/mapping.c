#include "import/mapping.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_BATCH_RECORDS = 100000 }; /* of [pipeline] batch.max.records */

/* ---- Rows and entries ----------------------------------------------------------------------------- */

static bool row_fits(const struct mapping *row, const char *name)
{
    size_t size = strlen(row->key);
    return row->key[size - 1] == '.' ? strncmp(name, row->key, size) == 0 : strcmp(name, row->key) == 0;
}

static void apply_row(struct import *import, struct entries *entries, const char *prefix, const struct mapping *row,
                      const char *section)
{
    size_t prefix_size = strlen(prefix);
    struct mapped at = {.row = row, .entries = entries, .prefix = prefix, .section = section, .is_given = true};
    bool met = false;
    if (row->section != NULL)
        at.section = row->section;
    for (struct entry *entry = entries->first; entry != NULL; entry = entry->hh.next) {
        if (entry->mapped || strncmp(entry->name, prefix, prefix_size) != 0 ||
            !row_fits(row, entry->name + prefix_size))
            continue;
        entry->mapped = met = true;
        at.key = entry->name;
        at.value = entry->value;
        if (entry->unsaid != NULL)
            findings_add(&import->findings, FINDING_NONE, "%s: %s", entry->name, entry->unsaid);
        row->map(import, &at);
    }
    if (!met && (row->flags & MAPPING_ALWAYS)) {
        at.key = arena_printf(&import->arena, "%s%s", prefix, row->key);
        at.value = row->preset != NULL ? row->preset : "";
        at.is_given = false;
        row->map(import, &at);
    }
}

void mapping_apply(struct import *import, struct entries *entries, const char *prefix, const char *section,
                   const struct mapping_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        apply_row(import, entries, prefix, &table->rows[i], section);
}

const char *mapped_sibling(struct import *import, const struct mapped *at, const char *key)
{
    return entries_value(at->entries, arena_printf(&import->arena, "%s%s", at->prefix, key));
}

const char *import_value(struct import *import, const char *key)
{
    const char *value = entries_value(&import->connector, key);
    return value != NULL ? value : "";
}

const char *class_name(const char *value)
{
    const char *dot = strrchr(value, '.');
    return dot != NULL ? dot + 1 : value;
}

/* ---- What becomes of them ------------------------------------------------------------------------- */

void import_tell(struct import *import, const struct mapped *at, enum finding_kind kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = alloc_vprintf(fmt, args);
    va_end(args);
    bool is_shown = at->is_given && !(at->row->flags & MAPPING_SECRET);
    findings_add(&import->findings, kind, "%s%s%s%s: %s", at->key, is_shown ? " = " : "", is_shown ? at->value : "",
                 at->is_given ? "" : " (not given)", text);
    free(text);
}

/* Of what a secret key holds, this option is the secret part; a connection string is one if it has a user. */
static bool is_plain_secret(const struct mapped *at, const char *option, const char *value)
{
    bool is_secret = strcmp(option, "connection.uri") == 0 ? strchr(value, '@') != NULL
                                                           : strstr(option, "password") != NULL && value[0] != '\0';
    return (at->row->flags & MAPPING_SECRET) && is_secret && strstr(value, "${") == NULL;
}

void import_set(struct import *import, const struct mapped *at, const char *section, const char *option,
                const char *value)
{
    const char *comment = NULL;
    if (at->is_given && strcmp(at->row->key, option) != 0)
        comment = arena_printf(&import->arena, "from %s", at->key);
    const char *why = draft_set(&import->draft, section, option, value, comment);
    if (why != NULL)
        import_tell(import, at, FINDING_NONE, "[%s] %s: %s", section, option, why);
    else if (is_plain_secret(at, option, value))
        import_tell(import, at, FINDING_ADVICE,
                    "a secret in plain text: [%s] %s = ${file:PATH} keeps it out of the "
                    "configuration",
                    section, option);
}

static const char *option_of(const struct mapping *row)
{
    return row->option != NULL ? row->option : row->key;
}

void map_copy(struct import *import, const struct mapped *at)
{
    import_set(import, at, at->section, option_of(at->row), at->value);
    if (at->row->text != NULL)
        import_tell(import, at, FINDING_DIFFERS, "%s", at->row->text);
}

void map_required(struct import *import, const struct mapped *at)
{
    if (at->value[0] == '\0')
        import_tell(import, at, FINDING_UNSET, "[%s] %s", at->section, option_of(at->row));
    map_copy(import, at);
}

void map_if_true(struct import *import, const struct mapped *at)
{
    if (strcasecmp(at->value, "true") == 0)
        import_set(import, at, at->section, option_of(at->row), "true");
}

void map_none(struct import *import, const struct mapped *at)
{
    if (at->row->preset != NULL && strcasecmp(at->value, at->row->preset) == 0)
        return;
    import_tell(import, at, FINDING_NONE, "%s", at->row->text);
}

void map_drop(struct import *import, const struct mapped *at)
{
    import_tell(import, at, FINDING_DROPPED, "%s", at->row->text);
}

void map_part(struct import *import, const struct mapped *at)
{
    (void)import, (void)at;
}

void map_batch(struct import *import, const struct mapped *at)
{
    static const char option[] = "batch.max.records";
    const char *before = draft_value(&import->draft, "pipeline", option);
    long most = strtol(at->value, NULL, 10), most_before = before != NULL ? strtol(before, NULL, 10) : 0;
    if (most <= 0)
        import_tell(import, at, FINDING_DROPPED, "[pipeline] %s has a default", option);
    else if (before == NULL || most < most_before)
        import_set(import, at, "pipeline", option,
                   arena_printf(&import->arena, "%ld", most < MOST_BATCH_RECORDS ? most : MOST_BATCH_RECORDS));
}

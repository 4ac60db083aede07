/* config/options.h - typed options: one table mechanism for the host's sections and every plugin's.  A table row
 * (sluice_option, sluice/abi.h) gives parsing, ranges, unknown-key errors, `describe` and the READMEs' reference.
 * Neighbours: nearest.h, settings.h (the untyped values), pipeline_config.h (the host's own tables), plugin/chain.h. */
#ifndef SLUICE_CONFIG_OPTIONS_H
#define SLUICE_CONFIG_OPTIONS_H

#include "base/arena.h"
#include "config/settings.h"
#include "sluice/abi.h"

/* A table as its owner compiled it: rows may be longer or shorter than ours. */
struct option_table {
    const void *rows;
    size_t count;
    size_t stride;
};

/* Row i in our own layout, members unknown to its owner cleared. */
sluice_option option_table_row(const struct option_table *table, size_t i);

/* The name of a type as `describe` says it ("duration"), its member's size in bytes; NULL and 0 for no type. */
const char *option_type_name(sluice_type type);
size_t option_type_size(sluice_type type);

/* [main] Binds section (NULL: nothing was written) to config, a cleared struct that the offsets fit: defaults,
 * then settings.  Lists, maps and texts are in arena or belong to the settings.  Told as problems: unknown keys
 * with the nearest known name, wrong types, ranges, choices, missing required ones (at the section's place).
 * Names in also_known (may be NULL) are allowed and left alone, such as "plugin".
 * A secret's value is never in a problem's text. */
void options_bind(const struct option_table *table, const struct section *section, const char *section_name,
                  const char *const *also_known, struct arena *arena, void *config, struct problems *problems);

/* The row that a key of the file belongs to ("convert.data" to the map "convert"); false: none. */
bool options_find(const struct option_table *table, const char *key, sluice_option *row);

/* What a value of the row may be, in words: "a whole number, at least 1, at most 64". */
void option_wanted(const sluice_option *row, FILE *out);

/* The table as Markdown rows, for the references in the READMEs. */
void options_markdown(const struct option_table *table, FILE *out);

#endif

/* config/settings.h - the INI files of one run as sections of settings: read, merged (later files win key by
 * key), interpolated, each value with its place.  Untyped: options.h gives the types.
 * Neighbours: ini.h reads a file, interpolate.h resolves ${...}. */
#ifndef SLUICE_CONFIG_SETTINGS_H
#define SLUICE_CONFIG_SETTINGS_H

#include "config/problems.h"

#include <stdbool.h>

struct setting {
    const char *name;
    const char *value;   /* interpolated */
    const char *written; /* as in the file, before interpolation; safe to show unless the option is a secret */
    bool unresolved;     /* told already; its value is empty and means nothing */
    bool has_secret;     /* a ${file:} or ${env:} took part in value: shown as written, never resolved */
    struct place place;
};

struct section {
    const char *name; /* "pipeline", "transform.event" */
    struct place place;
    struct setting *settings; /* in the order of their first appearance */
    size_t count;
};

struct settings {
    struct section *sections;
    size_t count;
    struct settings_memory *memory; /* all texts: they live until settings_free() */
};

/* [main] Reads the files in order.  Whatever is wrong goes to problems; what could be read is there all the same,
 * so that later stages can find more. */
void settings_load(struct settings *settings, const char *const *files, size_t file_count, struct problems *problems);
void settings_free(struct settings *settings);

/* NULL when absent. */
const struct section *settings_section(const struct settings *settings, const char *name);
const struct setting *section_setting(const struct section *section, const char *name);

/* What a problem may show of a setting: text, its value or a part of it, but what is written where a reference took
 * part. setting NULL: text is nobody's secret, a default.  Whether the option itself is a secret is the caller's to
 * know. */
const char *setting_shown(const struct setting *setting, const char *text);

#endif

#include "config/settings.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "config/ini.h"
#include "config/interpolate.h"

#include <stdlib.h>
#include <string.h>

struct settings_memory {
    struct arena arena;
};

/* One file being merged. */
struct merging {
    struct settings *settings;
    struct problems *problems;
    const char *file;        /* this one's name, told apart by its address */
    struct section *section; /* the one being filled */
};

const struct section *settings_section(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->sections[i].name, name) == 0)
            return &settings->sections[i];
    return NULL;
}

const struct setting *section_setting(const struct section *section, const char *name)
{
    for (size_t i = 0; i < section->count; i++)
        if (strcmp(section->settings[i].name, name) == 0)
            return &section->settings[i];
    return NULL;
}

const char *setting_shown(const struct setting *setting, const char *text)
{
    return setting != NULL && setting->has_secret ? setting->written : text;
}

static void begin_section(void *merging_, const char *name, const struct place *place)
{
    struct merging *merging = merging_;
    struct settings *settings = merging->settings;
    struct section *section = (struct section *)settings_section(settings, name);
    if (section != NULL && section->place.file == merging->file) {
        problems_error(merging->problems, place, "section [%s] twice in one file, first in line %d", name,
                       section->place.line);
    } else if (section == NULL) {
        settings->sections = alloc_resized(settings->sections, settings->count + 1, sizeof *settings->sections);
        section = &settings->sections[settings->count++];
        *section = (struct section){.name = arena_text(&settings->memory->arena, name)};
    }
    section->place = *place;
    merging->section = section;
}

static void add_setting(void *merging_, const char *name, const char *value, const struct place *place)
{
    struct merging *merging = merging_;
    struct section *section = merging->section;
    struct arena *arena = &merging->settings->memory->arena;
    struct setting *setting = (struct setting *)section_setting(section, name);
    if (setting != NULL && setting->place.file == merging->file) {
        problems_error(merging->problems, place, "[%s] %s twice in one file, first in line %d", section->name, name,
                       setting->place.line);
        return;
    }
    if (setting == NULL) {
        section->settings = alloc_resized(section->settings, section->count + 1, sizeof *section->settings);
        setting = &section->settings[section->count++];
    }
    *setting = (struct setting){.name = arena_text(arena, name), .written = arena_text(arena, value), .place = *place};
}

static void interpolate_all(struct settings *settings, struct problems *problems)
{
    for (size_t i = 0; i < settings->count; i++)
        for (size_t j = 0; j < settings->sections[i].count; j++) {
            struct setting *setting = &settings->sections[i].settings[j];
            struct error error;
            if (interpolate(setting->written, &settings->memory->arena, &setting->value, &setting->has_secret,
                            &error) == 0)
                continue;
            problems_error(problems, &setting->place, "[%s] %s: %s", settings->sections[i].name, setting->name,
                           error.text);
            setting->value = "";
            setting->unresolved = true;
        }
}

void settings_load(struct settings *settings, const char *const *files, size_t file_count, struct problems *problems)
{
    *settings = (struct settings){.memory = alloc_zeroed(1, sizeof *settings->memory)};
    for (size_t i = 0; i < file_count; i++) {
        struct merging merging = {
            .settings = settings, .problems = problems, .file = arena_text(&settings->memory->arena, files[i])};
        const struct ini_events events = {.section = begin_section, .setting = add_setting, .opaque = &merging};
        ini_read(merging.file, &events, problems);
    }
    interpolate_all(settings, problems);
}

void settings_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        free(settings->sections[i].settings);
    free(settings->sections);
    if (settings->memory != NULL)
        arena_free(&settings->memory->arena);
    free(settings->memory);
    *settings = (struct settings){.sections = NULL};
}

#include "import/draft.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static struct draft_setting *find(const struct draft *draft, const char *section, const char *name)
{
    for (size_t i = 0; i < draft->count; i++)
        if (strcmp(draft->settings[i].section, section) == 0 && strcmp(draft->settings[i].name, name) == 0)
            return &draft->settings[i];
    return NULL;
}

/* Of a line in the INI: a line end would begin another one, and the blanks around a value are not the value's. */
static const char *refusal(const char *name, const char *value, const char *comment)
{
    static const char line_ends[] = "\r\n", blanks[] = " \t\v\f";
    size_t size = strlen(value);
    if (strpbrk(value, line_ends) != NULL)
        return "a value here is one line, and this one has several";
    if (strpbrk(name, line_ends) != NULL || (comment != NULL && strpbrk(comment, line_ends) != NULL))
        return "a name here is one line, and this one has several";
    if (size > 0 && (strchr(blanks, value[0]) != NULL || strchr(blanks, value[size - 1]) != NULL))
        return "a value here neither begins nor ends with a blank, and this one does";
    return NULL;
}

const char *draft_set(struct draft *draft, const char *section, const char *name, const char *value,
                      const char *comment)
{
    struct draft_setting *setting = find(draft, section, name);
    const char *why = refusal(name, value, comment);
    if (why != NULL)
        return why;
    if (setting == NULL) {
        draft->settings = alloc_resized(draft->settings, draft->count + 1, sizeof *draft->settings);
        setting = &draft->settings[draft->count++];
        *setting = (struct draft_setting){.section = section, .name = arena_text(&draft->arena, name)};
    }
    setting->value = arena_text(&draft->arena, value);
    setting->comment = comment != NULL ? arena_text(&draft->arena, comment) : NULL;
    return NULL;
}

const char *draft_value(const struct draft *draft, const char *section, const char *name)
{
    const struct draft_setting *setting = find(draft, section, name);
    return setting != NULL ? setting->value : NULL;
}

void draft_leave_out_repeated(struct draft *draft, const char *section, const char *base)
{
    size_t kept = 0;
    for (size_t i = 0; i < draft->count; i++) {
        const struct draft_setting *setting = &draft->settings[i];
        const char *before = strcmp(setting->section, section) == 0 ? draft_value(draft, base, setting->name) : NULL;
        if (before == NULL || strcmp(before, setting->value) != 0)
            draft->settings[kept++] = *setting;
    }
    draft->count = kept;
}

static void print_section(const struct draft *draft, const char *section, FILE *out)
{
    fprintf(out, "\n[%s]\n", section);
    for (size_t i = 0; i < draft->count; i++) {
        const struct draft_setting *setting = &draft->settings[i];
        if (strcmp(setting->section, section) != 0)
            continue;
        if (setting->comment != NULL)
            fprintf(out, "; %s\n", setting->comment);
        fprintf(out, "%s =%s%s\n", setting->name, setting->value[0] != '\0' ? " " : "", setting->value);
    }
}

void draft_print(const struct draft *draft, FILE *out)
{
    static const char *const sections[] = {"pipeline",       "kafka",           "kafka.consumer",
                                           "kafka.producer", "transform.event", "sink.mongodb"};
    fprintf(out, "; Made of a Kafka Connect configuration by `sluice import`.\n");
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        for (size_t j = 0; j < draft->count; j++)
            if (strcmp(draft->settings[j].section, sections[i]) == 0) {
                print_section(draft, sections[i], out);
                break;
            }
}

void draft_free(struct draft *draft)
{
    free(draft->settings);
    arena_free(&draft->arena);
    *draft = (struct draft){.settings = NULL};
}

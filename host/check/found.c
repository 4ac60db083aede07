#include "check/found.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct told {
    struct told *next;
    char text[];
};

const struct place *found_at(const struct check *check, const char *section_name, const char *key)
{
    const struct section *section = settings_section(check->settings, section_name);
    const struct setting *setting = section != NULL ? section_setting(section, key) : NULL;
    if (setting != NULL)
        return &setting->place;
    return section != NULL ? &section->place : NULL;
}

/* The text, until found_free(); NULL: it has been told. */
static const char *once(struct check *check, const char *fmt, va_list args)
{
    char text[2048];
    int size = vsnprintf(text, sizeof text, fmt, args);
    for (const struct told *told = check->told; told != NULL; told = told->next)
        if (strcmp(told->text, text) == 0)
            return NULL;
    struct told *told = alloc_zeroed(1, sizeof *told + (size_t)size + 1);
    strcpy(told->text, text);
    told->next = check->told;
    check->told = told;
    return told->text;
}

static void print(const struct check *check, const char *mark, const char *text)
{
    if (text == NULL || check->passed == NULL)
        return;
    fprintf(check->passed, "%-4s %s\n", mark, text);
    fflush(check->passed);
}

void found_fine(struct check *check, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(check, "ok", once(check, fmt, args));
    va_end(args);
}

void found_skipped(struct check *check, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print(check, "-", once(check, fmt, args));
    va_end(args);
}

void found_warning(struct check *check, const struct place *place, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = once(check, fmt, args);
    if (text != NULL)
        problems_warning(check->problems, place, "%s", text);
    va_end(args);
}

void found_error(struct check *check, const struct place *place, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const char *text = once(check, fmt, args);
    if (text != NULL)
        problems_error(check->problems, place, "%s", text);
    va_end(args);
}

void found_progress(const struct check *check, const char *what)
{
    if (check->progress != NULL)
        fprintf(check->progress, "asking %s ...\n", what);
}

void found_free(struct check *check)
{
    while (check->told != NULL) {
        struct told *next = check->told->next;
        free(check->told);
        check->told = next;
    }
}

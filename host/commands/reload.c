#include "commands/reload.h"

#include "ops/log.h"

#include <stdio.h>
#include <string.h>

static void tell_problem(void *unused, enum problem_severity severity, const char *file, int line, const char *text)
{
    (void)unused;
    log_write(severity == PROBLEM_ERROR ? SLUICE_LOG_ERROR : SLUICE_LOG_WARN, LOG_AREA("config"), "%s:%d: %s",
              file != NULL ? file : "configuration", line, text);
}

/* A key that one of the two has and the other has not, or not with this value. */
static size_t tell_differences(const struct settings *from, const struct settings *to, const char *what, bool values)
{
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++)
        for (size_t j = 0; j < from->sections[i].count; j++) {
            const struct setting *setting = &from->sections[i].settings[j];
            const struct section *section = settings_section(to, from->sections[i].name);
            const struct setting *other = section != NULL ? section_setting(section, setting->name) : NULL;
            if (values ? other == NULL || strcmp(other->value, setting->value) == 0 : other != NULL)
                continue;
            count++;
            log_info("config", "SIGHUP: a restart would %s [%s] %s (%s:%d)", what, from->sections[i].name,
                     setting->name, setting->place.file != NULL ? setting->place.file : "", setting->place.line);
        }
    return count;
}

void reload_tell(const struct file_list *files, const struct loaded *running)
{
    struct loaded next;
    load(&next, files, true);
    problems_each(next.problems, tell_problem, NULL);
    if (problems_errors(next.problems) > 0) {
        log_error("config",
                  "SIGHUP: the files have errors, with which Sluice would not start again; it runs on as it is");
    } else {
        size_t count = tell_differences(&next.settings, &running->settings, "change", true);
        count += tell_differences(&next.settings, &running->settings, "set", false);
        count += tell_differences(&running->settings, &next.settings, "unset", false);
        if (count == 0)
            log_info("config", "SIGHUP: the files say what is running");
    }
    load_free(&next);
}

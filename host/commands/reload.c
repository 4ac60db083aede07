#include "commands/reload.h"

#include "ops/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a process of its own: plugins may be other ones by now, and what they do while they are looked at is not to happen
 * here.  Each line it says is logged; the exit code is given, -1 when there is none. */
static int validate(const struct file_list *files)
{
    char *arguments[2 * LOAD_MOST_FILES + 3] = {"sluice", "validate"};
    int ends[2], status = -1;
    size_t count = 2;
    pid_t child;
    sigset_t none;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    for (size_t i = 0; i < files->count; i++) {
        arguments[count++] = "-c";
        arguments[count++] = (char *)files->files[i];
    }
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK); /* ours are blocked */
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    int failure = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t size; failure == 0 && said != NULL && (size = getline(&line, &capacity, said)) > 0;)
        log_warn("config", "SIGHUP: %.*s", (int)(size - (line[size - 1] == '\n')), line);
    free(line);
    if (said != NULL)
        fclose(said);
    if (failure == 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    return failure == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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
    struct settings next;
    struct problems *problems = problems_new(); /* validate() has told them */
    if (validate(files) != 0) {
        log_error("config",
                  "SIGHUP: the files have errors, with which Sluice would not start again; it runs on as it is");
    } else {
        settings_load(&next, files->files, files->count, problems);
        size_t count = tell_differences(&next, &running->settings, "change", true);
        count += tell_differences(&next, &running->settings, "set", false);
        count += tell_differences(&running->settings, &next, "unset", false);
        if (count == 0)
            log_info("config", "SIGHUP: the files say what is running");
        settings_free(&next);
    }
    problems_free(problems);
}

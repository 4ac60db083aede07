#include "commands/reload.h"

#include "base/clock.h"
#include "ops/log.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The service manager's watchdog is not fed meanwhile. */
enum { VALIDATE_TIMEOUT_MS = 10000, STEP_MS = 50 };

/* In a process of its own: plugins may be other ones by now, and what they do while they are looked at is not to happen
 * here.  said_fd: what it says; 0: it runs. */
static int start_validate(const struct file_list *files, pid_t *child, int *said_fd)
{
    char *arguments[2 * LOAD_MOST_FILES + 3] = {"sluice", "validate"};
    int ends[2];
    size_t count = 2;
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
    int failure = posix_spawn(child, "/proc/self/exe", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    *said_fd = ends[0];
    if (failure != 0)
        close(ends[0]);
    return failure;
}

/* Writes what it says to out until it has ended: a process that it has left behind may say more.  false: the time is
 * over. */
static bool hear_out(pid_t child, int said_fd, FILE *out, int *status)
{
    struct pollfd said = {.fd = said_fd, .events = POLLIN};
    int64_t until_ms = clock_now_ms() + VALIDATE_TIMEOUT_MS;
    bool ended = false, more = true;
    while ((more || !ended) && clock_now_ms() < until_ms) {
        char part[4096];
        ended = ended || waitpid(child, status, WNOHANG) == child;
        more = poll(&said, 1, ended ? 0 : STEP_MS) > 0;
        ssize_t size = more ? read(said_fd, part, sizeof part) : 0;
        if (size > 0)
            fwrite(part, 1, (size_t)size, out);
        else if (more)
            said.fd = -1; /* it has closed it */
    }
    return ended;
}

/* Each line it says is logged; the exit code is given, -1 when there is none. */
static int validate(const struct file_list *files)
{
    pid_t child;
    int said_fd, status = 0;
    char *said = NULL, *rest;
    size_t size;
    FILE *out = open_memstream(&said, &size);
    if (out == NULL || start_validate(files, &child, &said_fd) != 0) {
        if (out != NULL)
            fclose(out);
        free(said);
        return -1;
    }
    bool ended = hear_out(child, said_fd, out, &status);
    if (!ended) {
        log_error("config", "SIGHUP: validate has not ended after %d s, and is killed", VALIDATE_TIMEOUT_MS / 1000);
        kill(child, SIGKILL);
        poll(NULL, 0, STEP_MS);
        waitpid(child, &status, WNOHANG); /* one that hangs in the kernel may not even end then */
    }
    close(said_fd);
    fclose(out);
    for (char *line = strtok_r(said, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        log_warn("config", "SIGHUP: %s", line);
    free(said);
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
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
    int exit_code = validate(files);
    if (exit_code < 0) {
        log_error("config", "SIGHUP: whether the files are right could not be found out; it runs on as it is");
    } else if (exit_code != 0) {
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

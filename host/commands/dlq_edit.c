#include "commands/dlq_edit.h"

#include "base/alloc.h"
#include "base/read.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int dlq_edit_read_patch(struct dlq_edit *edit, const char *file, struct error *error)
{
    json_error_t why;
    FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    if (in == NULL)
        return error_set(error, "--patch: %s: %s", file, strerror(errno));
    edit->patch = json_loadf(in, JSON_REJECT_DUPLICATES, &why);
    if (in != stdin)
        fclose(in);
    if (edit->patch == NULL)
        return error_set(error, "--patch: %s:%d:%d: %s", file, why.line, why.column, why.text);
    if (json_is_object(edit->patch))
        return 0;
    return error_set(error, "--patch: %s: wanted a JSON object of what changes (RFC 7386)", file);
}

static void show(const struct dlq_edit *edit, const struct entry *entry, sluice_bytes before, sluice_bytes after)
{
    if (edit->quiet)
        return;
    fprintf(stderr, "%s  %s\n", dlq_letter(entry), dlq_origin(entry));
    patch_show(stderr, before, after);
}

int dlq_edit_patch(void *edit_, const struct entry *entry, struct arena *arena, sluice_bytes *value, struct error *why)
{
    const struct dlq_edit *edit = edit_;
    sluice_bytes before = *value;
    if (patch_apply(edit->patch, before, arena, value, why) != 0)
        return -1;
    show(edit, entry, before, *value);
    return 0;
}

/* ---- The editor ----------------------------------------------------------------------------------- */

static const char *editor(void)
{
    const char *const names[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < 2; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "vi";
}

/* Through the shell, so that EDITOR may hold options. */
static int run_editor(const char *path, struct error *why)
{
    char *command = alloc_printf("%s \"$1\"", editor());
    const struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
    struct sigaction interrupt, quit; /* meanwhile the terminal's signals are the editor's */
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        sigaction(SIGINT, &usual, NULL);
        sigaction(SIGQUIT, &usual, NULL);
        sigaction(SIGPIPE, &usual, NULL);
        execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
        _exit(127);
    }
    int failure = errno;
    free(command);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (child < 0)
        return error_set(why, "cannot start %s: %s", editor(), strerror(failure));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return error_set(why, "the editor (%s) ended with %d", editor(), WIFEXITED(status) ? WEXITSTATUS(status) : status);
}

/* JSON is laid out for people, and goes back compact; *layout: that happened. */
static int write_file(int fd, sluice_bytes value, bool *layout, struct error *why)
{
    FILE *out = fdopen(fd, "w");
    json_t *json = value.data != NULL ? json_loadb(value.data, value.size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    *layout = json != NULL;
    if (json != NULL) {
        json_dumpf(json, out, JSON_INDENT(2));
        putc('\n', out);
    } else if (value.size > 0) {
        fwrite(value.data, 1, value.size, out);
    }
    json_decref(json);
    return fclose(out) == 0 ? 0 : error_set(why, "cannot write the file to edit: %s", strerror(errno));
}

/* One line end more than before is the editor's own. */
static size_t without_line_end(const char *text, size_t size, sluice_bytes before)
{
    bool had_end = before.size > 0 && ((const char *)before.data)[before.size - 1] == '\n';
    return size > 0 && text[size - 1] == '\n' && !had_end ? size - 1 : size;
}

static int read_file(const char *path, bool layout, sluice_bytes before, struct arena *arena, sluice_bytes *value,
                     struct error *why)
{
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return error_set(why, "cannot read the edited file: %s", strerror(errno));
    size_t size;
    json_error_t syntax;
    char *text = read_all(in, &size);
    bool failed = ferror(in) != 0;
    fclose(in);
    size = without_line_end(text, size, before);
    json_t *json = layout ? json_loadb(text, size, JSON_REJECT_DUPLICATES, &syntax) : NULL;
    if (json != NULL) {
        free(text);
        text = json_dumps(json, JSON_COMPACT);
        size = strlen(text);
    }
    if (size > 0 || before.data != NULL) /* what was null and stays so is not empty */
        *value = (sluice_bytes){arena_copy(arena, text, size), size};
    json_decref(json);
    free(text);
    if (failed)
        return error_set(why, "cannot read the edited file");
    if (layout && json == NULL)
        return error_set(why, "it is no JSON any more: line %d, column %d: %s", syntax.line, syntax.column,
                         syntax.text);
    return 0;
}

int dlq_edit_in_editor(void *edit_, const struct entry *entry, struct arena *arena, sluice_bytes *value,
                       struct error *why)
{
    const struct dlq_edit *edit = edit_;
    const char *folder = getenv("TMPDIR");
    char *path = alloc_printf("%s/sluice-letter-XXXXXX.json", folder != NULL ? folder : "/tmp");
    sluice_bytes before = *value;
    bool layout = false;
    int fd = mkstemps(path, (int)strlen(".json"));
    int result =
        fd < 0 ? error_set(why, "cannot make %s: %s", path, strerror(errno)) : write_file(fd, before, &layout, why);
    if (result == 0)
        result = run_editor(path, why);
    if (result == 0)
        result = read_file(path, layout, before, arena, value, why);
    if (fd >= 0)
        unlink(path);
    free(path);
    if (result != 0)
        return -1;
    show(edit, entry, before, *value);
    if (!dlq_confirm(edit->work, "send letter %s", dlq_letter(entry)))
        return error_set(why, "not sent, as answered");
    return 0;
}

#include "config/interpolate.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each appends what it stands for to out. */
static int resolve_env(char *argument, FILE *out, struct error *error)
{
    char *preset = strstr(argument, ":-");
    if (preset != NULL) {
        *preset = '\0';
        preset += 2;
    }
    const char *value = getenv(argument);
    if (preset != NULL && (value == NULL || value[0] == '\0')) /* as the shell's ${NAME:-default} */
        value = preset;
    if (value == NULL)
        return error_set(error, "${env:%s}: the environment variable is not set", argument);
    fputs(value, out);
    return 0;
}

static int read_whole(const char *path, char **content, size_t *size, struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait for its writer */
    if (fd < 0)
        return error_set(error, "${file:%s}: %s", path, strerror(errno));
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return error_set(error, "${file:%s}: not a file", path);
    }
    FILE *file = fdopen(fd, "r");
    char *buffer = alloc_zeroed(INTERPOLATE_LARGEST_FILE_BYTES + 2, 1);
    *size = fread(buffer, 1, INTERPOLATE_LARGEST_FILE_BYTES + 1, file);
    int failure = ferror(file) ? error_set(error, "${file:%s}: %s", path, strerror(errno)) : 0;
    fclose(file);
    *content = buffer;
    return failure;
}

static int resolve_file(char *path, FILE *out, struct error *error)
{
    char *content = NULL;
    size_t size = 0;
    int failure = read_whole(path, &content, &size, error);
    if (failure == 0 && size > INTERPOLATE_LARGEST_FILE_BYTES)
        failure = error_set(error, "${file:%s}: larger than %d bytes", path, INTERPOLATE_LARGEST_FILE_BYTES);
    if (failure == 0 && memchr(content, '\0', size) != NULL)
        failure = error_set(error, "${file:%s}: holds a NUL byte", path);
    /* One line end, which an editor or `echo` left there; more of them are the author's. */
    if (failure == 0 && size > 0 && content[size - 1] == '\n') {
        size--;
        if (size > 0 && content[size - 1] == '\r')
            size--;
    }
    if (failure == 0 && size == 0)
        failure = error_set(error, "${file:%s}: the file is empty", path);
    if (failure == 0)
        fwrite(content, 1, size, out);
    free(content);
    return failure;
}

static const struct provider {
    const char *name;
    int (*resolve)(char *argument, FILE *out, struct error *error);
} providers[] = {{"env", resolve_env}, {"file", resolve_file}};

/* reference: what stands between ${ and }, with a colon. */
static int resolve(char *reference, FILE *out, struct error *error)
{
    char *argument = strchr(reference, ':');
    *argument++ = '\0';
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (strcmp(providers[i].name, reference) == 0)
            return providers[i].resolve(argument, out, error);
    return error_set(error, "${%s:...}: unknown provider '%s', wanted env or file", reference, reference);
}

static int expand(const char *written, FILE *out, bool *resolved, struct error *error)
{
    while (*written != '\0') {
        if (strncmp(written, "$${", 3) == 0) {
            fputs("${", out);
            written += 3;
            continue;
        }
        if (strncmp(written, "${", 2) != 0) {
            fputc(*written++, out);
            continue;
        }
        const char *end = strchr(written, '}');
        if (end == NULL)
            return error_set(error, "'${' without its '}'; write $${ for a literal one");
        char *reference = alloc_copy(written + 2, (size_t)(end - written) - 2);
        int failure = 0;
        if (strstr(reference, "${") != NULL) {
            failure = error_set(error, "a '${' inside of another: references do not nest");
        } else if (strchr(reference, ':') == NULL) {
            fprintf(out, "${%s}", reference);
        } else {
            *resolved = true;
            failure = resolve(reference, out, error);
        }
        free(reference);
        if (failure != 0)
            return failure;
        written = end + 1;
    }
    return 0;
}

int interpolate(const char *written, struct arena *arena, const char **value, bool *resolved, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    *resolved = false;
    FILE *out = open_memstream(&text, &size);
    int failure = expand(written, out, resolved, error);
    fclose(out);
    *value = failure == 0 ? arena_copy(arena, text, size) : NULL;
    free(text);
    return failure;
}

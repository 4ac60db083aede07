/* plugins/file/file.c - the sink `file`: each record as one line of JSON (NDJSON) in a file or on standard output.  The
 * smallest useful sink, and the one to read first: options, open, put, close, a descriptor, nothing else.
 * Neighbour: envelope.c, which makes the line. */
#include "envelope.h"
#include "sluice/sluice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_config {
    const char *path;
};

static const sluice_option options[] = {
    SLUICE_STRING_OPTION(struct file_config, path, "path", NULL,
                         "The file that lines are appended to, `-` for standard output. Made when it is not there.",
                         .flags = SLUICE_REQUIRED),
};

enum { METRIC_LINES, METRIC_WRITTEN };
static const sluice_metric metrics[] = {
    [METRIC_LINES] = {"lines", SLUICE_COUNTER, NULL, "Lines written and synced."},
    [METRIC_WRITTEN] = {"written", SLUICE_COUNTER, "bytes", "Bytes written and synced."},
};

/* One instance: a descriptor of its own, so that tasks need no lock (O_APPEND keeps their writes apart). */
struct file {
    const sluice_context *context;
    int fd;
    bool regular; /* can be synced */
};

static sluice_verdict file_open(const sluice_context *context, const void *config_, sluice_report *report, void **self)
{
    const struct file_config *config = config_;
    bool to_stdout = strcmp(config->path, "-") == 0;
    int fd = to_stdout ? dup(STDOUT_FILENO) : open(config->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        sluice_api->report_call(report, "file.open", "%s: %s", config->path, strerror(errno));
        return SLUICE_FATAL;
    }
    struct file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        close(fd);
        sluice_api->report_call(report, "file.memory", "no memory for %zu bytes", sizeof *file);
        return SLUICE_RETRY;
    }
    *file = (struct file){.context = context, .fd = fd, .regular = !to_stdout};
    *self = file;
    return SLUICE_OK;
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        size -= (size_t)written;
    }
    return true;
}

/* A pipe or a terminal has nothing to sync. */
static bool sync_file(const struct file *file)
{
    return !file->regular || fdatasync(file->fd) == 0 || errno == EINVAL || errno == EROFS;
}

static sluice_verdict file_put(void *self, const sluice_batch *batch, sluice_report *report)
{
    struct file *file = self;
    size_t count = sluice_api->batch_count(batch), size = 0, lines = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        sluice_api->report_call(report, "file.memory", "no memory for a batch of %zu records", count);
        return SLUICE_RETRY;
    }
    for (size_t i = 0; i < count; i++) {
        if (envelope_write(sluice_api->batch_record(batch, i), out))
            lines++;
        else
            sluice_api->report_record(report, i, SLUICE_REJECT, "file.value", "the value is not what its format says");
    }
    fclose(out);
    /* One write and one sync for the batch; only then are its records safe. */
    bool safe = write_all(file->fd, text, size) && sync_file(file);
    int failure = errno;
    free(text);
    if (!safe) {
        sluice_api->report_call(report, "file.write", "%s", strerror(failure));
        return SLUICE_RETRY;
    }
    sluice_api->metric_add(file->context, METRIC_LINES, (double)lines);
    sluice_api->metric_add(file->context, METRIC_WRITTEN, (double)size);
    return SLUICE_OK;
}

static void file_close(void *self)
{
    struct file *file = self;
    close(file->fd);
    free(file);
}

static const sluice_sink_ops sink = {.size = sizeof sink, .open = file_open, .put = file_put, .close = file_close};

SLUICE_PLUGIN(.name = "file", .version = SLUICE_VERSION,
              .summary = "Writes each record as a line of JSON to a file or standard output.",
              .accepts = SLUICE_BYTES | SLUICE_JSON | SLUICE_BSON, .sink = &sink,
              .config_size = sizeof(struct file_config), .options = options, .option_count = SLUICE_LENGTH(options),
              .metrics = metrics, .metric_count = SLUICE_LENGTH(metrics));

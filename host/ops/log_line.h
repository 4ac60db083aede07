/* ops/log_line.h - what a line of the log looks like, whatever is in it: a line of text holds no control character, a
 * line of JSON is one valid object.  Neighbours: log.h, which writes it; base/show.h. */
#ifndef SLUICE_OPS_LOG_LINE_H
#define SLUICE_OPS_LOG_LINE_H

#include "base/plain.h"
#include "ops/log.h"

struct log_line {
    int64_t wall_ms;
    const char *level;
    const char *pipeline; /* NULL: none */
    const struct log_about *about;
    const char *message;
    uint64_t repeats; /* how many more like it were left out; 0: it stands for itself */
};

/* [any] With its line feed; the caller frees it. */
char *log_line(enum log_style style, const struct log_line *line, size_t *size);
/* The same for a signal handler, without coordinates: async-signal-safe. */
void log_line_plain(enum log_style style, const struct log_line *line, struct plain *out);

#endif

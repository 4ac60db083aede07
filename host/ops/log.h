/* ops/log.h - structured logs on standard error: text for a terminal, one JSON object a line for collectors.
 * Every line: time (ISO 8601 UTC), level, area, then what applies of pipeline, task, plugin, coordinates, then the
 * message.  No payloads, no secrets.
 * Neighbour: plugin/host_api.c, which gives plugins the same voice. */
#ifndef SLUICE_OPS_LOG_H
#define SLUICE_OPS_LOG_H

#include "sluice/abi.h"

enum log_style { LOG_STYLE_TEXT, LOG_STYLE_JSON }; /* the order of log.format's choices */

/* What a line is about.  Members left NULL or with has_* unset are not written. */
struct log_about {
    const char *area; /* "consumer", "task", "plugin", "dead-letter", "http", "librdkafka", "libmongoc" */
    const char *plugin;
    const char *topic;
    int32_t task; /* -1: none */
    int32_t partition;
    int64_t offset; /* -1: none; partition and offset mean something only with a topic */
};

/* [main] Before threads start.  pipeline is copied. */
void log_setup(enum log_style style, sluice_level level, const char *pipeline);

/* [any] One whole line a call, whatever the threads. */
bool log_wanted(sluice_level level);
void log_write(sluice_level level, const struct log_about *about, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_AREA(name)                           \
    &(const struct log_about)                    \
    {                                            \
        .area = (name), .task = -1, .offset = -1 \
    }
#define log_error(area, ...) log_write(SLUICE_LOG_ERROR, LOG_AREA(area), __VA_ARGS__)
#define log_warn(area, ...) log_write(SLUICE_LOG_WARN, LOG_AREA(area), __VA_ARGS__)
#define log_info(area, ...) log_write(SLUICE_LOG_INFO, LOG_AREA(area), __VA_ARGS__)
#define log_debug(area, ...) log_write(SLUICE_LOG_DEBUG, LOG_AREA(area), __VA_ARGS__)

#endif

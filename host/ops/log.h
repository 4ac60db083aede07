/* ops/log.h - structured logs on standard error: text for a terminal, one JSON object a line for collectors.
 * Every line: time (ISO 8601 UTC), level, area, then what applies of pipeline, task, plugin, coordinates, then the
 * message, with secrets masked.  No payloads.  Each area has a level of its own, which may be changed at run time.  A
 * line above debug that comes more than 5 times in 10 s is counted instead, and told with its count when they are over.
 * Neighbours: log_line.h (what a line looks like), log_repeats.h (what is counted), redact.h; plugin/host_api.c, which
 * gives plugins the same voice. */
#ifndef SLUICE_OPS_LOG_H
#define SLUICE_OPS_LOG_H

#include "sluice/abi.h"

enum log_style { LOG_STYLE_TEXT, LOG_STYLE_JSON }; /* the order of log.format's choices */

/* What a line is about.  Members left NULL are not written. */
struct log_about {
    const char *area; /* one of log_area_name() */
    const char *plugin;
    const char *topic;
    const char *repeats; /* what lines have in common that are repeats of each other; NULL: their text */
    int32_t task;        /* -1: none */
    int32_t partition;
    int64_t offset; /* -1: none; partition and offset mean something only with a topic */
    bool every;     /* each line counts: it is written however often it comes */
};

/* [main] Before threads start.  level is that of every area; pipeline is copied. */
void log_setup(enum log_style style, sluice_level level, const char *pipeline);
/* [main] Likewise, for one area: -1 when there is none of that name. */
int log_setup_area(const char *area, sluice_level level);

/* [any] The areas, in the order of their table: "pipeline", "consumer", "librdkafka", ... */
size_t log_area_count(void);
const char *log_area_name(size_t i);
sluice_level log_area_level(size_t i);
int64_t log_area_changed_ms(size_t i); /* wall clock of the last log_set_level(); 0: never */

/* [any] At run time.  area NULL or "root": all of them; -1: no such area. */
int log_set_level(const char *area, sluice_level level);

/* [any] "ERROR", "WARN", "INFO", "DEBUG" and back, in any case; also Log4j's TRACE (debug), FATAL and OFF (error).
 * -1: no level. */
const char *log_level_name(sluice_level level);
int log_level_parse(const char *text, sluice_level *level);

/* [any] One whole line a call, whatever the threads. */
bool log_wanted(const char *area, sluice_level level);
void log_write(sluice_level level, const struct log_about *about, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a signal handler: async-signal-safe.  message is masked in place. */
void log_write_plain(sluice_level level, const struct log_about *about, char *message);

/* [any] Tells repeats whose 10 s are over, all: every one, at the end of the process.  Each line written does so too.
 */
void log_flush(bool all);

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

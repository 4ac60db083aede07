#include "ops/log.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {
    [SLUICE_LOG_ERROR] = "ERROR", [SLUICE_LOG_WARN] = "WARN", [SLUICE_LOG_INFO] = "INFO", [SLUICE_LOG_DEBUG] = "DEBUG"};

/* Written before any thread starts, but for the level. */
static enum log_style style;
static char *pipeline_name;
static _Atomic sluice_level wanted_level = SLUICE_LOG_INFO;

void log_setup(enum log_style style_, sluice_level level, const char *pipeline)
{
    style = style_;
    free(pipeline_name);
    pipeline_name = pipeline != NULL ? alloc_text(pipeline) : NULL;
    atomic_store(&wanted_level, level);
}

bool log_wanted(sluice_level level)
{
    return level <= atomic_load(&wanted_level);
}

/* One line of text may hold anything: control characters and broken UTF-8 must not reach a terminal. */
static char *printable(const char *text)
{
    char *copy = alloc_text(text);
    for (char *c = copy; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return copy;
}

static void write_text(FILE *out, const char *time, sluice_level level, const struct log_about *about,
                       const char *message)
{
    fprintf(out, "%s %-5s %s", time, level_names[level], about->area);
    if (about->task >= 0)
        fprintf(out, " task=%d", (int)about->task);
    if (about->plugin != NULL)
        fprintf(out, " plugin=%s", about->plugin);
    if (about->topic != NULL)
        fprintf(out, " %s[%d]", about->topic, (int)about->partition);
    if (about->topic != NULL && about->offset >= 0)
        fprintf(out, "@%lld", (long long)about->offset);
    char *text = printable(message);
    fprintf(out, ": %s\n", text);
    free(text);
}

static void set(json_t *line, const char *name, json_t *value)
{
    json_object_set_new(line, name, value);
}

/* jansson takes valid UTF-8 only; other bytes are shown as U+FFFD. */
static json_t *json_text(const char *text)
{
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    size_t size = strlen(text);
    char *replaced = alloc_zeroed(size * 3 + 1, 1), *to = replaced;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] < 0x80)
            *to++ = text[i];
        else
            to = stpcpy(to, "\xef\xbf\xbd");
    }
    json = json_string(replaced);
    free(replaced);
    return json;
}

static void write_json(FILE *out, const char *time, sluice_level level, const struct log_about *about,
                       const char *message)
{
    json_t *line = json_object();
    set(line, "time", json_string(time));
    set(line, "level", json_string(level_names[level]));
    set(line, "area", json_text(about->area));
    if (pipeline_name != NULL)
        set(line, "pipeline", json_text(pipeline_name));
    if (about->task >= 0)
        set(line, "task", json_integer(about->task));
    if (about->plugin != NULL)
        set(line, "plugin", json_text(about->plugin));
    if (about->topic != NULL) {
        set(line, "topic", json_text(about->topic));
        set(line, "partition", json_integer(about->partition));
    }
    if (about->topic != NULL && about->offset >= 0)
        set(line, "offset", json_integer(about->offset));
    set(line, "message", json_text(message));
    char *text = json_dumps(line, JSON_COMPACT);
    fprintf(out, "%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(line);
}

void log_write(sluice_level level, const struct log_about *about, const char *fmt, ...)
{
    static void (*const writers[])(FILE *, const char *, sluice_level, const struct log_about *,
                                   const char *) = {[LOG_STYLE_TEXT] = write_text, [LOG_STYLE_JSON] = write_json};
    if (level < SLUICE_LOG_ERROR || level > SLUICE_LOG_DEBUG || !log_wanted(level))
        return;
    char time[CLOCK_ISO8601_SIZE], *message = NULL, *line = NULL;
    size_t size = 0;
    va_list args;
    va_start(args, fmt);
    int formatted = vasprintf(&message, fmt, args);
    va_end(args);
    FILE *out = formatted >= 0 ? open_memstream(&line, &size) : NULL;
    if (out != NULL) {
        clock_format(clock_wall_ms(), time);
        writers[style](out, time, level, about, message);
        fclose(out);
        ssize_t written = write(STDERR_FILENO, line, size); /* one call a line, so that lines never mix */
        (void)written;
    }
    free(line);
    if (formatted >= 0)
        free(message);
}

#include "ops/log_line.h"

#include "base/clock.h"
#include "base/show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_text(FILE *out, const struct log_line *line)
{
    const struct log_about *about = line->about;
    char time[CLOCK_ISO8601_SIZE];
    clock_format(line->wall_ms, time);
    fprintf(out, "%s %-5s %s", time, line->level, about->area);
    if (about->task >= 0)
        fprintf(out, " task=%d", (int)about->task);
    if (about->plugin != NULL) {
        fputs(" plugin=", out);
        show_text(out, about->plugin);
    }
    if (about->topic != NULL) {
        putc(' ', out);
        show_text(out, about->topic);
        fprintf(out, "[%d]", (int)about->partition);
    }
    if (about->topic != NULL && about->offset >= 0)
        fprintf(out, "@%lld", (long long)about->offset);
    fputs(": ", out);
    show_text(out, line->message);
    putc('\n', out);
}

static void set(json_t *json, const char *name, json_t *value)
{
    json_object_set_new(json, name, value);
}

/* JSON has its own escapes for what is below 0x80. */
static json_t *json_text(const char *text)
{
    char *shown = NULL;
    size_t shown_size;
    FILE *out = open_memstream(&shown, &shown_size);
    if (out == NULL)
        abort();
    for (size_t at = 0, size = strlen(text); at < size;) {
        char character[SHOW_SIZE];
        if ((unsigned char)text[at] < 0x80) {
            putc(text[at++], out);
            continue;
        }
        at += show_character(text + at, size - at, character, NULL);
        fputs(character, out);
    }
    fclose(out);
    json_t *json = json_string(shown);
    free(shown);
    return json;
}

static void write_json(FILE *out, const struct log_line *line)
{
    const struct log_about *about = line->about;
    char time[CLOCK_ISO8601_SIZE];
    clock_format(line->wall_ms, time);
    json_t *json = json_object();
    set(json, "time", json_string(time));
    set(json, "level", json_string(line->level));
    set(json, "area", json_string(about->area));
    if (line->pipeline != NULL)
        set(json, "pipeline", json_text(line->pipeline));
    if (about->task >= 0)
        set(json, "task", json_integer(about->task));
    if (about->plugin != NULL)
        set(json, "plugin", json_text(about->plugin));
    if (about->topic != NULL) {
        set(json, "topic", json_text(about->topic));
        set(json, "partition", json_integer(about->partition));
    }
    if (about->topic != NULL && about->offset >= 0)
        set(json, "offset", json_integer(about->offset));
    if (line->repeats > 0)
        set(json, "repeats", json_integer((json_int_t)line->repeats));
    set(json, "message", json_text(line->message));
    json_dumpf(json, out, JSON_COMPACT);
    putc('\n', out);
    json_decref(json);
}

char *log_line(enum log_style style, const struct log_line *line, size_t *size)
{
    static void (*const writers[])(FILE *, const struct log_line *) = {
        [LOG_STYLE_TEXT] = write_text, [LOG_STYLE_JSON] = write_json};
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        abort();
    writers[style](out, line);
    fclose(out);
    return text;
}

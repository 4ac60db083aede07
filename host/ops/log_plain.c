/* ops/log_plain.c - log_line_plain() of log_line.h: a line made of nothing that a signal handler may not use. */
#include "base/clock.h"
#include "ops/log_line.h"

static void add_text(struct plain *out, const char *time, const struct log_line *line)
{
    const struct log_about *about = line->about;
    plain_add(out, time);
    plain_add(out, " ");
    plain_add(out, line->level);
    plain_add(out, " ");
    plain_add(out, about->area);
    if (about->task >= 0) {
        plain_add(out, " task=");
        plain_add_number(out, about->task);
    }
    if (about->plugin != NULL) {
        plain_add(out, " plugin=");
        plain_add_shown(out, about->plugin);
    }
    plain_add(out, ": ");
    plain_add_shown(out, line->message);
    plain_add(out, "\n");
}

static void add_member(struct plain *out, const char *name, const char *value)
{
    plain_add(out, name);
    plain_add_shown(out, value);
    plain_add(out, "\"");
}

static void add_json(struct plain *out, const char *time, const struct log_line *line)
{
    const struct log_about *about = line->about;
    add_member(out, "{\"time\":\"", time);
    add_member(out, ",\"level\":\"", line->level);
    add_member(out, ",\"area\":\"", about->area);
    if (line->pipeline != NULL)
        add_member(out, ",\"pipeline\":\"", line->pipeline);
    if (about->task >= 0) {
        plain_add(out, ",\"task\":");
        plain_add_number(out, about->task);
    }
    if (about->plugin != NULL)
        add_member(out, ",\"plugin\":\"", about->plugin);
    add_member(out, ",\"message\":\"", line->message);
    plain_add(out, "}\n");
}

void log_line_plain(enum log_style style, const struct log_line *line, struct plain *out)
{
    static void (*const adders[])(struct plain *, const char *,
                                  const struct log_line *) = {[LOG_STYLE_TEXT] = add_text, [LOG_STYLE_JSON] = add_json};
    char time[CLOCK_ISO8601_SIZE];
    clock_format(line->wall_ms, time);
    adders[style](out, time, line);
}

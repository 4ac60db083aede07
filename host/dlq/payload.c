#include "dlq/payload.h"

#include "base/alloc.h"
#include "dlq/media.h"
#include "dlq/text.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <uniwidth.h>

enum { FOLD_FROM = 120, FOLD_SHOWN = 48, MOST_TEXT = 4096, MOST_HEX = 512, HEX_LINE = 16, BEFORE = 60, AFTER = 40 };

/* ---- JSON ----------------------------------------------------------------------------------------- */

/* A long string's place in the picture. */
static json_t *fold(const json_t *string)
{
    const char *text = json_string_value(string);
    size_t size = json_string_length(string);
    const struct media *media;
    char *folded = media_is_hex(text, size, &media)
                       ? alloc_printf("<%zu hex digits: %zu bytes%s%s: %.16s…>", size, size / 2,
                                      media != NULL ? " of " : "", media != NULL ? media->name : "", text)
                       : NULL;
    if (folded == NULL) {
        size_t shown = FOLD_SHOWN; /* not within a character */
        while (shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--;
        folded = alloc_printf("<%zu bytes: %.*s…>", size, (int)shown, text);
    }
    json_t *json = json_string(folded);
    free(folded);
    return json;
}

/* A copy with what is long folded. */
static json_t *folded(const json_t *json)
{
    const char *name;
    const json_t *value;
    size_t i;
    json_t *copy;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        copy = json_object();
        json_object_foreach((json_t *)json, name, value) json_object_set_new(copy, name, folded(value));
        return copy;
    case JSON_ARRAY:
        copy = json_array();
        json_array_foreach((json_t *)json, i, value) json_array_append_new(copy, folded(value));
        return copy;
    case JSON_STRING: return json_string_length(json) >= FOLD_FROM ? fold(json) : json_copy((json_t *)json);
    default: return json_copy((json_t *)json);
    }
}

/* The field a reason begins with: "updated_at: got …", "id is missing"; its length, 0 where it names none. */
static size_t field_of(const char *reason)
{
    size_t size = reason != NULL ? strcspn(reason, ": ") : 0;
    return size > 0 && reason[size] == ':' ? size : 0;
}

static void write_json(FILE *out, const json_t *json, const char *reason)
{
    json_t *copy = folded(json);
    char *text = json_dumps(copy, JSON_INDENT(2) | JSON_ENCODE_ANY), *rest = NULL;
    char *marked = alloc_printf("  \"%.*s\": ", (int)field_of(reason), reason != NULL ? reason : "");
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        bool is_marked = field_of(reason) > 0 && strncmp(line, marked, strlen(marked)) == 0;
        fputs(is_marked ? "> " : "  ", out);
        text_write(out, line, strlen(line), false);
        putc('\n', out);
    }
    free(marked);
    free(text);
    json_decref(copy);
}

/* ---- Text and bytes ------------------------------------------------------------------------------- */

static void write_hex(FILE *out, const unsigned char *data, size_t size)
{
    size_t shown = size < MOST_HEX ? size : MOST_HEX;
    for (size_t at = 0; at < shown; at += HEX_LINE) {
        size_t count = shown - at < HEX_LINE ? shown - at : HEX_LINE;
        fprintf(out, "  %08zx ", at);
        for (size_t i = 0; i < HEX_LINE; i++)
            i < count ? fprintf(out, " %02x", data[at + i]) : fputs("   ", out);
        fputs("  ", out);
        for (size_t i = 0; i < count; i++)
            putc(isascii(data[at + i]) && isprint(data[at + i]) ? data[at + i] : '.', out);
        putc('\n', out);
    }
    if (shown < size)
        fprintf(out, "  … %zu bytes more\n", size - shown);
}

static void write_text(FILE *out, const char *data, size_t size)
{
    size_t shown = size < MOST_TEXT ? size : MOST_TEXT;
    while (shown < size && shown > 0 && ((unsigned char)data[shown] & 0xc0) == 0x80)
        shown--;
    for (size_t at = 0; at < shown;) {
        const char *end = memchr(data + at, '\n', shown - at);
        size_t length = end != NULL ? (size_t)(end - data) - at : shown - at;
        fputs("  ", out);
        text_write(out, data + at, length, false);
        putc('\n', out);
        at += length + 1;
    }
    if (shown < size)
        fprintf(out, "  … %zu bytes more\n", size - shown);
}

/* ---- The reason's position ------------------------------------------------------------------------ */

static bool position_of(const char *reason, size_t size, size_t *position)
{
    for (const char *at = reason; at != NULL && (at = strstr(at, "byte ")) != NULL; at += strlen("byte ")) {
        char *end;
        unsigned long long number = strtoull(at + strlen("byte "), &end, 10);
        if (end != at + strlen("byte ") && number <= size) {
            *position = (size_t)number;
            return true;
        }
    }
    return false;
}

/* The line of the position, cut to what is around it, and a caret below. */
static void write_position(FILE *out, const char *data, size_t size, size_t position)
{
    size_t from = position > BEFORE ? position - BEFORE : 0, to = size - position > AFTER ? position + AFTER : size;
    for (size_t at = from; at < position; at++)
        from = data[at] == '\n' ? at + 1 : from;
    const char *end = memchr(data + position, '\n', to - position);
    to = end != NULL ? (size_t)(end - data) : to;
    while (from < position && ((unsigned char)data[from] & 0xc0) == 0x80)
        from++;
    char *before = text_visible(data + from, position - from);
    fprintf(out, "  at byte %zu:\n  %s", position, before);
    text_write(out, data + position, to - position, false);
    fprintf(out, "\n  %*s^\n", u8_strwidth((const uint8_t *)before, "UTF-8"), "");
    free(before);
}

void payload_write(FILE *out, const void *data, size_t size, const char *reason)
{
    size_t position;
    if (data == NULL || size == 0) {
        fputs(data == NULL ? "  (null)\n" : "  (empty)\n", out);
        return;
    }
    json_t *json = json_loadb(data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    bool is_text = text_is_utf8(data, size) && memchr(data, '\0', size) == NULL;
    if (json != NULL)
        write_json(out, json, reason);
    else if (is_text)
        write_text(out, data, size);
    else
        write_hex(out, data, size);
    if (json == NULL && position_of(reason, size, &position))
        write_position(out, data, size, position);
    json_decref(json);
}

#include "import/properties.h"

#include "base/alloc.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const char *at, *end;
    int line;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static void skip_blanks(struct reading *reading)
{
    while (reading->at < reading->end && is_blank(*reading->at))
        reading->at++;
}

static void skip_line_end(struct reading *reading)
{
    if (reading->at == reading->end)
        return;
    if (*reading->at++ == '\r' && reading->at < reading->end && *reading->at == '\n')
        reading->at++;
    reading->line++;
}

/* Comments, empty lines and what stands before a name; false at the end. */
static bool skip_to_name(struct reading *reading)
{
    for (;;) {
        skip_blanks(reading);
        if (reading->at == reading->end)
            return false;
        if (*reading->at == '#' || *reading->at == '!')
            while (reading->at < reading->end && !is_line_end(*reading->at))
                reading->at++;
        else if (!is_line_end(*reading->at))
            return true;
        skip_line_end(reading);
    }
}

static void put_utf8(FILE *out, unsigned point)
{
    if (point < 0x80) {
        fputc((int)point, out);
    } else if (point < 0x800) {
        fputc((int)(0xc0 | point >> 6), out);
        fputc((int)(0x80 | (point & 0x3f)), out);
    } else if (point < 0x10000) {
        fputc((int)(0xe0 | point >> 12), out);
        fputc((int)(0x80 | (point >> 6 & 0x3f)), out);
        fputc((int)(0x80 | (point & 0x3f)), out);
    } else {
        fputc((int)(0xf0 | point >> 18), out);
        fputc((int)(0x80 | (point >> 12 & 0x3f)), out);
        fputc((int)(0x80 | (point >> 6 & 0x3f)), out);
        fputc((int)(0x80 | (point & 0x3f)), out);
    }
}

/* The four digits behind a \u, which are passed. */
static int read_unit(struct reading *reading, unsigned *unit, struct error *error)
{
    char digits[5] = {0}, *end = digits;
    size_t left = (size_t)(reading->end - reading->at);
    memcpy(digits, reading->at, left < 4 ? left : 4);
    if (strspn(digits, "0123456789abcdefABCDEF") == 4)
        *unit = (unsigned)strtoul(digits, &end, 16);
    if (end != digits + 4)
        return error_set(error, "line %d: \\u wants four hexadecimal digits", reading->line);
    reading->at += 4;
    return 0;
}

static int read_point(struct reading *reading, FILE *out, struct error *error)
{
    unsigned high, low = 0;
    if (read_unit(reading, &high, error) != 0)
        return -1;
    if (high >= 0xd800 && high < 0xdc00 && reading->end - reading->at >= 6 && strncmp(reading->at, "\\u", 2) == 0) {
        reading->at += 2;
        if (read_unit(reading, &low, error) != 0)
            return -1;
    }
    bool is_pair = low >= 0xdc00 && low < 0xe000;
    if (high == 0 || (high >= 0xd800 && high < 0xe000 && !is_pair))
        return error_set(error, "line %d: \\u%04x is no character", reading->line, high);
    put_utf8(out, is_pair ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : high);
    return 0;
}

/* What stands behind a backslash: a line end is skipped with the blanks that begin the next line. */
static int read_escape(struct reading *reading, FILE *out, struct error *error)
{
    static const char letters[] = "tnrf", meant[] = "\t\n\r\f";
    if (reading->at == reading->end)
        return 0;
    if (is_line_end(*reading->at)) {
        skip_line_end(reading);
        skip_blanks(reading);
        return 0;
    }
    char c = *reading->at++;
    const char *letter = strchr(letters, c);
    if (c == 'u')
        return read_point(reading, out, error);
    put_utf8(out, letter != NULL ? (unsigned char)meant[letter - letters] : (unsigned char)c);
    return 0;
}

/* Up to the line's end or, in a name, what ends it. */
static int read_text(struct reading *reading, bool is_name, FILE *out, struct error *error)
{
    while (reading->at < reading->end && !is_line_end(*reading->at)) {
        char c = *reading->at;
        if (is_name && (c == '=' || c == ':' || is_blank(c)))
            return 0;
        reading->at++;
        if (c == '\0')
            return error_set(error, "line %d: a NUL byte", reading->line);
        if (c != '\\')
            put_utf8(out, (unsigned char)c);
        else if (read_escape(reading, out, error) != 0)
            return -1;
    }
    return 0;
}

static void skip_separator(struct reading *reading)
{
    skip_blanks(reading);
    if (reading->at < reading->end && (*reading->at == '=' || *reading->at == ':')) {
        reading->at++;
        skip_blanks(reading);
    }
}

/* text: the caller frees it, whatever is returned. */
static int read_part(struct reading *reading, bool is_name, char **text, struct error *error)
{
    size_t size;
    FILE *out = open_memstream(text, &size);
    int failure = read_text(reading, is_name, out, error);
    fclose(out);
    return failure;
}

int properties_read(const char *text, size_t size, void (*tell)(void *opaque, const char *name, const char *value),
                    void *opaque, struct error *error)
{
    struct reading reading = {text, text + size, 1};
    int failure = 0;
    while (failure == 0 && skip_to_name(&reading)) {
        char *name = NULL, *value = NULL;
        failure = read_part(&reading, true, &name, error);
        skip_separator(&reading);
        if (failure == 0)
            failure = read_part(&reading, false, &value, error);
        if (failure == 0)
            tell(opaque, name, value);
        free(name);
        free(value);
    }
    return failure;
}

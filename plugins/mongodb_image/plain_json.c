#include "plain_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct writer {
    bson_string_t *json;
    bool failed; /* there was text that is no UTF-8 */
};

static void write_value(struct writer *out, const bson_iter_t *iter);

static void write_text(struct writer *out, const char *text, size_t size)
{
    char *escaped = bson_utf8_escape_for_json(text, (ssize_t)size);
    if (escaped != NULL)
        bson_string_append_printf(out->json, "\"%s\"", escaped);
    else
        out->failed = true;
    bson_free(escaped);
}

/* The members of an object or an array. */
static void write_members(struct writer *out, bson_iter_t *iter, bool named, const char *except)
{
    bool first = true;
    while (bson_iter_next(iter)) {
        const char *name = bson_iter_key(iter);
        if (except != NULL && strcmp(name, except) == 0)
            continue;
        if (!first)
            bson_string_append(out->json, ", ");
        first = false;
        if (named) {
            write_text(out, name, bson_iter_key_len(iter));
            bson_string_append(out->json, ": ");
        }
        write_value(out, iter);
    }
}

static void write_nested(struct writer *out, const bson_iter_t *iter)
{
    bool named = BSON_ITER_HOLDS_DOCUMENT(iter);
    bson_iter_t members;
    bson_string_append(out->json, named ? "{" : "[");
    if (bson_iter_recurse(iter, &members))
        write_members(out, &members, named, NULL);
    bson_string_append(out->json, named ? "}" : "]");
}

static void write_hex(struct writer *out, const bson_iter_t *iter)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes;
    uint32_t size;
    bson_iter_binary(iter, NULL, &size, &bytes);
    char *hex = bson_malloc((size_t)size * 2 + 1), *to = hex;
    for (uint32_t i = 0; i < size; i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to = '\0';
    bson_string_append_c(out->json, '"');
    bson_string_append(out->json, hex);
    bson_string_append_c(out->json, '"');
    bson_free(hex);
}

static void write_extended(struct writer *out, const bson_iter_t *iter)
{
    bson_t holder = BSON_INITIALIZER;
    size_t size;
    bson_append_iter(&holder, "v", 1, iter);
    char *json = bson_as_relaxed_extended_json(&holder, &size); /* { "v" : ... } */
    if (json != NULL) {
        char *value = strchr(json, ':') + 1, *end = strrchr(json, '}');
        value += strspn(value, " ");
        while (end > value && end[-1] == ' ')
            end--;
        *end = '\0';
        bson_string_append(out->json, value);
    } else {
        out->failed = true;
    }
    bson_free(json);
    bson_destroy(&holder);
}

static void write_date(struct writer *out, const bson_iter_t *iter)
{
    int64_t ms = bson_iter_date_time(iter), fraction = (ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((ms - fraction) / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || utc.tm_year < 1 - 1900 || utc.tm_year > 9999 - 1900) {
        write_extended(out, iter); /* no date that an event may hold */
        return;
    }
    bson_string_append_printf(out->json, "\"%04d-%02d-%02dT%02d:%02d:%02d", utc.tm_year + 1900, utc.tm_mon + 1,
                              utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    if (fraction != 0)
        bson_string_append_printf(out->json, ".%03d000", (int)fraction);
    bson_string_append_c(out->json, '"');
}

static void write_double(struct writer *out, const bson_iter_t *iter)
{
    enum { FEWEST_DIGITS = 15, MOST_DIGITS = 17 }; /* of IEEE 754's binary64 */
    double value = bson_iter_double(iter);
    char text[40];
    if (!isfinite(value)) {
        write_extended(out, iter);
        return;
    }
    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    bson_string_append_printf(out->json, "%s%s", text, strpbrk(text, ".e") == NULL ? ".0" : "");
}

static void write_value(struct writer *out, const bson_iter_t *iter)
{
    uint32_t size;
    const char *text;
    switch (bson_iter_type(iter)) {
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY: write_nested(out, iter); break;
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(iter, &size);
        write_text(out, text, size);
        break;
    case BSON_TYPE_BINARY: write_hex(out, iter); break;
    case BSON_TYPE_DATE_TIME: write_date(out, iter); break;
    case BSON_TYPE_DOUBLE: write_double(out, iter); break;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64: bson_string_append_printf(out->json, "%" PRId64, bson_iter_as_int64(iter)); break;
    default: write_extended(out, iter); break;
    }
}

char *plain_json(const bson_t *document)
{
    struct writer out = {.json = bson_string_new("{")};
    bson_iter_t iter;
    if (bson_iter_init(&iter, document))
        write_members(&out, &iter, true, "_id");
    bson_string_append(out.json, "}");
    return bson_string_free(out.json, out.failed);
}

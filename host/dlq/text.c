#include "dlq/text.h"

#include "base/alloc.h"
#include "base/show.h"

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

bool text_is_utf8(const void *data, size_t size)
{
    return size == 0 || u8_check(data, size) == NULL;
}

void text_write(FILE *out, const void *data_, size_t size, bool keep_lines)
{
    const uint8_t *data = data_;
    for (size_t at = 0; at < size;) {
        char shown[SHOW_SIZE];
        if (keep_lines && data[at] == '\n') {
            putc(data[at++], out);
            continue;
        }
        at += show_character(data + at, size - at, shown, NULL);
        fputs(shown, out);
    }
}

char *text_visible(const void *data, size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    text_write(out, data, size, false);
    fclose(out);
    return text;
}

void text_cell(FILE *out, const char *text, size_t columns, bool pad)
{
    const uint8_t *data = (const uint8_t *)(text != NULL ? text : "-");
    size_t size = strlen((const char *)data), used = 0, width, whole = 0;
    char shown[SHOW_SIZE];
    for (size_t at = 0; at < size && whole <= columns; whole += width)
        at += show_character(data + at, size - at, shown, &width);
    size_t room = whole > columns ? columns - 1 : columns;
    for (size_t at = 0; at < size; used += width) {
        at += show_character(data + at, size - at, shown, &width);
        if (used + width > room)
            break;
        fputs(shown, out);
    }
    if (whole > columns) {
        fputs("…", out);
        used++;
    }
    for (; pad && used < columns; used++)
        putc(' ', out);
}

char *text_base64(const void *data, size_t size)
{
    size_t length = BASE64_ENCODE_RAW_LENGTH(size);
    char *text = alloc_zeroed(length + 1, 1);
    base64_encode_raw(text, size, data);
    return text;
}

void *text_base64_decode(const char *text, size_t length, size_t *size)
{
    struct base64_decode_ctx context;
    uint8_t *data = alloc_zeroed(BASE64_DECODE_LENGTH(length) + 1, 1);
    base64_decode_init(&context);
    *size = BASE64_DECODE_LENGTH(length);
    if (base64_decode_update(&context, size, data, length, text) == 1 && base64_decode_final(&context) == 1)
        return data;
    free(data);
    return NULL;
}

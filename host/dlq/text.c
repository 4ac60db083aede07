#include "dlq/text.h"

#include "base/alloc.h"

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

bool text_is_utf8(const void *data, size_t size)
{
    return size == 0 || u8_check(data, size) == NULL;
}

/* Cc, Cf (the marks that turn the writing direction are among them), Cs, Co, Cn, Zl, Zp. */
static bool is_shown(ucs4_t character)
{
    const uint32_t hidden = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co |
                            UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    return !uc_is_general_category_withtable(character, hidden);
}

/* The next character as it is shown: its text (up to 11 bytes), columns, and how many bytes of data it was. */
static size_t show(const uint8_t *data, size_t size, char shown[16], size_t *columns)
{
    static const char escapes[] = "abtnvfr"; /* from 7 on */
    ucs4_t character;
    int length = u8_mbtoucr(&character, data, size);
    int written;
    if (length <= 0) {
        length = 1;
        written = snprintf(shown, 16, "\\x%02x", data[0]);
    } else if (is_shown(character)) {
        written = snprintf(shown, 16, "%.*s", length, (const char *)data);
        int width = uc_width(character, "UTF-8");
        *columns = width > 0 ? (size_t)width : 0;
        return (size_t)length;
    } else if (character >= 7 && character <= 13) {
        written = snprintf(shown, 16, "\\%c", escapes[character - 7]);
    } else {
        written = snprintf(shown, 16,
                           character < 0x80      ? "\\x%02x"
                           : character < 0x10000 ? "\\u%04x"
                                                 : "\\U%08x",
                           (unsigned)character);
    }
    *columns = (size_t)written;
    return (size_t)length;
}

void text_write(FILE *out, const void *data_, size_t size, bool keep_lines)
{
    const uint8_t *data = data_;
    for (size_t at = 0, columns; at < size;) {
        char shown[16];
        if (keep_lines && data[at] == '\n') {
            putc(data[at++], out);
            continue;
        }
        at += show(data + at, size - at, shown, &columns);
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
    char shown[16];
    for (size_t at = 0; at < size && whole <= columns; whole += width)
        at += show(data + at, size - at, shown, &width);
    size_t room = whole > columns ? columns - 1 : columns;
    for (size_t at = 0; at < size; used += width) {
        at += show(data + at, size - at, shown, &width);
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

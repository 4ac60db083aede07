#include "base/show.h"

#include <stdbool.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include <uniwidth.h>

/* Cc, Cf (the marks that turn the writing direction are among them), Cs, Co, Cn, Zl, Zp. */
static bool is_shown(ucs4_t character)
{
    const uint32_t hidden = UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf | UC_CATEGORY_MASK_Cs | UC_CATEGORY_MASK_Co |
                            UC_CATEGORY_MASK_Cn | UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp;
    return !uc_is_general_category_withtable(character, hidden);
}

static int escape(ucs4_t character, char shown[SHOW_SIZE])
{
    static const char letters[] = "abtnvfr"; /* from 7 on */
    if (character >= 7 && character <= 13)
        return snprintf(shown, SHOW_SIZE, "\\%c", letters[character - 7]);
    return snprintf(shown, SHOW_SIZE,
                    character < 0x80      ? "\\x%02x"
                    : character < 0x10000 ? "\\u%04x"
                                          : "\\U%08x",
                    (unsigned)character);
}

size_t show_character(const void *data, size_t size, char shown[SHOW_SIZE], size_t *columns)
{
    ucs4_t character;
    int length = u8_mbtoucr(&character, data, size), width;
    if (length <= 0) {
        length = 1;
        width = snprintf(shown, SHOW_SIZE, "\\x%02x", *(const uint8_t *)data);
    } else if (is_shown(character)) {
        snprintf(shown, SHOW_SIZE, "%.*s", length, (const char *)data);
        width = columns != NULL ? uc_width(character, "UTF-8") : 0;
    } else {
        width = escape(character, shown);
    }
    if (columns != NULL)
        *columns = width > 0 ? (size_t)width : 0;
    return (size_t)length;
}

void show_text(FILE *out, const char *text)
{
    char shown[SHOW_SIZE];
    const char *end = text + strlen(text), *from = text; /* from there to text it is shown as it is */
    for (size_t size; text < end; text += size) {
        size = show_character(text, (size_t)(end - text), shown, NULL);
        if (strncmp(shown, text, size) == 0)
            continue;
        fwrite(from, 1, (size_t)(text - from), out); /* not byte by byte: standard error has no buffer */
        fputs(shown, out);
        from = text + size;
    }
    fwrite(from, 1, (size_t)(end - from), out);
}

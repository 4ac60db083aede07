#include "dlq/media.h"

#include <ctype.h>
#include <string.h>

enum { SHORTEST_HEX = 32 };

static const struct {
    const char *begins;
    size_t size;
    struct media media;
} kinds[] = {
    {"\xff\xd8\xff", 3, {"JPEG", "image/jpeg"}},
    {"\x89PNG\r\n\x1a\n", 8, {"PNG", "image/png"}},
    {"GIF8", 4, {"GIF", "image/gif"}},
    {"%PDF-", 5, {"PDF", "application/pdf"}},
    {"\x1f\x8b", 2, {"gzip", "application/gzip"}},
    {"\x28\xb5\x2f\xfd", 4, {"Zstandard", "application/zstd"}},
    {"PK\x03\x04", 4, {"ZIP", "application/zip"}},
    {"II*\0", 4, {"TIFF", "image/tiff"}},
    {"MM\0*", 4, {"TIFF", "image/tiff"}},
    {"Obj\x01", 4, {"Avro", "application/avro"}},
};

static const struct media webp = {"WebP", "image/webp"};

const struct media *media_of(const void *data, size_t size)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= kinds[i].size && memcmp(data, kinds[i].begins, kinds[i].size) == 0)
            return &kinds[i].media;
    if (size >= 12 && memcmp(data, "RIFF", 4) == 0 && memcmp((const char *)data + 8, "WEBP", 4) == 0)
        return &webp;
    return NULL;
}

static unsigned digit(char character)
{
    return character <= '9' ? (unsigned)(character - '0') : (unsigned)((character | 0x20) - 'a' + 10);
}

bool media_is_hex(const char *text, size_t size, const struct media **media)
{
    unsigned char bytes[16];
    if (size < SHORTEST_HEX || size % 2 != 0)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    *media = media_of(bytes, sizeof bytes);
    return true;
}

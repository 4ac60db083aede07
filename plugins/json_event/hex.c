#include "hex.h"

/* Branchless in bytes, so that the compiler makes vector code of it (this file is built with -O3): a picture of 40,000
 * digits takes a few microseconds. */
enum { BLOCK = 512 };

static uint8_t nibbles(const char *text, size_t size, uint8_t *nibble)
{
    uint8_t bad = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)text[i];
        uint8_t digit = (uint8_t)(c - '0');
        uint8_t letter = (uint8_t)((c | 0x20) - 'a');
        uint8_t is_digit = (uint8_t) - (digit < 10);
        uint8_t is_letter = (uint8_t) - (letter < 6);
        nibble[i] = (uint8_t)((digit & is_digit) | ((uint8_t)(letter + 10) & is_letter));
        bad |= (uint8_t) ~(is_digit | is_letter);
    }
    return bad;
}

bool hex_decode(const char *text, size_t size, uint8_t *bytes)
{
    uint8_t nibble[BLOCK];
    for (size_t at = 0; at < size; at += BLOCK) {
        size_t part = size - at < BLOCK ? size - at : BLOCK;
        if (nibbles(text + at, part, nibble) != 0)
            return false;
        for (size_t i = 0; i < part / 2; i++)
            bytes[at / 2 + i] = (uint8_t)(nibble[2 * i] << 4 | nibble[2 * i + 1]);
    }
    return true;
}

size_t hex_span(const char *text, size_t size)
{
    size_t i = 0;
    for (uint8_t nibble; i < size && nibbles(text + i, 1, &nibble) == 0;)
        i++;
    return i;
}

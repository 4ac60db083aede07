#include "base/plain.h"

static void add(struct plain *plain, char c)
{
    if (plain->size < sizeof plain->text - 1)
        plain->text[plain->size++] = c;
}

void plain_add(struct plain *plain, const char *text)
{
    for (; *text != '\0'; text++)
        add(plain, *text);
}

void plain_add_shown(struct plain *plain, const char *text)
{
    for (; *text != '\0'; text++)
        add(plain, *text >= ' ' && *text <= '~' && *text != '"' && *text != '\\' ? *text : '?');
}

void plain_add_number(struct plain *plain, int64_t number)
{
    char digits[20];
    size_t count = 0;
    if (number < 0)
        add(plain, '-');
    do
        digits[count++] = (char)('0' + (number % 10 < 0 ? -(number % 10) : number % 10));
    while ((number /= 10) != 0);
    while (count > 0)
        add(plain, digits[--count]);
}

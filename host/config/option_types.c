#include "config/option_types.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};
static const struct unit no_units[] = {{"", 1}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};
static const struct unit durations[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {NULL, 0}};

static bool parse_units(const char *text, const struct unit *unit, int64_t *value)
{
    char *end;
    if (*text != '-' && (*text < '0' || *text > '9')) /* strtoll takes white space and a plus sign */
        return false;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    if (end == text || errno == ERANGE)
        return false;
    end += strspn(end, " ");
    while (unit->name != NULL && strcmp(unit->name, end) != 0)
        unit++;
    return unit->name != NULL && !__builtin_mul_overflow(number, unit->factor, value);
}

/* The position of text in choices ("a|b"), 0 where anything may be chosen, -1 where it may not. */
static int choose(const char *choices, const char *text)
{
    size_t size = strlen(text);
    for (int i = 0; choices != NULL; i++) {
        if (strcspn(choices, "|") == size && strncmp(choices, text, size) == 0)
            return i;
        if ((choices = strchr(choices, '|')) == NULL)
            return -1;
        choices++;
    }
    return 0;
}

static bool parse_string(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    (void)arena, (void)number;
    *(const char **)member = text;
    return choose(row->choices, text) >= 0;
}

static bool parse_whole(const struct unit *units, const char *text, void *member, double *number)
{
    int64_t value = 0;
    bool ok = parse_units(text, units, &value);
    *number = (double)value;
    memcpy(member, &value, sizeof value);
    return ok;
}

static bool parse_int(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    (void)row, (void)arena;
    return parse_whole(no_units, text, member, number);
}

static bool parse_size(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    (void)row, (void)arena;
    return text[0] != '-' && parse_whole(sizes, text, member, number); /* uint64_t has the same bytes */
}

static bool parse_duration(const sluice_option *row, const char *text, struct arena *arena, void *member,
                           double *number)
{
    (void)row, (void)arena;
    return parse_whole(durations, text, member, number);
}

static bool parse_double(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    char *end;
    (void)row, (void)arena;
    *(double *)member = *number = strtod(text, &end);
    bool decimal = text[strspn(text, "+-.0123456789eE")] == '\0'; /* strtod takes white space, 0x10 and nan, too */
    return decimal && end != text && *end == '\0' && isfinite(*number);
}

static bool parse_bool(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    (void)row, (void)arena, (void)number;
    *(bool *)member = strcmp(text, "true") == 0;
    return *(bool *)member || strcmp(text, "false") == 0;
}

static bool parse_enum(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    (void)arena, (void)number;
    *(int *)member = choose(row->choices, text);
    return *(int *)member >= 0;
}

static bool parse_regex(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    regex_t regex;
    (void)row, (void)arena, (void)number;
    *(const char **)member = text;
    if (regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    regfree(&regex);
    return true;
}

static bool parse_list(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number)
{
    sluice_list *list = member;
    size_t most = 1;
    (void)number;
    for (const char *c = text; *c != '\0'; c++)
        most += *c == ',';
    const char **items = arena_alloc(arena, most * sizeof *items);
    *list = (sluice_list){.items = items};
    char *rest = arena_text(arena, text);
    if (text[strspn(text, " \t")] == '\0')
        return true;
    for (char *item; (item = strsep(&rest, ",")) != NULL;) {
        item += strspn(item, " \t");
        for (size_t n = strlen(item); n > 0 && (item[n - 1] == ' ' || item[n - 1] == '\t');)
            item[--n] = '\0';
        if (*item == '\0' || choose(row->choices, item) < 0)
            return false;
        items[list->count++] = item;
    }
    return true;
}

/* A map's value is checked here; options.c knows the entry's name. */
static bool parse_map_value(const sluice_option *row, const char *text, struct arena *arena, void *member,
                            double *number)
{
    (void)arena, (void)member, (void)number;
    return choose(row->choices, text) >= 0;
}

static const struct option_type types[] = {
    [SLUICE_TYPE_STRING] = {"string", "text", sizeof(const char *), parse_string},
    [SLUICE_TYPE_INT] = {"int", "a whole number", sizeof(int64_t), parse_int},
    [SLUICE_TYPE_DOUBLE] = {"double", "a number", sizeof(double), parse_double},
    [SLUICE_TYPE_BOOL] = {"bool", "true or false", sizeof(bool), parse_bool},
    [SLUICE_TYPE_ENUM] = {"enum", NULL, sizeof(int), parse_enum},
    [SLUICE_TYPE_SIZE] = {"size", "a size (4096, 64 KiB, 4 MiB, 1 GiB)", sizeof(uint64_t), parse_size},
    [SLUICE_TYPE_DURATION_MS] = {"duration", "a duration (250, 250 ms, 10 s, 5 min, 1 h)", sizeof(int64_t),
                                 parse_duration},
    [SLUICE_TYPE_LIST] = {"list", "a list (a, b, c)", sizeof(sluice_list), parse_list},
    [SLUICE_TYPE_REGEX] = {"regex", "a POSIX extended regular expression", sizeof(const char *), parse_regex},
    [SLUICE_TYPE_MAP] = {"map", NULL, sizeof(sluice_map), parse_map_value},
};

const struct option_type *option_type(sluice_type type)
{
    bool known = type >= SLUICE_TYPE_STRING && type < (sluice_type)(sizeof types / sizeof types[0]);
    return known ? &types[type] : NULL;
}

#include "import/regex.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a backslash and a letter stand for, outside of brackets and inside. */
static const struct class
{
    char letter;
    const char *outside, *inside; /* inside NULL: cannot be said there */
} classes[] = {
    {'d', "[0-9]", "0-9"},
    {'D', "[^0-9]", NULL},
    {'w', "[A-Za-z0-9_]", "A-Za-z0-9_"},
    {'W', "[^A-Za-z0-9_]", NULL},
    {'s', "[[:space:]]", "[:space:]"},
    {'S', "[^[:space:]]", NULL},
};

static const struct class *class_of(char letter)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (classes[i].letter == letter)
            return &classes[i];
    return NULL;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void put_literal(char c, FILE *out)
{
    if (strchr("\\.[]()*+?{}|^$", c) != NULL)
        fputc('\\', out);
    fputc(c, out);
}

/* at: behind the \Q.  Returns what is behind the \E, or the end. */
static const char *convert_quoted(const char *at, FILE *out)
{
    while (*at != '\0' && strncmp(at, "\\E", 2) != 0)
        put_literal(*at++, out);
    return *at != '\0' ? at + 2 : at;
}

/* at: the backslash.  Each of these returns what is behind the construct, NULL when there is no saying it. */
static const char *convert_escape(const char *at, FILE *out, struct error *error)
{
    const struct class *class = class_of(at[1]);
    if (at[1] == 'Q')
        return convert_quoted(at + 2, out);
    if (class != NULL)
        fputs(class->outside, out);
    else if (at[1] != '\0' && !is_letter_or_digit(at[1]))
        put_literal(at[1], out);
    else
        return error_set(error, "\\%c", at[1]), NULL;
    return at + 2;
}

/* A bracket expression takes no backslashes: what would be one by its place is put where it is none. */
struct bracket {
    bool negated, has_close, has_caret, has_dash;
};

static void put_bracket(const struct bracket *bracket, const char *rest, FILE *out)
{
    if (!bracket->negated && bracket->has_caret && !bracket->has_close && !bracket->has_dash && rest[0] == '\0') {
        fputs("\\^", out);
        return;
    }
    fprintf(out, "[%s%s%s%s%s]", bracket->negated ? "^" : "", bracket->has_close ? "]" : "", rest,
            bracket->has_caret && (bracket->negated || bracket->has_close || rest[0] != '\0') ? "^" : "",
            bracket->has_dash ? "-" : "");
}

static const char *convert_in_bracket(const char *at, struct bracket *bracket, bool is_first, FILE *rest,
                                      struct error *error)
{
    bool is_escaped = *at == '\\';
    char c = is_escaped ? at[1] : *at;
    const struct class *class = is_escaped ? class_of(c) : NULL;
    const char *next = at + 1 + is_escaped;
    if (class != NULL && class->inside != NULL)
        fputs(class->inside, rest);
    else if (is_escaped && (c == '\0' || is_letter_or_digit(c)))
        return error_set(error, "\\%c in [...]", c), NULL;
    else if (!is_escaped && c == '[')
        return error_set(error, "[ in [...]"), NULL;
    else if (!is_escaped && strncmp(at, "&&", 2) == 0)
        return error_set(error, "&& in [...]"), NULL;
    else if (c == '-' && (is_escaped || is_first || *next == ']'))
        bracket->has_dash = true;
    else if (c == ']')
        bracket->has_close = true;
    else if (c == '^')
        bracket->has_caret = true;
    else
        fputc(c, rest);
    return next;
}

/* at: the [. */
static const char *convert_bracket(const char *at, FILE *out, struct error *error)
{
    struct bracket bracket = {.negated = at[1] == '^'};
    char *text = NULL;
    size_t size;
    FILE *rest = open_memstream(&text, &size);
    const char *first = at + 1 + bracket.negated, *next = first;
    while (next != NULL && *next != '\0' && *next != ']')
        next = convert_in_bracket(next, &bracket, next == first, rest, error);
    fclose(rest);
    if (next != NULL && *next == '\0') {
        error_set(error, "[ without its ]");
        next = NULL;
    }
    if (next != NULL) {
        put_bracket(&bracket, text, out);
        next++;
    }
    free(text);
    return next;
}

/* at: the (. */
static const char *convert_group(const char *at, FILE *out, struct error *error)
{
    fputc('(', out);
    if (at[1] != '?')
        return at + 1;
    if (at[2] == ':')
        return at + 3;
    return error_set(error, "(?%.1s", at + 2), NULL;
}

/* at: the last character of a quantifier.  A lazy one matches the same whole names. */
static const char *convert_quantifier(const char *at, FILE *out, struct error *error)
{
    fputc(*at, out);
    if (at[1] == '+')
        return error_set(error, "%.1s+", at), NULL;
    return at + 1 + (at[1] == '?');
}

static int convert(const char *java, FILE *out, struct error *error)
{
    const char *at = java;
    while (at != NULL && *at != '\0')
        switch (*at) {
        case '\\': at = convert_escape(at, out, error); break;
        case '[': at = convert_bracket(at, out, error); break;
        case '(': at = convert_group(at, out, error); break;
        case '*':
        case '+':
        case '?':
        case '}': at = convert_quantifier(at, out, error); break;
        default: fputc(*at++, out);
        }
    return at != NULL ? 0 : -1;
}

const char *regex_from_java(const char *java, struct arena *arena, struct error *error)
{
    char *text = NULL;
    size_t size;
    regex_t compiled;
    FILE *out = open_memstream(&text, &size);
    int failure = convert(java, out, error);
    fclose(out);
    if (failure == 0) {
        failure = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB);
        if (failure == 0)
            regfree(&compiled);
        else
            error_set(error, "POSIX does not take it");
    }
    const char *ere = failure == 0 ? arena_text(arena, text) : NULL;
    free(text);
    return ere;
}

#include "import/jaas.h"

#include <stdbool.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

/* The next word or value, unquoted, with the = or the blank behind it passed; *at NULL: that was the last. */
static char *next_token(const char **at, struct arena *arena)
{
    const char *from = *at + strspn(*at, blanks);
    char *token = arena_alloc(arena, strlen(from) + 1), *to = token, quote = '\0';
    if (*from == '\0' || *from == ';') {
        *at = NULL;
        return NULL;
    }
    for (; *from != '\0'; from++) {
        if (quote == '\0' && (strchr(blanks, *from) != NULL || *from == '=' || *from == ';'))
            break;
        if (*from == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*from == '"' || *from == '\'')) {
            quote = *from;
        } else {
            from += quote != '\0' && *from == '\\' && from[1] != '\0';
            *to++ = *from;
        }
    }
    *to = '\0';
    *at = from + (*from == '=');
    return token;
}

const char *jaas_module(const char *text, struct arena *arena)
{
    return next_token(&text, arena);
}

const char *jaas_option(const char *text, const char *name, struct arena *arena)
{
    next_token(&text, arena); /* the module */
    if (text != NULL)
        next_token(&text, arena); /* "required" */
    while (text != NULL) {
        const char *option = next_token(&text, arena);
        const char *value = option != NULL ? next_token(&text, arena) : NULL;
        if (value != NULL && strcmp(option, name) == 0)
            return value;
    }
    return NULL;
}

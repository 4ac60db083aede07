#include "import/jaas.h"

#include <stdbool.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

/* The next word or value, unquoted where it stands, with the = and the blanks behind it passed; *at NULL: that was the
 * last. */
static char *next_token(char **at)
{
    char *from = *at + strspn(*at, blanks), *token = from, *to = from, quote = '\0';
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
    from += strspn(from, blanks);
    *at = from + (*from == '=');
    *to = '\0';
    return token;
}

const char *jaas_module(const char *text, struct arena *arena)
{
    char *at = arena_text(arena, text);
    return next_token(&at);
}

const char *jaas_option(const char *text, const char *name, struct arena *arena)
{
    char *at = arena_text(arena, text);
    next_token(&at); /* the module */
    if (at != NULL)
        next_token(&at); /* "required" */
    while (at != NULL) {
        const char *option = next_token(&at);
        const char *value = option != NULL ? next_token(&at) : NULL;
        if (value != NULL && strcmp(option, name) == 0)
            return value;
    }
    return NULL;
}

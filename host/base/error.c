#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *error, const char *fmt, ...)
{
    char text[sizeof error->text]; /* fmt's arguments may be the error itself */
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    snprintf(error->text, sizeof error->text, "%s", text);
    return -1;
}

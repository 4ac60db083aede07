#include "codes.h"

#include <stdarg.h>
#include <stdio.h>

const char *json_event_code_text(enum json_event_code code)
{
    static const char *const texts[] = {
#define X(name, code, meaning) [name] = code,
        JSON_EVENT_CODES(X)
#undef X
    };
    return texts[code];
}

int refuse(struct refusal *refusal, enum json_event_code code, const char *fmt, ...)
{
    va_list args;
    refusal->code = code;
    va_start(args, fmt);
    vsnprintf(refusal->message, sizeof refusal->message, fmt, args);
    va_end(args);
    return -1;
}

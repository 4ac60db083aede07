/* plugins/json_event/codes.h - why an event is refused: every code with its meaning, in one table.  The codes are a
 * contract (plugins/README.md): dead letters are found by them. */
#ifndef SLUICE_JSON_EVENT_CODES_H
#define SLUICE_JSON_EVENT_CODES_H

#define JSON_EVENT_CODES(X)                                                                                    \
    X(CODE_INVALID, "json.invalid", "not one JSON text (NaN and Infinity are none, nor is white space alone)") \
    X(CODE_EMPTY, "json.empty", "the value has no bytes")                                                      \
    X(CODE_NOT_OBJECT, "json.not-object", "a JSON text, but no object")                                        \
    X(CODE_DUPLICATE_NAME, "json.duplicate-name", "a name twice in one object")                                \
    X(CODE_UTF8, "json.utf8", "bytes that are not UTF-8, or half a surrogate")                                 \
    X(CODE_TOO_DEEP, "json.too-deep", "nested deeper than MongoDB's 100 levels")                               \
    X(CODE_NUMBER_RANGE, "json.number-range", "a number that neither int64 nor double can hold")               \
    X(CODE_HEX, "json.hex", "a field to be decoded holds something else than pairs of hex digits")             \
    X(CODE_DATE, "json.date", "a field to be a date is none, or an impossible one")                            \
    X(CODE_TYPE, "json.type", "a field has a JSON type that cannot be converted as configured")                \
    X(CODE_MISSING_FIELD, "json.missing-field", "a required field is missing or null")                         \
    X(CODE_SCHEMA_FRAMED, "json.schema-framed", "framed for a schema registry (magic byte 0)")

enum json_event_code {
#define X(name, code, meaning) name,
    JSON_EVENT_CODES(X)
#undef X
};

const char *json_event_code_text(enum json_event_code code);

/* Why an event is refused; the message is the plugin's to report. */
struct refusal {
    enum json_event_code code;
    char message[256];
};

/* Always returns -1. */
int refuse(struct refusal *refusal, enum json_event_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

#include "encode.h"

#include "date.h"
#include "hex.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A field on its way: its name, and its value, which may be a long string that jansson never saw. */
struct field {
    const char *name;
    int name_size;
    const json_t *value;
    const char *text; /* when it is a string */
    size_t size;
    bool is_string;
};

static struct field field_of(const char *name, const json_t *value, const struct cut *cut)
{
    struct field field = {.name = name, .name_size = (int)strlen(name), .value = value};
    field.is_string = json_is_string(value);
    if (cut != NULL) {
        field.text = cut->text;
        field.size = cut->size;
    } else if (field.is_string) {
        field.text = json_string_value(value);
        field.size = json_string_length(value);
    }
    return field;
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string", [JSON_INTEGER] = "a number",
        [JSON_REAL] = "a number",    [JSON_TRUE] = "true",      [JSON_FALSE] = "false",     [JSON_NULL] = "null"};
    return names[json_typeof(value)];
}

static int refuse_type(struct refusal *refusal, const struct field *field, const char *wanted)
{
    return refuse(refusal, CODE_TYPE, "%s: got %s, wanted %s", field->name, type_name(field->value), wanted);
}

static void append_integer(bson_t *document, const char *name, int name_size, int64_t value)
{
    if (value >= INT32_MIN && value <= INT32_MAX)
        bson_append_int32(document, name, name_size, (int32_t)value);
    else
        bson_append_int64(document, name, name_size, value);
}

/* ---- Conversions: what a value becomes that is not null ------------------------------------------- */

static int to_hex(struct encoder *encoder, const struct field *field, bson_t *document, struct refusal *refusal)
{
    if (!field->is_string)
        return refuse_type(refusal, field, "a string of hex digits");
    if (field->size % 2 != 0)
        return refuse(refusal, CODE_HEX, "%s: an odd number of hex digits (%zu)", field->name, field->size);
    if (encoder->capacity < field->size / 2) {
        uint8_t *larger = realloc(encoder->bytes, field->size / 2);
        if (larger == NULL)
            return refuse(refusal, CODE_HEX, "%s: no memory for %zu bytes", field->name, field->size / 2);
        encoder->bytes = larger;
        encoder->capacity = field->size / 2;
    }
    if (!hex_decode(field->text, field->size, encoder->bytes)) {
        size_t at = hex_span(field->text, field->size);
        return refuse(refusal, CODE_HEX, "%s: character %zu is 0x%02x, wanted a hex digit", field->name, at + 1,
                      (unsigned char)field->text[at]);
    }
    bson_append_binary(document, field->name, field->name_size, BSON_SUBTYPE_BINARY, encoder->bytes,
                       (uint32_t)(field->size / 2));
    return 0;
}

static int to_date(struct encoder *encoder, const struct field *field, bson_t *document, struct refusal *refusal)
{
    int64_t ms;
    (void)encoder;
    if (!field->is_string)
        return refuse_type(refusal, field, "a date such as 2023-10-08T15:39:49.123123");
    if (!date_parse(field->text, field->size, &ms))
        return refuse(refusal, CODE_DATE,
                      "%s: got '%.40s', wanted YYYY-MM-DDTHH:MM:SS with an optional fraction and zone", field->name,
                      field->text);
    bson_append_date_time(document, field->name, field->name_size, ms);
    return 0;
}

/* A decimal as a program prints an integer: no plus, no leading zero or white space, no "-0". */
static bool parse_integer(const char *text, size_t size, int64_t *number)
{
    size_t at = size > 0 && text[0] == '-', first = at;
    *number = 0;
    if (at == size || (text[at] == '0' && size > 1))
        return false;
    for (; at < size; at++) {
        if (text[at] < '0' || text[at] > '9' || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_sub_overflow(*number, text[at] - '0', number)) /* below zero there is one more */
            return false;
    }
    return first == 1 || !__builtin_mul_overflow(*number, -1, number);
}

static int to_int(struct encoder *encoder, const struct field *field, bson_t *document, struct refusal *refusal)
{
    static const char wanted[] = "a whole number, or one as a string";
    int64_t number;
    (void)encoder;
    if (json_is_integer(field->value)) {
        number = json_integer_value(field->value);
    } else if (json_is_real(field->value)) {
        double real = json_real_value(field->value);
        if (real != floor(real) || real < -0x1p63 || real >= 0x1p63)
            return refuse(refusal, CODE_TYPE, "%s: got %.17g, wanted %s", field->name, real, wanted);
        number = (int64_t)real;
    } else if (!field->is_string) {
        return refuse_type(refusal, field, wanted);
    } else if (!parse_integer(field->text, field->size, &number)) {
        return refuse(refusal, CODE_TYPE, "%s: got '%.40s', wanted %s", field->name, field->text, wanted);
    }
    append_integer(document, field->name, field->name_size, number);
    return 0;
}

static int to_double(struct encoder *encoder, const struct field *field, bson_t *document, struct refusal *refusal)
{
    (void)encoder;
    if (!json_is_number(field->value))
        return refuse_type(refusal, field, "a number");
    bson_append_double(document, field->name, field->name_size, json_number_value(field->value));
    return 0;
}

static int to_string(struct encoder *encoder, const struct field *field, bson_t *document, struct refusal *refusal)
{
    char text[24];
    (void)encoder;
    if (json_is_integer(field->value)) {
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(field->value));
        bson_append_utf8(document, field->name, field->name_size, text, -1);
        return 0;
    }
    if (!field->is_string)
        return refuse_type(refusal, field, "a string or a whole number");
    bson_append_utf8(document, field->name, field->name_size, field->text, (int)field->size);
    return 0;
}

/* The choices of the option `convert`, by name. */
static const struct conversion {
    const char *name;
    int (*convert)(struct encoder *encoder, const struct field *field, bson_t *document, struct refusal *refusal);
} conversions[] = {{"hex", to_hex}, {"date", to_date}, {"int", to_int}, {"double", to_double}, {"string", to_string}};

static const struct conversion *conversion_of(const struct encoder *encoder, const char *name)
{
    for (size_t i = 0; i < encoder->convert->count; i++)
        for (size_t j = 0; strcmp(encoder->convert->items[i].name, name) == 0; j++)
            if (strcmp(conversions[j].name, encoder->convert->items[i].value) == 0)
                return &conversions[j];
    return NULL;
}

/* ---- Values as they are --------------------------------------------------------------------------- */

static void append(bson_t *document, const struct field *field);

static void append_object(bson_t *document, const struct field *field)
{
    bson_t child;
    const char *name;
    json_t *value;
    bson_append_document_begin(document, field->name, field->name_size, &child);
    json_object_foreach((json_t *)field->value, name, value)
    {
        struct field inner = field_of(name, value, NULL);
        append(&child, &inner);
    }
    bson_append_document_end(document, &child);
}

static void append_array(bson_t *document, const struct field *field)
{
    bson_t child;
    size_t i;
    json_t *value;
    bson_append_array_begin(document, field->name, field->name_size, &child);
    json_array_foreach(field->value, i, value)
    {
        char number[16];
        const char *name;
        bson_uint32_to_string((uint32_t)i, &name, number, sizeof number);
        struct field inner = field_of(name, value, NULL);
        append(&child, &inner);
    }
    bson_append_array_end(document, &child);
}

static void append(bson_t *document, const struct field *field)
{
    switch (json_typeof(field->value)) {
    case JSON_OBJECT: append_object(document, field); break;
    case JSON_ARRAY: append_array(document, field); break;
    case JSON_STRING: bson_append_utf8(document, field->name, field->name_size, field->text, (int)field->size); break;
    case JSON_INTEGER: append_integer(document, field->name, field->name_size, json_integer_value(field->value)); break;
    case JSON_REAL: bson_append_double(document, field->name, field->name_size, json_real_value(field->value)); break;
    case JSON_TRUE:
    case JSON_FALSE: bson_append_bool(document, field->name, field->name_size, json_is_true(field->value)); break;
    case JSON_NULL: bson_append_null(document, field->name, field->name_size); break;
    }
}

/* ---- The event ------------------------------------------------------------------------------------ */

static int check_required(const struct encoder *encoder, const json_t *event, struct refusal *refusal)
{
    for (size_t i = 0; i < encoder->required->count; i++) {
        const json_t *value = json_object_get(event, encoder->required->items[i]);
        if (value == NULL || json_is_null(value))
            return refuse(refusal, CODE_MISSING_FIELD, "%s is %s", encoder->required->items[i],
                          value == NULL ? "missing" : "null");
    }
    return 0;
}

int encode_event(struct encoder *encoder, const json_t *event, const struct cut_text *cut, bson_t *document,
                 struct refusal *refusal)
{
    const char *name;
    json_t *value;
    size_t member = 0;
    if (check_required(encoder, event, refusal) != 0)
        return -1;
    json_object_foreach((json_t *)event, name, value)
    {
        struct field field = field_of(name, value, cut_of(cut, member++));
        const struct conversion *conversion = conversion_of(encoder, name);
        if (conversion == NULL || json_is_null(value))
            append(document, &field);
        else if (conversion->convert(encoder, &field, document, refusal) != 0)
            return -1;
    }
    return 0;
}

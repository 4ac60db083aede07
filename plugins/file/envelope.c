#include "envelope.h"

#include "sluice/sluice.h"

#include <bson/bson.h>
#include <jansson.h>
#include <stdlib.h>

static json_t *hex_of(sluice_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *data = bytes.data;
    char *text = malloc(bytes.size * 2 + 1);
    if (text == NULL)
        return json_null();
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 15];
    }
    json_t *hex = json_pack("{s:s#}", "hex", text, (int)(bytes.size * 2));
    free(text);
    return hex;
}

static json_t *bytes_of(sluice_bytes bytes)
{
    if (bytes.data == NULL)
        return json_null();
    json_t *text = json_stringn(bytes.data, bytes.size); /* NULL when it is not UTF-8 */
    return text != NULL ? text : hex_of(bytes);
}

static json_t *headers_of(const sluice_record *record)
{
    json_t *headers = json_array();
    const char *name;
    sluice_bytes value;
    for (size_t i = 0; sluice_api->record_header_at(record, i, &name, &value); i++) {
        json_t *header = json_object();
        json_object_set_new(header, "name", bytes_of((sluice_bytes){name, strlen(name)}));
        json_object_set_new(header, "value", bytes_of(value));
        json_array_append_new(headers, header);
    }
    return headers;
}

/* The value as JSON text, freed by the caller; NULL when it is not what its format says. */
static char *value_of(const sluice_record_view *view)
{
    json_t *json = NULL;
    bson_t document;
    if (view->format == SLUICE_BSON && view->value.data != NULL) {
        if (!bson_init_static(&document, view->value.data, view->value.size))
            return NULL;
        char *text = bson_as_relaxed_extended_json(&document, NULL);
        char *copy = text != NULL ? strdup(text) : NULL;
        bson_free(text);
        return copy;
    }
    if (view->format == SLUICE_JSON && view->value.data != NULL)
        json = json_loadb(view->value.data, view->value.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    else
        json = bytes_of(view->value);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(json);
    return text;
}

bool envelope_write(const sluice_record *record, FILE *out)
{
    sluice_record_view view = sluice_view(record);
    char *value = value_of(&view);
    if (value == NULL)
        return false;
    json_t *head = json_object();
    json_object_set_new(head, "topic", bytes_of((sluice_bytes){view.topic, strlen(view.topic)}));
    json_object_set_new(head, "partition", json_integer(view.partition));
    json_object_set_new(head, "offset", json_integer(view.offset));
    json_object_set_new(head, "timestamp",
                        view.timestamp_type == SLUICE_TIME_NONE ? json_null() : json_integer(view.timestamp_ms));
    json_object_set_new(head, "key", bytes_of(view.key));
    json_object_set_new(head, "headers", headers_of(record));
    char *text = json_dumps(head, JSON_COMPACT);
    json_decref(head);
    if (text != NULL)
        fprintf(out, "%.*s,\"value\":%s}\n", (int)strlen(text) - 1, text, value); /* the value goes in as it is */
    bool written = text != NULL;
    free(text);
    free(value);
    return written;
}

/* plugins/json_event/json_event.c - the transform `json-event`: one JSON object in, one BSON document out, with chosen
 * fields as the types that the producer's database has.
 * Neighbours: cut.h (long strings go round jansson), encode.h (the types), codes.h (why an event is refused). */
#include "encode.h"
#include "sluice/sluice.h"

#include <stdlib.h>
#include <string.h>

struct json_event_config {
    sluice_list required;
    sluice_map convert;
};

static const sluice_option options[] = {
    SLUICE_LIST_OPTION(struct json_event_config, required, "required", NULL,
                       "Top-level fields that must be there and not null."),
    SLUICE_MAP_OPTION(
        struct json_event_config, convert, "convert", "hex|date|int|double|string",
        "The type of a top-level field: `hex` decodes a string to binary, `date` takes "
        "YYYY-MM-DDTHH:MM:SS[.digits][Z or offset] (no zone: UTC), `int` takes 7, 7.0 and \"7\", `double` "
        "any number, `string` a string or a whole number. Null stays null."),
};

struct json_event {
    struct encoder encoder;
    struct cut_text cut;
    bson_t document; /* reused, so that its memory is */
};

static sluice_verdict json_event_open(const sluice_context *context, const void *config_, sluice_report *report,
                                      void **self)
{
    const struct json_event_config *config = config_;
    struct json_event *event = calloc(1, sizeof *event);
    (void)context;
    if (event == NULL) {
        sluice_api->report_call(report, "json.memory", "no memory for %zu bytes", sizeof *event);
        return SLUICE_RETRY;
    }
    event->encoder = (struct encoder){.convert = &config->convert, .required = &config->required};
    bson_init(&event->document);
    *self = event;
    return SLUICE_OK;
}

static void json_event_close(void *self)
{
    struct json_event *event = self;
    bson_destroy(&event->document);
    free(event->encoder.bytes);
    free(event->cut.rest);
    free(event);
}

/* Line and column of a byte, both from 1, as an editor counts them. */
static void locate(const char *text, size_t position, size_t *line, size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < position; i++) {
        bool feed = text[i] == '\n';
        *line += feed;
        *column = feed ? 1 : *column + 1;
    }
}

static enum json_event_code code_of(const json_error_t *error)
{
    static const struct {
        enum json_error_code error;
        enum json_event_code code;
    } codes[] = {
        {json_error_invalid_utf8, CODE_UTF8},
        {json_error_duplicate_key, CODE_DUPLICATE_NAME},
        {json_error_numeric_overflow, CODE_NUMBER_RANGE},
        {json_error_stack_overflow, CODE_TOO_DEEP},
    };
    for (size_t i = 0; i < SLUICE_LENGTH(codes); i++)
        if (codes[i].error == json_error_code(error))
            return codes[i].code;
    /* jansson has no code of its own for half a surrogate, only a text */
    return strncmp(error->text, "invalid Unicode", strlen("invalid Unicode")) == 0 ? CODE_UTF8 : CODE_INVALID;
}

static json_t *parse(const struct json_event *event, const char *text, size_t size, struct refusal *refusal)
{
    json_error_t error;
    size_t line, column;
    json_t *json = json_loadb(event->cut.rest, event->cut.rest_size,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (json == NULL) {
        size_t position = cut_position(&event->cut, error.position > 0 ? (size_t)error.position : 0);
        locate(text, position < size ? position : size, &line, &column);
        refuse(refusal, code_of(&error), "line %zu, column %zu (byte %zu): %.150s", line, column, position, error.text);
    } else if (!json_is_object(json)) {
        refuse(refusal, CODE_NOT_OBJECT, "the value is no JSON object");
        json_decref(json);
        json = NULL;
    }
    return json;
}

static int convert(struct json_event *event, sluice_bytes value, struct refusal *refusal)
{
    const char *text = value.data;
    if (value.size == 0)
        return refuse(refusal, CODE_EMPTY, "the value is empty");
    if (text[0] == '\0')
        return refuse(refusal, CODE_SCHEMA_FRAMED,
                      "byte 0 is 0: the value is framed for a schema registry, wanted plain JSON");
    if (cut_event(&event->cut, text, value.size, refusal) != 0)
        return -1;
    json_t *json = parse(event, text, value.size, refusal);
    if (json == NULL)
        return -1;
    bson_reinit(&event->document);
    int failure = encode_event(&event->encoder, json, &event->cut, &event->document, refusal);
    json_decref(json);
    return failure;
}

static sluice_verdict json_event_apply(void *self, const sluice_record *record, sluice_edit *edit,
                                       sluice_report *report)
{
    struct json_event *event = self;
    struct refusal refusal;
    sluice_record_view view = sluice_view(record);
    if (view.value.data == NULL) /* null.values = delete: the sink's to understand */
        return SLUICE_OK;
    if (convert(event, view.value, &refusal) != 0) {
        sluice_api->report_record(report, 0, SLUICE_REJECT, json_event_code_text(refusal.code), "%s", refusal.message);
        return SLUICE_REJECT;
    }
    void *document = sluice_api->edit_alloc(edit, event->document.len);
    if (document == NULL) {
        sluice_api->report_call(report, "json.memory", "no memory for %u bytes", event->document.len);
        return SLUICE_RETRY;
    }
    memcpy(document, bson_get_data(&event->document), event->document.len);
    sluice_api->edit_value(edit, (sluice_bytes){document, event->document.len});
    return SLUICE_OK;
}

static const sluice_transform_ops transform = {
    .size = sizeof transform, .open = json_event_open, .apply = json_event_apply, .close = json_event_close};

SLUICE_PLUGIN(.name = "json-event", .version = SLUICE_VERSION,
              .summary = "Turns a JSON object into a BSON document, with chosen fields as other types.",
              .accepts = SLUICE_BYTES | SLUICE_JSON, .produces = SLUICE_BSON, .transform = &transform,
              .config_size = sizeof(struct json_event_config), .options = options,
              .option_count = SLUICE_LENGTH(options));

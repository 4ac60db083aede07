/* dlq/letter_json.h - a letter as JSON: what --json prints, the page gets, `export` writes and `replay --from` takes
 * back. Bytes are null, {"text": …} where they are valid UTF-8 without NUL, else {"base64": …}: nothing is lost on the
 * way. Neighbours: entry.h, decisions.h. */
#ifndef SLUICE_DLQ_LETTER_JSON_H
#define SLUICE_DLQ_LETTER_JSON_H

#include "base/error.h"
#include "dlq/decisions.h"

#include <jansson.h>

/* topic: the dead letter topic's name; decision may be NULL.  with_value: else only its size is told.  The caller's. */
json_t *letter_json(const struct entry *entry, const char *topic, const struct decision *decision, bool with_value);

/* A text of anybody's: what is not UTF-8 in it made visible; NULL: JSON's null. */
json_t *letter_json_text(const char *text);

/* A wall clock time as ISO 8601; below 0: null. */
json_t *letter_json_time(int64_t ms);

/* Bytes as described above. */
json_t *letter_json_bytes(const void *data, size_t size);

/* Back from one line of an export: the record with its headers, and the letter's own coordinates.  topic is its
 * record's, and lives as long.  Told with what was wanted when it is none. */
int letter_from_json(const json_t *line, const char *topic, struct entry **entry, struct error *error);

#endif

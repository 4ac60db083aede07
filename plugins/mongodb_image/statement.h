/* plugins/mongodb_image/statement.h - the statement that merges the events of one key into their document, in order,
 * whatever the document is when they arrive, and the one that deletes it.  Pure: makes BSON.
 *
 * Merging is a pipeline of one stage an event, so that events of one key become one write and yet act one after the
 * other.  A stage says:  no document yet -> the event, its field order kept;  the event is not older than the document
 * -> merge [document, event];  older -> merge [document, event, document], which only fills in what is missing.  The
 * guard stands in the pipeline: inside an upsert's filter it would make second documents.  Events are constants (`c`),
 * which the server takes as values, never as expressions. Neighbours: event.h, plan.h. */
#ifndef SLUICE_MONGODB_IMAGE_STATEMENT_H
#define SLUICE_MONGODB_IMAGE_STATEMENT_H

#include "event.h"

enum { STATEMENT_OVERHEAD_BYTES = 1024 }; /* at most, for each event beside its document; a test holds it */

/* Appends the write of the events of one key as element `number` of the array `statements`: {q, u, c, upsert}, or of
 * one that deletes {q, limit}, which matches a newer document not. */
void statement_append_key(bson_t *query, const char *key_field, const bson_value_t *key); /* {KEY: {$eq: key}} */
void statement_append(bson_t *statements, uint32_t number, const struct event *const *events, size_t count,
                      const struct mongodb_config *config);

#endif

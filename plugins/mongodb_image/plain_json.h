/* mongodb_image/plain_json.h - a document as the JSON that json-event made it of: binaries as hex, dates as ISO 8601 in
 * UTC without a zone (as Python prints them: no fraction where it is zero, else six digits), doubles in the fewest
 * digits that read back as the same, never without a fraction or an exponent; `_id`, the database's own, is left out.
 * What JSON events have no form for (ObjectId, decimal128, NaN, ...) is MongoDB's relaxed extended JSON.
 * Neighbour: lookup.c. */
#ifndef SLUICE_MONGODB_IMAGE_PLAIN_JSON_H
#define SLUICE_MONGODB_IMAGE_PLAIN_JSON_H

#include <bson/bson.h>

/* NULL: there is text in it that is no UTF-8.  The caller frees it with bson_free(). */
char *plain_json(const bson_t *document);

#endif

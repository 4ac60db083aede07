/* plugins/json_event/encode.h - a JSON object to BSON, with the types that the producer's driver writes (pymongo):
 * int32 where it fits, else int64; literals with a fraction or an exponent double; fields in the order of the text.
 * Neighbours: cut.h (long strings come from there), hex.h, date.h. */
#ifndef SLUICE_JSON_EVENT_ENCODE_H
#define SLUICE_JSON_EVENT_ENCODE_H

#include "cut.h"
#include "sluice/abi.h"

#include <bson/bson.h>
#include <jansson.h>

struct encoder {
    const sluice_map *convert;   /* top-level fields to be stored as another type */
    const sluice_list *required; /* top-level fields that must be there and not null */
    uint8_t *bytes;              /* decoded hex; owned, kept from event to event */
    size_t capacity;
};

/* Fills an empty document.  -1: the event is refused. */
int encode_event(struct encoder *encoder, const json_t *event, const struct cut_text *cut, bson_t *document,
                 struct refusal *refusal);

#endif

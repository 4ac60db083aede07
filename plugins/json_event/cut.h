/* plugins/json_event/cut.h - a first look at an event's bytes, before jansson sees them: the depth is checked, and long
 * string values of top-level fields are cut out (jansson takes 477 us for the hex of a 40 KB picture, a copy 10 us).
 *
 * Cutting weakens no check.  A string is cut only when it is a whole string token, the value of a top-level member, of
 * printable ASCII without a backslash: jansson would take it as it stands.  "" is left in its place, so the rest is a
 * JSON text exactly when the whole is one.  Members are told by their number, never by what they hold.
 * Neighbours: hex.h, encode.h (puts the cut values back in). */
#ifndef SLUICE_JSON_EVENT_CUT_H
#define SLUICE_JSON_EVENT_CUT_H

#include "codes.h"

#include <stddef.h>

enum { CUT_MOST = 8, CUT_SHORTEST_BYTES = 1024, CUT_DEEPEST = 100 };

struct cut {
    size_t member;    /* of the top-level object, from 0 */
    const char *text; /* in the event */
    size_t size;
    size_t rest_at; /* where its "" begins in the rest */
};

struct cut_text {
    char *rest; /* what is left for jansson; owned, kept from event to event */
    size_t rest_size, capacity;
    struct cut cuts[CUT_MOST];
    size_t count;
};

/* 0; or -1 when the event is nested too deeply. */
int cut_event(struct cut_text *cut, const char *event, size_t size, struct refusal *refusal);
/* The cut of a member, or NULL. */
const struct cut *cut_of(const struct cut_text *cut, size_t member);
/* Where a byte of the rest stood in the event. */
size_t cut_position(const struct cut_text *cut, size_t rest_position);

#endif

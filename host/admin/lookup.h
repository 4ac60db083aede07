/* admin/lookup.h - asks the sink what it holds, on an instance of its own (sluice/abi.h: lookup, count).
 * Neighbours: topics.c, reading.c, plugin/instance.h. */
#ifndef SLUICE_ADMIN_LOOKUP_H
#define SLUICE_ADMIN_LOOKUP_H

#include "admin/turn.h"
#include "ops/http.h"
#include "plugin/instance.h"

struct lookup {
    struct turn turn;     /* an instance is entered by one thread at a time */
    struct instance sink; /* opened at the first question, and again after a failure */
    struct call_limits limits;
    struct flight_note *note;
    atomic_bool away; /* so the last question was answered: the rest that comes may be long */
    bool discreet;    /* see lookup_init() */
};

/* percentage: of the time that asking takes, at most (turn.h).  discreet: anybody may ask.  Nothing of the
 * question is said again: known secrets are masked in an answer, so that it would tell a right guess from a wrong one.
 * Why the sink could not be asked, which may name servers, is only logged.
 */
void lookup_init(struct lookup *lookup, const struct stage *sink, const char *pipeline, int64_t percentage,
                 bool discreet);
/* [any] The plugin is told to give way, and nobody's turn comes any more. */
void lookup_stop(struct lookup *lookup);
void lookup_close(struct lookup *lookup); /* when nobody asks any more */

/* [any] Writes what the sink holds of a key, key NULL: the count of the topic.  False: there is nothing, or it could
 * not be asked, and the response says so: 404, 400 a key that is none, 501 the sink cannot tell, 502, 503 its server is
 * away, or others ask for too much. */
bool lookup_answer(struct lookup *lookup, const char *topic, const char *key, struct http_response *response);

#endif

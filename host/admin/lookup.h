/* admin/lookup.h - asks the sink what it holds, on an instance of its own (sluice/abi.h: lookup, count).
 * Neighbours: topics.c, reading.c, plugin/instance.h. */
#ifndef SLUICE_ADMIN_LOOKUP_H
#define SLUICE_ADMIN_LOOKUP_H

#include "ops/http.h"
#include "plugin/instance.h"

#include <pthread.h>

struct lookup {
    pthread_mutex_t lock; /* an instance is entered by one thread at a time */
    struct instance sink; /* opened at the first question, and again after a failure */
    struct call_limits limits;
    struct flight_note *note;
};

void lookup_init(struct lookup *lookup, const struct stage *sink, const char *pipeline);
void lookup_close(struct lookup *lookup);

/* [any] Writes what the sink holds of a key, key NULL: the count of the topic.  False: there is nothing, or it could
 * not be asked, and the response says so: 404, 400 a key that is none, 501 the sink cannot tell, 502, 503 its server is
 * away, or others ask for too long already. */
bool lookup_answer(struct lookup *lookup, const char *topic, const char *key, struct http_response *response);

#endif

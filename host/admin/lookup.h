/* admin/lookup.h - asks the sink what it holds, on an instance of its own (sluice/abi.h: lookup, count).
 * Neighbours: topics.c, plugin/instance.h. */
#ifndef SLUICE_ADMIN_LOOKUP_H
#define SLUICE_ADMIN_LOOKUP_H

#include "plugin/instance.h"

#include <pthread.h>

struct lookup {
    pthread_mutex_t lock; /* an instance is entered by one thread at a time */
    struct instance sink; /* opened at the first question, and again after a failure */
    struct call_limits limits;
    struct flight_note *note;
};

/* Texts in the caller's arena; json is malloc'ed, NULL: not there. */
struct lookup_answer {
    sluice_verdict verdict;
    const char *code, *text;
    char *json;
};

void lookup_init(struct lookup *lookup, const struct stage *sink, const char *pipeline);
void lookup_close(struct lookup *lookup);

/* [any] key NULL: the count of the topic. */
void lookup_ask(struct lookup *lookup, const char *topic, const char *key, struct arena *arena,
                struct lookup_answer *answer);

#endif

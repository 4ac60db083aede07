/* pipeline/breaker.h - stops a stream of dead letters: when almost every record is rejected it is not the records that
 * are wrong, and dead-lettering them all would only move the topic.  Pure; one for each task.
 * Neighbours: tolerance.h (who asks), delivery.h (the results). */
#ifndef SLUICE_PIPELINE_BREAKER_H
#define SLUICE_PIPELINE_BREAKER_H

#include "pipeline/delivery.h"

struct breaker_limits {
    int64_t max_consecutive; /* rejected in a row; 0: no limit */
    double max_ratio;        /* of the last `window` records; 0: no limit */
    size_t window;
};

struct breaker {
    struct breaker_limits limits;
    bool open; /* tripped: the next batch is a trial */
    int64_t consecutive;
    bool *rejected; /* the last records, a ring of limits.window; NULL while nothing is in it */
    size_t seen, rejected_count;
};

/* Looks at the results of a batch in their order.  Returns the index of the record that trips it: that one and all
 * behind it are not to become letters; count: nothing trips.  A trial closes it when something was stored, and trips it
 * again at its first rejected record when nothing was. */
size_t breaker_judge(struct breaker *breaker, const struct result *results, size_t count);
void breaker_free(struct breaker *breaker);

#endif

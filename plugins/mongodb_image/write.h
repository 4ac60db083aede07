/* plugins/mongodb_image/write.h - carries a plan out: each command sent, each record's verdict reported.
 * Neighbours: plan.h, statement.h, outcome.h. */
#ifndef SLUICE_MONGODB_IMAGE_WRITE_H
#define SLUICE_MONGODB_IMAGE_WRITE_H

#include "outcome.h"
#include "plan.h"
#include "sink.h"

/* The verdicts of one put, gathered until all is known. */
struct verdicts {
    struct statement_outcome *of; /* one a record */
    bool *decided;
    size_t count;
    bool stopped; /* a command failed as a whole, or time is up: nothing more is sent, the rest comes again */
};

/* [task] Decides every record of the plan, or stops. */
void write_plan(struct sink *sink, const struct plan *plan, struct verdicts *verdicts);

/* [task] One event alone, told apart further: what it changed.  For events that come a second time by hand. */
void write_alone(struct sink *sink, const struct plan *plan, struct verdicts *verdicts);

#endif

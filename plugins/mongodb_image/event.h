/* plugins/mongodb_image/event.h - one event as the sink sees it: checked without a server, its key and version found.
 * Pure.
 * Neighbours: plan.h (gathers them into writes), codes.h. */
#ifndef SLUICE_MONGODB_IMAGE_EVENT_H
#define SLUICE_MONGODB_IMAGE_EVENT_H

#include "options.h"

enum { EVENT_LARGEST_BYTES = 16 * 1024 * 1024 }; /* MongoDB Limits and Thresholds: BSON document size */

/* Copied freely: it holds no pointer into itself. */
struct event {
    sluice_bytes document; /* borrowed: the record's value, a BSON document */
    bson_iter_t key_iter;  /* at the business key */
    bool has_version;
    int64_t version_ms;
};

/* The business key's value, as long as the event stays where it is. */
const bson_value_t *event_key(const struct event *event);

/* Why an event is refused. */
struct event_refusal {
    const char *code; /* static */
    char text[192];
};

/* 0; or -1 with the reason.  The event borrows the value's bytes. */
int event_read(struct event *event, sluice_bytes value, const struct mongodb_config *config,
               struct event_refusal *refusal);

#endif

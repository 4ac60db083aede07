/* plugins/mongodb_image/event.h - one event as the sink sees it: checked without a server, its key and version found.
 * Pure.
 * Neighbours: plan.h (gathers them into writes), codes.h. */
#ifndef SLUICE_MONGODB_IMAGE_EVENT_H
#define SLUICE_MONGODB_IMAGE_EVENT_H

#include "options.h"

enum { EVENT_LARGEST_BYTES = 16 * 1024 * 1024 }; /* MongoDB Limits and Thresholds: BSON document size */

enum operation {
    OPERATION_MERGE,
    OPERATION_DELETE,
};

/* Copied freely: what it points at is the record's. */
struct event {
    enum operation operation;
    sluice_bytes document; /* the record's value, a BSON document; of no bytes where the value is null */
    bson_value_t key;      /* the business key */
    bool has_version;
    int64_t version_ms;
};

/* A whole number in decimal that an int64 holds, and nothing beside it. */
bool event_whole_number(sluice_bytes text, int64_t *number);

/* Why an event is refused. */
struct event_refusal {
    const char *code; /* static */
    char text[192];
};

/* 0; or -1 with the reason.  The event borrows the record's key and value. */
int event_read(struct event *event, const sluice_record_view *view, const struct mongodb_config *config,
               struct event_refusal *refusal);

#endif

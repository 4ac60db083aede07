/* plugins/mongodb_image/sink.h - one instance of the sink: its client and what it has learnt.
 * Neighbours: mongodb_image.c (the calls), write.h, index.h, lookup.h. */
#ifndef SLUICE_MONGODB_IMAGE_SINK_H
#define SLUICE_MONGODB_IMAGE_SINK_H

#include "options.h"

enum {
    METRIC_COMMANDS,
    METRIC_INSERTED,
    METRIC_CHANGED,
    METRIC_UNCHANGED,
    METRIC_FOLDED,
    METRIC_VERSIONLESS,
    METRIC_DELETED,
};

struct sink {
    const sluice_context *context;
    const struct mongodb_config *config;
    mongoc_client_t *client; /* single-threaded: an instance is entered by one thread at a time */
    mongoc_write_concern_t *concern;
    char **indexed; /* collections whose unique index is known to be there */
    size_t indexed_count;
    bson_oid_t process; /* of the primary, when it was last connected to */
};

/* How long a question to the server may take: until its socket gives up, or our call has to end.  Without a limit of
 * its own the server goes on with one for which nobody waits any more. */
int64_t sink_patience_ms(const struct sink *sink);

#endif

/* pipeline/origin.h - where a replayed letter was first: read from the headers that letter.c writes.
 * Neighbours: record.h (whose original coordinates these become), letter.h. */
#ifndef SLUICE_PIPELINE_ORIGIN_H
#define SLUICE_PIPELINE_ORIGIN_H

#include "plugin/boundary.h"

/* Kafka Connect's (org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter) and our own. */
#define LETTER_CONNECT_PREFIX "__connect.errors."
#define LETTER_SLUICE_PREFIX "__sluice."

struct record_origin {
    const char *topic; /* in the arena it was read into; NULL: the record is no letter of this pipeline */
    int32_t partition;
    int64_t offset;
    int64_t replay_count;
};

/* Headers of a letter count only when its connector.name is ours: somebody else's are the user's. */
struct record_origin origin_read(const struct record_header *headers, size_t count, const char *pipeline,
                                 struct arena *arena);

#endif

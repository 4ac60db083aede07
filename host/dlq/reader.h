/* dlq/reader.h - reads a topic, or stretches of it, as it stood when it was opened: by assignment, outside of any
 * group, committing nothing, within the budget of the pipeline's own consumer.  The dead letter topic and its state
 * topic are read here and nowhere else. Neighbours: letters.h (which letters of it), decisions.h,
 * pipeline/clients.h (the consumer's settings). */
#ifndef SLUICE_DLQ_READER_H
#define SLUICE_DLQ_READER_H

#include "base/error.h"
#include "config/pipeline_config.h"
#include "pipeline/record.h"

#include <stdatomic.h>

/* How a long scan is watched and ended.  Both members may be NULL. */
struct reader_watch {
    void (*progress)(void *opaque, uint64_t read, uint64_t total); /* records; at most a few times a second */
    void *opaque;
    const atomic_bool *stop; /* set: reading ends as if nothing more were there */
};

/* Offsets of one partition: from <= offset < to. */
struct reader_span {
    int32_t partition;
    int64_t from, to;
};

struct reader;

/* One thread at a time.  topic lives as long as the reader and every record read.  missing_ok: a topic that does not
 * exist has no partitions.  Fails when no broker answers within 10 s. */
int reader_open(struct reader **reader, const struct pipeline_config *config, const struct settings *settings,
                const char *topic, bool missing_ok, const struct reader_watch *watch, struct error *error);
void reader_close(struct reader *reader); /* NULL is fine */

/* The first offset the broker has and the next it will write, when it was opened; one span a partition. */
const struct reader_span *reader_spans(const struct reader *reader, size_t *count);
int reader_replicas(const struct reader *reader); /* of the topic's first partition */

/* Reads the spans at once, each in order; each() takes the record over and answers whether to go on.  Fails when the
 * broker gives nothing for 30 s, or refuses. */
int reader_read(struct reader *reader, const struct reader_span *spans, size_t count,
                bool (*each)(void *opaque, struct record *record), void *opaque, struct error *error);

#endif

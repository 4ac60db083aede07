/* dlq/entry.h - one record of a dead letter topic as it is read: the record byte for byte, and what its headers tell of
 * why it is there, whoever wrote it.  What no header tells stays NULL or below zero.
 * Neighbours: reader.h (where entries come from), letter_json.h (or from a file), pipeline/letter.h (how Sluice writes
 * them). */
#ifndef SLUICE_DLQ_ENTRY_H
#define SLUICE_DLQ_ENTRY_H

#include "base/arena.h"
#include "pipeline/record.h"

struct entry {
    struct record *record; /* as consumed; its partition_number and offset are the letter's own */
    int64_t value_bytes;   /* -1: null.  Told even where the value itself has been let go of */
    const char *writer;    /* "sluice", "kafka-connect", "spring-kafka", "kafka-streams", "unknown" */
    const char *topic;     /* where the record was first, NULL: not told */
    int64_t partition;     /* -1: not told */
    int64_t offset;        /* -1: not told */
    const char *code;      /* the error's code, or the exception's class; "unknown" */
    const char *message;   /* NULL: not told, as are the others */
    const char *stage;     /* "TRANSFORMATION", "TASK_PUT", another writer's own */
    const char *connector; /* the pipeline's or connector's name */
    const char *plugin;    /* "mongodb-image/0.1.0", or the class that failed */
    int64_t failed_at_ms;  /* wall clock; the record's own time where nothing tells it, -1 where that is no time */
    int64_t attempts;      /* -1: not told */
    int64_t replay_count;  /* 0: not told */
    int64_t omitted_bytes; /* of a value that was too large for the letter; -1: nothing was omitted */
    struct arena arena;    /* the texts above */
};

/* Takes the record over; freed by entry_free(). */
struct entry *entry_new(struct record *record);
void entry_free(struct entry *entry); /* NULL is fine */

/* Is the header one that tells of an error, whichever system wrote it, rather than the user's own? */
bool entry_header_is_told(const char *name);

/* Topic, partition and offset, all three. */
bool entry_origin_is_told(const struct entry *entry);
/* The same record of the same pipeline has the same one, whichever of its letters this is: a hash of the pipeline's
 * name and the origin's topic, partition, offset; of the letter's own place where no origin is told. */
uint64_t entry_origin_hash(const struct entry *entry);

/* The record as the chain is to see it: from its origin, without the headers that tell of the error, in memory of the
 * arena.  as_topic: the origin of one that tells none; false where that is NULL too.  It was read from nowhere: its
 * current partition and offset are -1, so that a sink tells it from a record that comes for the first time. */
bool entry_show(const struct entry *entry, const char *as_topic, struct arena *arena, struct sluice_record *record);

size_t entry_header_count(const struct entry *entry);
/* Header i; value.data NULL: a null value.  Both live as long as the record. */
const char *entry_header(const struct entry *entry, size_t i, sluice_bytes *value);

#endif

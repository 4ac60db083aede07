/* plugins/mongodb_image/plan.h - events gathered into writes: those of one key in one collection are folded into one
 * write, in order, and a collection's writes of one kind are cut into commands that a server takes.  Pure.
 * Neighbours: event.h, statement.h (a write as BSON), write.h (carries a plan out). */
#ifndef SLUICE_MONGODB_IMAGE_PLAN_H
#define SLUICE_MONGODB_IMAGE_PLAN_H

#include "event.h"

#include <uthash.h>

enum {
    PLAN_MOST_FOLDED = 64,                /* events in one write: each is a pipeline stage */
    PLAN_MOST_WRITES = 10000,             /* in one command */
    PLAN_COMMAND_BYTES = 16 * 1024 * 1024 /* of statements in one command; a larger single one travels alone */
};

/* What becomes of a record; the plan's user fills it. */
struct planned_event {
    size_t record; /* its index in the batch */
    struct event event;
};

struct write {
    enum operation operation;
    size_t *events; /* indexes into plan->events, in order */
    size_t count;
    size_t bytes;
    char *key; /* collection and key, as bytes */
    size_t key_size;
    UT_hash_handle hh;
};

struct collection_writes {
    char *collection;
    enum operation operation;
    struct write **writes;
    size_t count;
};

struct plan {
    struct planned_event *events;
    size_t count, capacity;
    struct collection_writes *collections;
    size_t collection_count;
    struct write *by_key;
};

/* False: the key's write is full, or it or the event deletes; carry the plan out, clear it, and add the event again. */
bool plan_add(struct plan *plan, const char *collection, size_t record, const struct event *event);
void plan_clear(struct plan *plan);

/* The end of the command that begins with write `first`. */
size_t plan_command_end(const struct collection_writes *writes, size_t first);

#endif

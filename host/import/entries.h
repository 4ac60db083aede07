/* import/entries.h - a Kafka Connect configuration as names and values: a connector's, in JSON or as properties, or a
 * worker's.
 * Neighbours: properties.h reads the one syntax, jansson the other; mapping.h looks the names up. */
#ifndef SLUICE_IMPORT_ENTRIES_H
#define SLUICE_IMPORT_ENTRIES_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <uthash.h>

struct entry {
    UT_hash_handle hh; /* hh.next: the next of the file */
    const char *name, *value;
    const char *unsaid; /* of a reference in it that cannot be translated: which, and why; NULL: none (reference.h) */
    bool mapped;        /* a row of a table was about it */
};

struct entries {
    struct entry *first; /* by name, in the order of the file */
    struct arena arena;  /* of all entries and their texts */
};

enum entries_syntax {
    ENTRIES_PROPERTIES,
    ENTRIES_JSON, /* an object of names and values, or as Connect's REST API has it: {"name": ..., "config": {...}} */
};

/* By the name's end: .properties, or else JSON. */
enum entries_syntax entries_syntax_of(const char *path);
/* [main] Reads a file, "-" for standard input.  A zeroed struct is an empty one; entries_free() it whatever is
 * returned. */
int entries_read(struct entries *entries, const char *path, enum entries_syntax syntax, struct error *error);
void entries_free(struct entries *entries);

/* A later value of a name takes the place of the earlier.  Blanks around a value are none of it, as for Kafka's
 * ConfigDef. */
void entries_set(struct entries *entries, const char *name, const char *value);
/* NULL when absent. */
const char *entries_value(const struct entries *entries, const char *name);

#endif

/* import/mapping.h - from the keys of a Kafka Connect configuration to settings and findings, by tables: a row a key.
 * Neighbours: framework.c, mongodb.c, client.c and worker.c have the tables; entries.h, draft.h, findings.h. */
#ifndef SLUICE_IMPORT_MAPPING_H
#define SLUICE_IMPORT_MAPPING_H

#include "import/draft.h"
#include "import/entries.h"
#include "import/findings.h"

/* One import.  [main] */
struct import {
    struct entries connector, worker; /* worker: empty when its file was not given */
    struct draft draft;
    struct findings findings;
    struct arena arena; /* texts made on the way */
    bool are_apart;     /* the consumer and the producer reach different brokers */
};

enum {
    MAPPING_SECRET = 1, /* the value is shown in no finding */
    MAPPING_ALWAYS = 2, /* mapped with its preset where the file does not have it */
};

struct mapped;

struct mapping {
    const char *key; /* with a dot at its end: all that begin with it */
    void (*map)(struct import *import, const struct mapped *at);
    const char *section, *option; /* what it becomes; NULL: the pass's section, the name it has */
    const char *text;             /* why it has no counterpart, is not needed, or how it differs */
    const char *preset;           /* what it is where the file does not have it */
    unsigned flags;
};

struct mapping_table {
    const struct mapping *rows;
    size_t count;
};

/* A row that met its key. */
struct mapped {
    const struct mapping *row;
    const struct entries *entries;
    const char *prefix; /* of the key, before the row's own: "consumer.override." */
    const char *key;    /* the whole of it */
    const char *value;
    const char *section;
    bool is_given; /* false: value is the preset */
};

/* A pass: every row of the table, in its order, on every entry whose name is prefix and the row's key.  section: of
 * rows that name none; may be NULL. */
void mapping_apply(struct import *import, struct entries *entries, const char *prefix, const char *section,
                   const struct mapping_table *table);

/* Another key under the same prefix, as its file has it; NULL when absent. */
const char *mapped_sibling(struct import *import, const struct mapped *at, const char *key);
/* A key of the connector's; "" when absent. */
const char *import_value(struct import *import, const char *key);
/* The last part of a class's name, which is how Connect lets it be given, too. */
const char *class_name(const char *value);

/* Writes the option with the value, or tells why it cannot be written; tells of a secret in plain text. */
void import_set(struct import *import, const struct mapped *at, const char *section, const char *option,
                const char *value);
/* "KEY = VALUE: TEXT", "KEY: TEXT" of a secret. */
void import_tell(struct import *import, const struct mapped *at, enum finding_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* For rows: the same value under the row's option; with a text it differs. */
void map_copy(struct import *import, const struct mapped *at);
/* The same; where it is empty, it is left to be set. */
void map_required(struct import *import, const struct mapped *at);
/* Where it is true, the row's option is. */
void map_if_true(struct import *import, const struct mapped *at);
/* No counterpart, for the row's reason; the row's preset is none to miss. */
void map_none(struct import *import, const struct mapped *at);
/* No counterpart, and none is needed. */
void map_drop(struct import *import, const struct mapped *at);
/* Another row tells of it. */
void map_part(struct import *import, const struct mapped *at);
/* At most so many records in one put: the smallest of several wins. */
void map_batch(struct import *import, const struct mapped *at);

#endif

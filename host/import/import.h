/* import/import.h - a Kafka Connect configuration as an INI that does the same.
 * Neighbours: commands/import.c; tables.h has what each key becomes. */
#ifndef SLUICE_IMPORT_IMPORT_H
#define SLUICE_IMPORT_IMPORT_H

#include "import/mapping.h"

#define IMPORT_MONGODB_CLASS "com.mongodb.kafka.connect.MongoSinkConnector"

struct import_files {
    const char *connector;         /* "-": standard input */
    const char *worker;            /* NULL: none */
    const char *bootstrap_servers; /* in place of the worker's; NULL: those */
};

/* [main] Fills draft and findings; fails where a file cannot be read.  import_free() it whatever is returned. */
int import_run(struct import *import, const struct import_files *files, struct error *error);
void import_free(struct import *import);

/* The connector's class is mongo-kafka's sink, which Connect lets be written in three ways. */
bool import_is_mongodb(const struct entries *connector);

#endif

/* commands/load.h - how every command begins that reads a pipeline's files: settings, typed options, chain, Kafka
 * clients, and all that is wrong with them told in one go.  From there on secrets are masked and crashes told.
 * Neighbours: run.c, validate.c, try.c. */
#ifndef SLUICE_COMMANDS_LOAD_H
#define SLUICE_COMMANDS_LOAD_H

#include "plugin/chain.h"

enum { LOAD_MOST_FILES = 16 };

/* The -c options of a command line. */
struct file_list {
    const char *files[LOAD_MOST_FILES];
    size_t count;
};

struct loaded {
    struct settings settings;
    struct pipeline_config config;
    struct chain chain;
    struct problems *problems;
};

/* [main] clients: also create both Kafka clients offline, for what only they can find.  Look at loaded->problems. */
void load(struct loaded *loaded, const struct file_list *files, bool clients);
void load_free(struct loaded *loaded);

#endif

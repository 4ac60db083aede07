/* commands/arguments.h - what the commands' options have in common, on top of glibc's argp. */
#ifndef SLUICE_COMMANDS_ARGUMENTS_H
#define SLUICE_COMMANDS_ARGUMENTS_H

#include "commands/load.h"

#include <argp.h>

/* Keys of long options that have no letter. */
enum {
    KEY_PRINT = 0x100,
    KEY_JSON,
    KEY_MARKDOWN,
    KEY_METRICS,
    KEY_WHOLE,
    KEY_TOPIC,
    KEY_KEY,
    KEY_ALL,
    KEY_LIMIT,
    KEY_YES,
    KEY_OWN /* what one command has for itself begins here */
};

#define ARGUMENT_CONFIG                                                                   \
    {                                                                                     \
        .name = "config", .key = 'c', .arg = "FILE",                                      \
        .doc = "The pipeline's INI file. Given several times, later files win key by key" \
    }

/* Adds a file; tells and ends the process with 2 when there are too many. */
void argument_config(struct file_list *files, const char *file, struct argp_state *state);
/* At the end of parsing: at least one file, or tells what is missing and ends the process with 2. */
void argument_need_config(const struct file_list *files, struct argp_state *state);

/* argp_parse() with our conventions: `sluice COMMAND` as the program's name, 2 as the exit code of a mistake. */
void arguments_parse(const struct argp *argp, int argc, char **argv, void *input);

#endif

/* commands/dispatch.h - a name from the command line looked up in a table: the commands of sluice, the verbs of
 * `sluice dlq`.
 * Neighbours: commands.c, dlq.c. */
#ifndef SLUICE_COMMANDS_DISPATCH_H
#define SLUICE_COMMANDS_DISPATCH_H

#include <stdio.h>

struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the whole name: "sluice dlq ls" */
};

struct command_table {
    const char *program; /* "sluice dlq" */
    const char *kind;    /* "verb", as a mistake is told */
    const struct command *commands;
    size_t count;
    const char *before, *after; /* the help's text around the list of names */
};

/* Runs argv[1]; tells the help for --help, and with 2 where nothing, or nothing known, is named. */
int dispatch(const struct command_table *table, int argc, char **argv);

#endif

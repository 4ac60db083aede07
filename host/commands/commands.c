#include "commands/commands.h"

#include "base/alloc.h"
#include "commands/table.h"
#include "config/nearest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "Run a pipeline until it is told to stop", command_run},
    {"validate", "Tell everything that is wrong with a pipeline's files", command_validate},
    {"describe", "Show the host's options and the plugins, or one plugin", command_describe},
    {"try", "Send events through the chain, offline, and show what would be stored", command_try},
    {"dlq", "List, explain, test and replay dead letters", command_dlq},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fprintf(out,
            "Usage: sluice COMMAND [OPTION...]\n"
            "Sluice consumes Kafka topics, transforms the records and writes them to a sink, through plugins named "
            "in an INI file.\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out,
            "\n  --version  Print the version\n  --help     Print this; `sluice COMMAND --help` tells more\n\n"
            "Examples:\n"
            "  sluice validate -c plant-images.ini\n"
            "  sluice run -c base.ini -c production.ini\n"
            "  sluice describe mongodb-image\n"
            "  head -n 5 events.ndjson | sluice try -c plant-images.ini\n"
            "  sluice dlq ls -c plant-images.ini\n\n"
            "Exit codes: 0 fine, 1 a failure while running, 2 a mistake in files or options, 3 a server that cannot "
            "be reached, 128 + n ended by signal n.\n");
}

static int unknown(const char *name)
{
    const char *names[COMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_name(names, name);
    fprintf(stderr, "sluice: no command '%s'%s%s%s; see `sluice --help`\n", name,
            nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    return EXIT_CONFIGURATION;
}

int commands_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_CONFIGURATION;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("sluice %s\n", SLUICE_VERSION);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char *name = alloc_printf("sluice %s", argv[1]); /* what argp's help calls the program */
            argv[1] = name;
            int exit_code = commands[i].run(argc - 1, argv + 1);
            free(name);
            return exit_code;
        }
    return unknown(argv[1]);
}

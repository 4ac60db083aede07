#include "commands/commands.h"

#include "commands/dispatch.h"
#include "commands/table.h"

#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"run", "Run a pipeline until it is told to stop", command_run},
    {"validate", "Tell everything that is wrong with a pipeline's files", command_validate},
    {"describe", "Show the host's options and the plugins, or one plugin", command_describe},
    {"try", "Send events through the chain, offline, and show what would be stored", command_try},
    {"import", "Make a pipeline's file of a Kafka Connect configuration", command_import},
    {"dlq", "List, explain, test and replay dead letters", command_dlq},
};

static const struct command_table table = {
    .program = "sluice",
    .kind = "command",
    .commands = commands,
    .count = sizeof commands / sizeof commands[0],
    .before =
        "Usage: sluice COMMAND [OPTION...]\n"
        "Sluice consumes Kafka topics, transforms the records and writes them to a sink, through plugins named in "
        "an INI file.\n\n",
    .after =
        "\n  --version  Print the version\n  --help     Print this; `sluice COMMAND --help` tells more\n\n"
        "Examples:\n"
        "  sluice validate -c plant-images.ini\n"
        "  sluice run -c base.ini -c production.ini\n"
        "  sluice describe mongodb-image\n"
        "  head -n 5 events.ndjson | sluice try -c plant-images.ini\n"
        "  sluice dlq ls -c plant-images.ini\n\n"
        "Exit codes: 0 fine, 1 a failure while running, 2 a mistake in files or options, 3 a server that cannot be "
        "reached, 128 + n ended by signal n.\n",
};

int commands_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("sluice %s\n", SLUICE_VERSION);
        return EXIT_FINE;
    }
    return dispatch(&table, argc, argv);
}

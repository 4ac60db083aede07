/* commands/import.c - `sluice import`: a Kafka Connect sink configuration as a pipeline's INI file, with all that
 * differs told beside it. Neighbour: import/. */
#include "import/import.h"

#include "base/show.h"
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/table.h"

enum { KEY_WORKER = KEY_OWN, KEY_BOOTSTRAP_SERVERS };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct import_files *files = state->input;
    switch (key) {
    case KEY_WORKER: files->worker = argument; return 0;
    case KEY_BOOTSTRAP_SERVERS: files->bootstrap_servers = argument; return 0;
    case ARGP_KEY_ARG:
        if (files->connector != NULL)
            argp_error(state, "'%s' is not expected: one FILE is a pipeline", argument);
        files->connector = argument;
        return 0;
    case ARGP_KEY_END:
        if (files->connector == NULL)
            argp_error(state, "no configuration: give FILE, or - for standard input");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {.name = "worker",
     .key = KEY_WORKER,
     .arg = "FILE",
     .doc = "The Connect worker's properties: the brokers, consumer.* and producer.*, converters, config providers"},
    {.name = "bootstrap-servers", .key = KEY_BOOTSTRAP_SERVERS, .arg = "LIST", .doc = "The brokers, host:port, ..."},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "FILE",
    .doc =
        "Reads the configuration of a Kafka Connect sink connector (mongo-kafka's), as a JSON object, as Connect's "
        "REST "
        "API takes and gives it, or as properties (FILE ends in .properties), and prints the INI that does the same. "
        "What has no counterpart, what is left to be set and what differs is told on standard error. Exits with 1 when "
        "something has no counterpart or is left to be set: where a wrong guess would store something wrong, a value "
        "is empty, and `sluice validate` refuses it.\v"
        "The consumer group stays the connector's, so that Sluice goes on at its offsets: stop the connector first.\n\n"
        "Examples:\n"
        "  sluice import --worker connect-standalone.properties plants.json > plants.ini && sluice run -c plants.ini\n"
        "  curl -s localhost:8083/connectors/plants | sluice import --bootstrap-servers kafka:9092 - > plants.ini\n",
};

int command_import(int argc, char **argv)
{
    struct import_files files = {.connector = NULL};
    struct import import;
    struct error error;
    int exit_code = EXIT_CONFIGURATION;
    arguments_parse(&argp, argc, argv, &files);
    if (import_run(&import, &files, &error) == 0) {
        draft_print(&import.draft, stdout);
        findings_print(&import.findings, stderr);
        bool is_whole =
            findings_count(&import.findings, FINDING_NONE) == 0 && findings_count(&import.findings, FINDING_UNSET) == 0;
        exit_code = is_whole ? EXIT_FINE : EXIT_RUNTIME;
    } else {
        fputs("sluice import: ", stderr);
        show_text(stderr, error.text); /* it may quote the file */
        putc('\n', stderr);
    }
    import_free(&import);
    return exit_code;
}

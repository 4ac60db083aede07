/* commands/dlq.c - `sluice dlq VERB`: dead letters listed, explained, tested and sent again, one verb a file. */
#include "commands/dlq.h"

#include "base/alloc.h"
#include "commands/table.h"
#include "config/nearest.h"

#include <stdlib.h>
#include <string.h>

static const struct verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"ls", "List letters, newest first", dlq_ls},
    {"stats", "Count letters by code, topic, stage or hour", dlq_stats},
    {"show", "Show a letter whole: why, where from, headers, value", dlq_show},
    {"test", "Would letters pass today's configuration? Nothing is written", dlq_test},
    {"replay", "Send letters again, to the sink or to a topic", dlq_replay},
    {"export", "Write letters as lines of JSON, which `replay --from` takes back", dlq_export},
    {"discard", "Close letters without sending them, with a reason", dlq_discard},
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static void print_help(FILE *out)
{
    fputs("Usage: sluice dlq VERB -c FILE [OPTION...] [LETTER...]\n"
          "Works on the dead letters of a pipeline: the records it could not store, each with the reason.\n\n",
          out);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
    fputs("\nA LETTER is PARTITION:OFFSET in the dead letter topic, or TOPIC:PARTITION:OFFSET of the record it is "
          "about. A "
          "letter is open until it is stored, sent to a topic or discarded; that is kept in the compacted topic <dead "
          "letter topic>.state, so that all operators see one list.\n\n"
          "Why is a record not in the database?\n"
          "  sluice dlq ls -c plant-images.ini --topic potato --key 17\n"
          "  sluice dlq show -c plant-images.ini potato:0:4711\n"
          "Mend it, and see it stored:\n"
          "  sluice dlq test -c plant-images.ini potato:0:4711\n"
          "  sluice dlq replay -c plant-images.ini --to-sink --edit potato:0:4711\n"
          "After a mistake in the configuration is mended:\n"
          "  sluice dlq stats -c plant-images.ini --by code,topic\n"
          "  sluice dlq replay -c plant-images.ini --to-sink --code json.date --dry-run\n\n"
          "`sluice dlq VERB --help` tells more. Exit codes: 0 fine, 1 a letter was refused or none was found, 2 a "
          "mistake "
          "in files or options, 3 a server that cannot be reached, 128 + n ended by signal n.\n",
          out);
}

static int unknown(const char *name)
{
    const char *names[VERB_COUNT + 1] = {NULL};
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = verbs[i].name;
    const char *nearest = nearest_name(names, name);
    fprintf(stderr, "sluice dlq: no verb '%s'%s%s%s; see `sluice dlq --help`\n", name,
            nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
    return EXIT_CONFIGURATION;
}

int command_dlq(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_CONFIGURATION;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0) {
            char *name = alloc_printf("%s %s", argv[0], argv[1]);
            argv[1] = name;
            int exit_code = verbs[i].run(argc - 1, argv + 1);
            free(name);
            return exit_code;
        }
    return unknown(argv[1]);
}

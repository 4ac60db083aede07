/* commands/dlq.c - `sluice dlq VERB`: dead letters listed, explained, tested and sent again, one verb a file. */
#include "commands/dlq.h"

#include "commands/dispatch.h"
#include "commands/table.h"

static const struct command verbs[] = {
    {"ls", "List letters, newest first", dlq_ls},
    {"stats", "Count letters by code, topic, stage or hour", dlq_stats},
    {"show", "Show a letter whole: why, where from, headers, value", dlq_show},
    {"test", "Would letters pass today's configuration? Nothing is written", dlq_test},
    {"replay", "Send letters again, to the sink or to a topic", dlq_replay},
    {"export", "Write letters as lines of JSON, which `replay --from` takes back", dlq_export},
    {"discard", "Close letters without sending them, with a reason", dlq_discard},
};

static const struct command_table table = {
    .program = "sluice dlq",
    .kind = "verb",
    .commands = verbs,
    .count = sizeof verbs / sizeof verbs[0],
    .before = "Usage: sluice dlq VERB -c FILE [OPTION...] [LETTER...]\n"
              "Works on the dead letters of a pipeline: the records it could not store, each with the reason.\n\n",
    .after =
        "\nA LETTER is PARTITION:OFFSET in the dead letter topic, or TOPIC:PARTITION:OFFSET of the record it is "
        "about.\n"
        "A letter is open until it is stored, sent to a topic or discarded; that is kept in the compacted topic\n"
        "<dead letter topic>.state, so that all operators see one list.\n\n"
        "Why is a record not in the database?\n"
        "  sluice dlq ls -c plant-images.ini --topic potato --key 17\n"
        "  sluice dlq show -c plant-images.ini potato:0:4711\n"
        "Mend it, and see it stored:\n"
        "  sluice dlq test -c plant-images.ini potato:0:4711\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --edit potato:0:4711\n"
        "After a mistake in the configuration is mended:\n"
        "  sluice dlq stats -c plant-images.ini --by code,topic\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --code json.date --dry-run\n\n"
        "`sluice dlq VERB --help` tells more. Exit codes: 0 fine, 1 a letter was refused or none was there to act on,\n"
        "2 a mistake in files or options, 3 a server that cannot be reached, 128 + n ended by signal n.\n",
};

int command_dlq(int argc, char **argv)
{
    return dispatch(&table, argc, argv);
}

/* commands/dlq_replay.c - `sluice dlq replay`: letters sent again, each ending as applied, filled, stale or what it is.
 */
#include "commands/dlq_edit.h"
#include "commands/dlq_send.h"

#include <string.h>
#include <unistd.h>

enum {
    KEY_TO_SINK = KEY_OWN,
    KEY_TO_TOPIC,
    KEY_AS_TOPIC,
    KEY_DRY_RUN,
    KEY_RATE,
    KEY_EDIT,
    KEY_PATCH,
    KEY_HEADER_ALLOW,
    KEY_HEADER_DENY,
    KEY_MAX_REPLAYS,
    KEY_CONFIRM_ABOVE,
    KEY_FROM,
    KEY_FOREIGN
};
enum { MOST_PATTERNS = 64, DEFAULT_CONFIRM_ABOVE = 100 };

struct patterns {
    const char *items[MOST_PATTERNS];
    size_t count;
};

struct arguments {
    struct dlq_selection selection;
    bool to_sink, to_topic, edit;
    const char *patch;
    struct patterns allow, deny;
    struct dlq_order order;
};

/* ---- The command line ----------------------------------------------------------------------------- */

static void add_pattern(struct patterns *patterns, const char *pattern, struct argp_state *state)
{
    if (patterns->count == MOST_PATTERNS)
        argp_error(state, "more than %d header patterns", MOST_PATTERNS);
    patterns->items[patterns->count++] = pattern;
}

static void check(const struct arguments *arguments, struct argp_state *state)
{
    if (arguments->to_sink == arguments->to_topic)
        argp_error(state, "where to? wanted one of --to-sink and --to-topic[=TOPIC]");
    if (arguments->edit && arguments->patch != NULL)
        argp_error(state, "--edit and --patch: wanted one of them");
    if (arguments->edit && !arguments->selection.yes && isatty(STDIN_FILENO) != 1)
        argp_error(state, "--edit asks for each letter: wanted a terminal, or --yes");
    if (arguments->edit && arguments->order.from != NULL && strcmp(arguments->order.from, "-") == 0)
        argp_error(state, "--edit needs standard input for the editor: wanted --from with a file");
    if (arguments->order.from != NULL && arguments->patch != NULL && strcmp(arguments->order.from, "-") == 0 &&
        strcmp(arguments->patch, "-") == 0)
        argp_error(state, "--from and --patch cannot both be standard input");
    if (arguments->order.from != NULL && strcmp(arguments->order.from, "-") == 0 && !arguments->selection.yes)
        argp_error(state, "--from - is read once, so the letters cannot be counted before asking: give --yes");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_TO_SINK: arguments->to_sink = true; return 0;
    case KEY_TO_TOPIC:
        arguments->to_topic = true;
        arguments->order.how.topic = argument;
        return 0;
    case KEY_AS_TOPIC: arguments->order.how.as_topic = argument; return 0;
    case KEY_DRY_RUN: arguments->order.how.dry_run = true; return 0;
    case KEY_RATE: arguments->order.rate = dlq_number(argument, 1000000, "rate", state); return 0;
    case KEY_EDIT: arguments->edit = true; return 0;
    case KEY_PATCH: arguments->patch = argument; return 0;
    case KEY_HEADER_ALLOW: add_pattern(&arguments->allow, argument, state); return 0;
    case KEY_HEADER_DENY: add_pattern(&arguments->deny, argument, state); return 0;
    case KEY_MAX_REPLAYS:
        arguments->order.how.max_replay_count = dlq_number(argument, INT32_MAX, "max-replay-count", state);
        return 0;
    case KEY_CONFIRM_ABOVE:
        arguments->order.confirm_above = dlq_number(argument, INT32_MAX, "confirm-above", state);
        return 0;
    case KEY_FOREIGN: arguments->order.how.foreign = true; return 0;
    case KEY_FROM: arguments->order.from = argument; return 0;
    case 'v': arguments->order.verbose = true; return 0;
    case ARGP_KEY_END: check(arguments, state); return 0;
    default: return dlq_parse(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {.name = "to-sink", .key = KEY_TO_SINK, .doc = "Through the chain to the sink: no other subscriber sees them"},
    {.name = "to-topic",
     .key = KEY_TO_TOPIC,
     .arg = "TOPIC",
     .flags = OPTION_ARG_OPTIONAL,
     .doc = "Back to where each was first, or to TOPIC"},
    {.name = "dry-run", .key = KEY_DRY_RUN, .doc = "Send nothing; tell what would be, as `sluice dlq test` does"},
    {.name = "edit", .key = KEY_EDIT, .doc = "Each value in $VISUAL or $EDITOR first; shows what changes, and asks"},
    {.name = "patch", .key = KEY_PATCH, .arg = "FILE", .doc = "Each value changed by a JSON merge patch (RFC 7386)"},
    {.name = "from", .key = KEY_FROM, .arg = "FILE", .doc = "Letters of an export instead of the topic's"},
    {.name = "rate", .key = KEY_RATE, .arg = "N", .doc = "No more than N letters a second"},
    {.name = "header-allow", .key = KEY_HEADER_ALLOW, .arg = "PATTERN", .doc = "Only such headers go along"},
    {.name = "header-deny", .key = KEY_HEADER_DENY, .arg = "PATTERN", .doc = "Such headers do not go along"},
    {.name = "as-topic", .key = KEY_AS_TOPIC, .arg = "TOPIC", .doc = "Where letters come from that do not tell"},
    {.name = "foreign",
     .key = KEY_FOREIGN,
     .doc = "Also letters of other pipelines, and about topics that this one does not consume"},
    {.name = "max-replay-count",
     .key = KEY_MAX_REPLAYS,
     .arg = "N",
     .doc = "Leave out what was replayed so often already (5)"},
    {.name = "confirm-above", .key = KEY_CONFIRM_ABOVE, .arg = "N", .doc = "Ask before more than N are sent (100)"},
    {.name = "verbose", .key = 'v', .doc = "A line for each letter, not only for those that were not applied"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc =
        "Sends letters again, one at a time. To the sink each ends as applied; filled (an older event that added only "
        "what was missing); stale (an older event that changed nothing: it stays open); filtered; or rejected again, "
        "and "
        "stays open. Sending twice changes nothing. Exits with 1 when one was rejected or could not be sent.\v"
        "Examples:\n"
        "  sluice dlq replay -c plant-images.ini --to-sink potato:0:4711\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --edit 0:42\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --code json.date --dry-run\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --patch mend.json 0:42\n"
        "  sluice dlq replay -c plant-images.ini --to-topic --rate 100 --topic potato\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --from letters.ndjson --yes\n",
};

/* ---- The command ------------------------------------------------------------------------------------ */

/* What it would breed: letters about letters. */
static int check_topic(const struct dlq_work *work, const char *topic)
{
    if (topic == NULL || (strcmp(topic, work->letters.topic) != 0 && strcmp(topic, work->letters.state_topic) != 0))
        return EXIT_FINE;
    fprintf(stderr, "%s: --to-topic=%s: that is where dead letters %s\n", work->program, topic,
            strcmp(topic, work->letters.topic) == 0 ? "are" : "are decided on");
    return EXIT_CONFIGURATION;
}

static int replay(struct dlq_work *work, void *arguments_)
{
    struct arguments *arguments = arguments_;
    struct replay_options *how = &arguments->order.how;
    struct dlq_edit edit = {.work = work, .quiet = arguments->selection.json};
    struct error error;
    if (arguments->patch != NULL && dlq_edit_read_patch(&edit, arguments->patch, &error) != 0) {
        fprintf(stderr, "%s: %s\n", work->program, error.text);
        json_decref(edit.patch);
        return EXIT_CONFIGURATION;
    }
    how->target = arguments->to_sink ? REPLAY_TO_SINK : REPLAY_TO_TOPIC;
    how->stop = work->stop;
    how->header_allow = (sluice_list){arguments->allow.items, arguments->allow.count};
    how->header_deny = (sluice_list){arguments->deny.items, arguments->deny.count};
    if (arguments->edit || edit.patch != NULL) {
        how->edit = arguments->edit ? dlq_edit_in_editor : dlq_edit_patch;
        how->opaque = &edit;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* whoever reads it sees each letter when it is done */
    int exit_code = check_topic(work, how->topic);
    if (exit_code == EXIT_FINE)
        exit_code = dlq_send(work, &arguments->order);
    json_decref(edit.patch);
    return exit_code;
}

int dlq_replay(int argc, char **argv)
{
    struct arguments arguments = {
        .order = {.confirm_above = DEFAULT_CONFIRM_ABOVE, .how.max_replay_count = REPLAY_MAX_COUNT}};
    return dlq_verb(&argp, argc, argv, &arguments, replay);
}

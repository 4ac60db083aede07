/* commands/dlq_replay.c - `sluice dlq replay`: letters sent again, each ending as applied, filled, stale or what it is.
 */
#include "commands/dlq_edit.h"
#include "dlq/replay.h"
#include "dlq/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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
    KEY_FROM
};
enum { MOST_PATTERNS = 64, SHOW_ALL_UP_TO = 20, DEFAULT_CONFIRM_ABOVE = 100, DEFAULT_MAX_REPLAYS = 5 };

struct patterns {
    const char *items[MOST_PATTERNS];
    size_t count;
};

struct arguments {
    struct dlq_selection selection;
    bool to_sink, to_topic, edit, verbose;
    const char *patch, *from;
    int64_t rate, confirm_above; /* letters a second; 0: no limit */
    struct patterns allow, deny;
    struct replay_options replay;
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
    if (arguments->from != NULL && arguments->patch != NULL && strcmp(arguments->from, "-") == 0 &&
        strcmp(arguments->patch, "-") == 0)
        argp_error(state, "--from and --patch cannot both be standard input");
    if (arguments->from != NULL && strcmp(arguments->from, "-") == 0 && !arguments->selection.yes)
        argp_error(state, "--from - is read once, so the letters cannot be counted before asking: give --yes");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->selection; return 0;
    case KEY_TO_SINK: arguments->to_sink = true; return 0;
    case KEY_TO_TOPIC:
        arguments->to_topic = true;
        arguments->replay.topic = argument;
        return 0;
    case KEY_AS_TOPIC: arguments->replay.as_topic = argument; return 0;
    case KEY_DRY_RUN: arguments->replay.dry_run = true; return 0;
    case KEY_RATE: arguments->rate = dlq_number(argument, 1000000, "rate", state); return 0;
    case KEY_EDIT: arguments->edit = true; return 0;
    case KEY_PATCH: arguments->patch = argument; return 0;
    case KEY_HEADER_ALLOW: add_pattern(&arguments->allow, argument, state); return 0;
    case KEY_HEADER_DENY: add_pattern(&arguments->deny, argument, state); return 0;
    case KEY_MAX_REPLAYS:
        arguments->replay.max_replay_count = dlq_number(argument, INT32_MAX, "max-replay-count", state);
        return 0;
    case KEY_CONFIRM_ABOVE:
        arguments->confirm_above = dlq_number(argument, INT32_MAX, "confirm-above", state);
        return 0;
    case KEY_FROM: arguments->from = argument; return 0;
    case 'v': arguments->verbose = true; return 0;
    case ARGP_KEY_END: check(arguments, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
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
        "  echo '{\"updated_at\": null}' | sluice dlq replay -c plant-images.ini --to-sink --patch - 0:42\n"
        "  sluice dlq replay -c plant-images.ini --to-topic --rate 100 --topic potato\n"
        "  sluice dlq replay -c plant-images.ini --to-sink --from letters.ndjson --yes\n",
};

/* ---- The work ------------------------------------------------------------------------------------- */

struct replaying {
    struct dlq_work *work;
    const struct arguments *arguments;
    struct replay *replay;
    struct error error;
    uint64_t total, outcomes[OUTCOME_COUNT], left_out, done;
    int64_t next_ns; /* when the rate lets the next one go */
    bool failed;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void keep_to_rate(struct replaying *replaying)
{
    int64_t now = now_ns();
    if (replaying->arguments->rate == 0)
        return;
    if (replaying->next_ns > now) {
        const struct timespec wait = {.tv_sec = (replaying->next_ns - now) / 1000000000,
                                      .tv_nsec = (replaying->next_ns - now) % 1000000000};
        nanosleep(&wait, NULL); /* a signal ends it, as it should */
    }
    replaying->next_ns =
        (replaying->next_ns > now ? replaying->next_ns : now) + 1000000000 / replaying->arguments->rate;
}

/* In a dry run the same words, for what would be. */
static const char *ending(const struct replaying *replaying, const struct replay_result *result)
{
    static const char *const would[] = {"would pass", "would be filtered", "would be tried again", "would be rejected",
                                        "would fail"};
    if (result->left_out)
        return "left out";
    return replaying->arguments->replay.dry_run ? would[result->verdict.verdict] : outcome_name(result->outcome);
}

static void print_result(const struct replaying *replaying, const struct entry *entry,
                         const struct replay_result *result)
{
    const char *name = ending(replaying, result);
    if (replaying->arguments->selection.json) {
        char *text = text_visible(result->text, strlen(result->text));
        json_t *json = json_pack("{s:s, s:s, s:s, s:s*, s:s}", "letter", dlq_letter(entry), "record", dlq_origin(entry),
                                 "outcome", name, "code", result->verdict.code, "text", text);
        json_dumpf(json, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(json);
        free(text);
        return;
    }
    bool expected = !result->left_out && (replaying->arguments->replay.dry_run ? result->verdict.verdict == SLUICE_OK
                                                                               : outcome_closes(result->outcome));
    if (expected && !replaying->arguments->verbose && replaying->total > SHOW_ALL_UP_TO)
        return;
    dlq_progress_end();
    printf("%-9s %-22s %s%s", dlq_letter(entry), dlq_origin(entry), name, result->text[0] != '\0' ? "  " : "");
    text_write(stdout, result->text, strlen(result->text), false);
    putchar('\n');
}

static void count_result(struct replaying *replaying, const struct replay_result *result)
{
    static const enum outcome rehearsed[] = {OUTCOME_APPLIED, OUTCOME_FILTERED, OUTCOME_REJECTED, OUTCOME_REJECTED,
                                             OUTCOME_REJECTED};
    replaying->done++;
    if (result->left_out)
        replaying->left_out++;
    else
        replaying
            ->outcomes[replaying->arguments->replay.dry_run ? rehearsed[result->verdict.verdict] : result->outcome]++;
}

static bool replay_one(void *replaying_, struct entry *entry)
{
    struct replaying *replaying = replaying_;
    struct replay_result result;
    keep_to_rate(replaying);
    if (!atomic_load(replaying->work->stop)) {
        replaying->failed = replay_letter(replaying->replay, entry, &result, &replaying->error) != 0;
        if (!replaying->failed) {
            count_result(replaying, &result);
            print_result(replaying, entry, &result);
        }
        dlq_progress("%" PRIu64 " of %s", replaying->done, dlq_letters(replaying->total));
    }
    entry_free(entry);
    return !replaying->failed;
}

/* "12 letters: 10 applied, 2 stale (still open); 3 not tried" */
static void print_summary(const struct replaying *replaying)
{
    bool dry_run = replaying->arguments->replay.dry_run;
    const char *separator = ": ";
    fprintf(stderr, "%s%s", dry_run ? "dry run, nothing sent: " : "", dlq_letters(replaying->done));
    for (int i = 0; i < OUTCOME_COUNT; i++)
        if (replaying->outcomes[i] > 0) {
            fprintf(stderr, "%s%" PRIu64 " %s%s%s", separator, replaying->outcomes[i], dry_run ? "would be " : "",
                    outcome_name((enum outcome)i), outcome_closes((enum outcome)i) ? "" : " (still open)");
            separator = ", ";
        }
    if (replaying->left_out > 0)
        fprintf(stderr, "%s%" PRIu64 " left out", separator, replaying->left_out);
    if (replaying->done < replaying->total)
        fprintf(stderr, "; %" PRIu64 " not tried, the same command goes on with them",
                replaying->total - replaying->done);
    putc('\n', stderr);
}

static bool may_send(struct replaying *replaying)
{
    const struct arguments *arguments = replaying->arguments;
    const struct pipeline_options *pipeline = &replaying->work->loaded.config.pipeline;
    if (arguments->replay.dry_run || replaying->total <= (uint64_t)arguments->confirm_above)
        return true;
    return arguments->to_sink
               ? dlq_confirm(replaying->work, "send %s to the sink %s", dlq_letters(replaying->total), pipeline->sink)
               : dlq_confirm(replaying->work, "send %s to %s", dlq_letters(replaying->total),
                             arguments->replay.topic != NULL ? arguments->replay.topic : "the topics they came from");
}

static int replay_all(struct replaying *replaying)
{
    struct dlq_work *work = replaying->work;
    struct error *error = &replaying->error, warning;
    sluice_verdict verdict;
    if (replay_open(&replaying->replay, &work->letters, &work->loaded.chain, &replaying->arguments->replay, &verdict,
                    &warning, error) != 0) {
        int exit_code = dlq_fail(work, error);
        return verdict == SLUICE_RETRY ? exit_code : EXIT_RUNTIME;
    }
    if (warning.text[0] != '\0')
        fprintf(stderr, "%s: warning: %s\n", work->program, warning.text);
    int exit_code = EXIT_FINE;
    if (dlq_walk(work, replaying->arguments->from, replay_one, replaying, error) != 0 || replaying->failed)
        exit_code = dlq_fail(work, error);
    if (replay_close(replaying->replay, error) != 0)
        exit_code = dlq_fail(work, error);
    dlq_progress_end();
    print_summary(replaying);
    return exit_code == EXIT_FINE && replaying->outcomes[OUTCOME_REJECTED] + replaying->left_out > 0 ? EXIT_RUNTIME
                                                                                                     : exit_code;
}

static int count_and_replay(struct replaying *replaying)
{
    struct dlq_work *work = replaying->work;
    const char *from = replaying->arguments->from;
    bool once = from != NULL && strcmp(from, "-") == 0; /* then how many is not known before */
    if (!once && dlq_count(work, from, &replaying->total, &replaying->error) != 0)
        return dlq_fail(work, &replaying->error);
    if (atomic_load(work->stop))
        return EXIT_RUNTIME;
    if (!once && replaying->total == 0) {
        fprintf(stderr, "%s: no open letters match in %s\n", work->program, work->letters.topic);
        return EXIT_RUNTIME;
    }
    return may_send(replaying) ? replay_all(replaying) : EXIT_CONFIGURATION;
}

/* What it would breed: letters about letters. */
static int check_topic(const struct dlq_work *work, const char *topic)
{
    if (topic == NULL || (strcmp(topic, work->letters.topic) != 0 && strcmp(topic, work->letters.state_topic) != 0))
        return EXIT_FINE;
    fprintf(stderr, "%s: --to-topic=%s: that is where dead letters %s\n", work->program, topic,
            strcmp(topic, work->letters.topic) == 0 ? "are" : "are decided on");
    return EXIT_CONFIGURATION;
}

int dlq_replay(int argc, char **argv)
{
    struct arguments arguments = {.confirm_above = DEFAULT_CONFIRM_ABOVE,
                                  .replay.max_replay_count = DEFAULT_MAX_REPLAYS};
    struct dlq_work work;
    struct error error;
    struct dlq_edit edit = {.work = &work};
    dlq_selection_init(&arguments.selection);
    arguments_parse(&argp, argc, argv, &arguments);
    struct replaying replaying = {.work = &work, .arguments = &arguments};
    int exit_code = dlq_begin(&work, argv[0], &arguments.selection);
    if (exit_code == EXIT_FINE && arguments.patch != NULL && dlq_edit_read_patch(&edit, arguments.patch, &error) != 0) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        exit_code = EXIT_CONFIGURATION;
    }
    arguments.replay.target = arguments.to_sink ? REPLAY_TO_SINK : REPLAY_TO_TOPIC;
    arguments.replay.stop = work.stop;
    arguments.replay.header_allow = (sluice_list){arguments.allow.items, arguments.allow.count};
    arguments.replay.header_deny = (sluice_list){arguments.deny.items, arguments.deny.count};
    if (arguments.edit || edit.patch != NULL) {
        arguments.replay.edit = arguments.edit ? dlq_edit_in_editor : dlq_edit_patch;
        arguments.replay.opaque = &edit;
        edit.quiet = arguments.selection.json;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* whoever reads it sees each letter when it is done */
    if (exit_code == EXIT_FINE)
        exit_code = check_topic(&work, arguments.replay.topic);
    if (exit_code == EXIT_FINE)
        exit_code = count_and_replay(&replaying);
    json_decref(edit.patch);
    return dlq_end(&work, exit_code);
}

/* commands/dlq_test.c - `sluice dlq test`: letters through today's chain, nothing written. */
#include "commands/dlq.h"
#include "dlq/replay.h"
#include "dlq/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_AS_TOPIC = KEY_OWN };

struct arguments {
    struct dlq_selection selection;
    const char *as_topic;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->selection; return 0;
    case KEY_AS_TOPIC: arguments->as_topic = argument; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {.name = "as-topic", .key = KEY_AS_TOPIC, .arg = "TOPIC", .doc = "Where letters come from that do not tell"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc = "Sends letters through the transforms and the sink's own checks, as they are configured today. Nothing is "
           "written, and the sink's server is not asked. Exits with 1 when one would be rejected.\v"
           "Examples:\n"
           "  sluice dlq test -c plant-images.ini 0:42\n"
           "  sluice dlq test -c mended.ini --code json.date\n",
};

struct testing {
    const struct dlq_work *work;
    struct replay *replay;
    struct error error;
    uint64_t tested, passed, dropped, rejected, left_out;
    bool failed;
};

static void print_result(const struct testing *testing, const struct entry *entry, const struct replay_result *result,
                         const char *name)
{
    if (testing->work->selection->json) {
        char *text = text_visible(result->text, strlen(result->text));
        json_t *json = json_pack("{s:s, s:s, s:s, s:s*, s:s}", "letter", dlq_letter(entry), "record", dlq_origin(entry),
                                 "verdict", name, "code", result->verdict.code, "text", text);
        json_dumpf(json, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(json);
        free(text);
        return;
    }
    printf("%-9s %-22s %s%s", dlq_letter(entry), dlq_origin(entry), name, result->text[0] != '\0' ? "  " : "");
    text_write(stdout, result->text, strlen(result->text), false);
    putchar('\n');
}

static bool test(void *testing_, struct entry *entry)
{
    static const char *const names[] = {"OK", "DROP", "RETRY", "REJECT", "FATAL"};
    struct testing *testing = testing_;
    struct replay_result result;
    testing->failed = replay_letter(testing->replay, entry, &result, &testing->error) != 0;
    if (!testing->failed) {
        sluice_verdict verdict = result.verdict.verdict;
        testing->tested++;
        testing->left_out += result.left_out;
        testing->passed += !result.left_out && verdict == SLUICE_OK;
        testing->dropped += !result.left_out && verdict == SLUICE_DROP;
        testing->rejected += !result.left_out && verdict > SLUICE_DROP;
        print_result(testing, entry, &result, result.left_out ? "CANNOT" : names[verdict]);
    }
    entry_free(entry);
    return !testing->failed;
}

static int test_all(struct dlq_work *work, const char *as_topic)
{
    struct testing testing = {.work = work};
    const struct replay_options how = {.target = REPLAY_TO_SINK,
                                       .as_topic = as_topic,
                                       .max_replay_count = INT64_MAX,
                                       .dry_run = true,
                                       .stop = work->stop};
    struct error warning;
    sluice_verdict verdict;
    if (replay_open(&testing.replay, &work->letters, &work->loaded.chain, &how, &verdict, &warning, &testing.error) !=
        0) {
        dlq_fail(work, &testing.error);
        return EXIT_RUNTIME;
    }
    int exit_code = dlq_walk(work, NULL, test, &testing, &testing.error) != 0 || testing.failed
                        ? dlq_fail(work, &testing.error)
                        : EXIT_FINE;
    replay_close(testing.replay, &testing.error);
    fprintf(stderr,
            "%s: %" PRIu64 " would pass, %" PRIu64 " would be filtered, %" PRIu64 " would be rejected, %" PRIu64
            " cannot be tested\n",
            dlq_letters(testing.tested), testing.passed, testing.dropped, testing.rejected, testing.left_out);
    return exit_code == EXIT_FINE && (testing.tested == 0 || testing.rejected + testing.left_out > 0) ? EXIT_RUNTIME
                                                                                                      : exit_code;
}

int dlq_test(int argc, char **argv)
{
    struct arguments arguments = {.as_topic = NULL};
    struct dlq_work work;
    dlq_selection_init(&arguments.selection);
    arguments_parse(&argp, argc, argv, &arguments);
    int exit_code = dlq_begin(&work, argv[0], &arguments.selection);
    if (exit_code == EXIT_FINE)
        exit_code = test_all(&work, arguments.as_topic);
    return dlq_end(&work, exit_code);
}

/* commands/dlq_discard.c - `sluice dlq discard`: letters closed by an operator's decision, with the reason. */
#include "commands/dlq.h"
#include "dlq/replay.h"

#include <inttypes.h>

enum { KEY_REASON = KEY_OWN };

struct arguments {
    struct dlq_selection selection;
    const char *reason;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_REASON: arguments->reason = argument; return 0;
    case ARGP_KEY_END:
        if (arguments->reason == NULL || arguments->reason[0] == '\0')
            argp_error(state, "why? give --reason TEXT, which is kept with the decision");
        return 0;
    default: return dlq_parse(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {.name = "reason", .key = KEY_REASON, .arg = "TEXT", .doc = "Why; kept with the decision"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc =
        "Closes letters without sending them. They stay in the topic, and `ls --all` shows them with who, when and "
        "why. Asks first, unless --yes.\v"
        "Examples:\n"
        "  sluice dlq discard -c plant-images.ini --reason 'test data, see OPS-12' 0:42\n"
        "  sluice dlq discard -c plant-images.ini --reason 'camera 7 was broken' --code json.date --until 2026-11-01\n",
};

struct discarding {
    struct replay *replay;
    const char *reason;
    struct error error;
    uint64_t count;
    bool failed;
};

static bool discard(void *discarding_, struct entry *entry)
{
    struct discarding *discarding = discarding_;
    discarding->failed = replay_discard(discarding->replay, entry, discarding->reason, &discarding->error) != 0;
    discarding->count += !discarding->failed;
    entry_free(entry);
    dlq_progress("discarded %" PRIu64, discarding->count);
    return !discarding->failed;
}

static int discard_all(struct dlq_work *work, void *arguments)
{
    struct discarding discarding = {.reason = ((const struct arguments *)arguments)->reason};
    const struct replay_options how = {.target = REPLAY_TO_TOPIC, .stop = work->stop};
    struct error *error = &discarding.error, warning;
    sluice_verdict verdict;
    uint64_t count;
    if (dlq_count(work, NULL, &count, error) != 0)
        return dlq_fail(work, error);
    if (count == 0) {
        fprintf(stderr, "%s: no open letters match in %s\n", work->program, work->letters.topic);
        return EXIT_RUNTIME;
    }
    if (atomic_load(work->stop))
        return EXIT_RUNTIME;
    if (!dlq_confirm(work, "discard %s of %s", dlq_letters(count), work->letters.topic))
        return EXIT_CONFIGURATION;
    if (replay_open(&discarding.replay, &work->letters, NULL, &how, &verdict, &warning, error) != 0)
        return dlq_fail(work, error);
    if (warning.text[0] != '\0')
        fprintf(stderr, "%s: warning: %s\n", work->program, warning.text);
    int exit_code =
        dlq_walk(work, NULL, discard, &discarding, error) != 0 || discarding.failed ? dlq_fail(work, error) : EXIT_FINE;
    bool kept = replay_close(discarding.replay, error) == 0;
    if (!kept)
        exit_code = dlq_fail(work, error);
    dlq_progress_end();
    fprintf(stderr, "%" PRIu64 " of %s discarded%s\n", discarding.count, dlq_letters(count),
            kept ? "" : ", but for those above");
    return exit_code;
}

int dlq_discard(int argc, char **argv)
{
    struct arguments arguments = {.reason = NULL};
    return dlq_verb(&argp, argc, argv, &arguments, discard_all);
}

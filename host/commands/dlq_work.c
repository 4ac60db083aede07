#include "base/alloc.h"
#include "base/clock.h"
#include "commands/dlq.h"
#include "dlq/text.h"
#include "ops/log.h"
#include "ops/redact.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Which letters --------------------------------------------------------------------------------- */

enum { KEY_FILTER = 0x1000 }; /* options from here on are filters by their long name */

static const struct argp_option selection_options[] = {
    {.name = "code", .key = KEY_FILTER, .arg = "PATTERN", .doc = "Whose error code matches: json.invalid, 'json.*'"},
    {.name = "stage", .key = KEY_FILTER + 1, .arg = "STAGE", .doc = "That failed in it: TRANSFORMATION, TASK_PUT"},
    {.name = "pipeline", .key = KEY_FILTER + 2, .arg = "PATTERN", .doc = "Of this one, where several share the topic"},
    {.name = "topic", .key = KEY_FILTER + 3, .arg = "PATTERN", .doc = "About records of this topic"},
    {.name = "partition", .key = KEY_FILTER + 4, .arg = "N", .doc = "About records of this partition"},
    {.name = "offset", .key = KEY_FILTER + 5, .arg = "RANGE", .doc = "About records at 17, 10-20, 10-, -20"},
    {.name = "key", .key = KEY_FILTER + 6, .arg = "KEY", .doc = "About records with this Kafka key"},
    {.name = "header", .key = KEY_FILTER + 7, .arg = "NAME[=VALUE]", .doc = "With this header"},
    {.name = "since", .key = KEY_FILTER + 8, .arg = "TIME", .doc = "That failed at or after: 2026-11-25T10:00Z, 2 h"},
    {.name = "until", .key = KEY_FILTER + 9, .arg = "TIME", .doc = "That failed before"},
    {.name = "all", .key = KEY_ALL, .doc = "Those that are decided too, and repeats"},
    {.name = "limit", .key = KEY_LIMIT, .arg = "N", .doc = "No more than so many"},
    {.name = NULL, .doc = "And:", .group = 2},
    ARGUMENT_CONFIG,
    {.name = "json", .key = KEY_JSON, .doc = "Print JSON for programs"},
    {.name = "yes", .key = KEY_YES, .doc = "Do not ask"},
    {.name = NULL},
};

int64_t dlq_number(const char *text, int64_t most, const char *option, struct argp_state *state)
{
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || number < 1 || number > most)
        argp_error(state, "--%s: got '%s', wanted a number from 1 to %" PRId64, option, text, most);
    return number;
}

static error_t parse_selection(int key, char *argument, struct argp_state *state)
{
    struct dlq_selection *selection = state->input;
    struct error error;
    switch (key) {
    case 'c': argument_config(&selection->config, argument, state); return 0;
    case KEY_JSON: selection->json = true; return 0;
    case KEY_YES: selection->yes = true; return 0;
    case KEY_ALL: selection->filter.all = true; return 0;
    case KEY_LIMIT: selection->limit = dlq_number(argument, INT32_MAX, "limit", state); return 0;
    case ARGP_KEY_ARG:
        if (filter_add_coordinates(&selection->filter, argument, &error) != 0)
            argp_error(state, "%s", error.text);
        return 0;
    case ARGP_KEY_END: argument_need_config(&selection->config, state); return 0;
    default: break;
    }
    if (key < KEY_FILTER || key > KEY_FILTER + 9)
        return ARGP_ERR_UNKNOWN;
    const char *name = selection_options[key - KEY_FILTER].name;
    if (filter_set(&selection->filter, name, argument, &error) != 0)
        argp_error(state, "--%s: %s", name, error.text);
    return 0;
}

static const struct argp selection_argp = {.options = selection_options, .parser = parse_selection};
const struct argp_child dlq_selection_children[] = {{.argp = &selection_argp, .header = "Which letters:", .group = 1},
                                                    {.argp = NULL}};

error_t dlq_parse(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input; /* what it begins with */
    return 0;
}

/* ---- Signals and progress ---------------------------------------------------------------------------- */

static atomic_bool stopped;
static volatile sig_atomic_t stopped_by;

static void on_signal(int number)
{
    if (stopped_by != 0)
        _exit(128 + number); /* a second one ends it at once */
    stopped_by = number;
    atomic_store(&stopped, true);
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that has seen enough must not cost a decision */
}

static struct {
    int64_t began_ms, told_ms;
    bool shown; /* a line on the terminal that has to be wiped */
} progress;

void dlq_progress(const char *fmt, ...)
{
    enum { FIRST_MS = 1000, TERMINAL_EVERY_MS = 200, ELSEWHERE_EVERY_MS = 10000 };
    int64_t now_ms = clock_now_ms();
    bool terminal = isatty(STDERR_FILENO) == 1;
    if (progress.began_ms == 0)
        progress.began_ms = progress.told_ms = now_ms;
    if (now_ms - progress.began_ms < FIRST_MS ||
        now_ms - progress.told_ms < (terminal ? TERMINAL_EVERY_MS : ELSEWHERE_EVERY_MS))
        return;
    progress.told_ms = now_ms;
    progress.shown = terminal;
    va_list args;
    va_start(args, fmt);
    fputs(terminal ? "\r\033[K" : "", stderr);
    vfprintf(stderr, fmt, args);
    fputs(terminal ? "" : "\n", stderr);
    fflush(stderr);
    va_end(args);
}

void dlq_progress_end(void)
{
    if (progress.shown)
        fputs("\r\033[K", stderr);
    progress.began_ms = 0;
    progress.shown = false;
}

static void tell_reading(void *opaque, uint64_t read, uint64_t total)
{
    (void)opaque;
    dlq_progress("read %" PRIu64 " of %" PRIu64 " letters (%" PRIu64 " %%)", read, total,
                 total > 0 ? read * 100 / total : 100);
    if (read >= total)
        dlq_progress_end();
}

/* ---- Begin and end ----------------------------------------------------------------------------------- */

int dlq_fail(const struct dlq_work *work, const struct error *error)
{
    struct error told = *error;
    redact(told.text);
    dlq_progress_end();
    fprintf(stderr, "%s: ", work->program);
    text_write(stderr, told.text, strlen(told.text), false); /* it may quote a record, or a plugin */
    putc('\n', stderr);
    return work->file_at_fault ? EXIT_CONFIGURATION : EXIT_ENVIRONMENT;
}

static int need_dead_letter_topic(const struct dlq_work *work)
{
    if (work->loaded.config.pipeline.dead_letter_topic != NULL)
        return EXIT_FINE;
    fprintf(stderr,
            "%s: %s: [pipeline] errors.deadletterqueue.topic.name is not set: this pipeline has no dead letters\n",
            work->program, work->selection->config.files[0]);
    return EXIT_CONFIGURATION;
}

static int begin(struct dlq_work *work, const char *program, struct dlq_selection *selection)
{
    struct error error;
    const struct reader_watch watch = {.progress = tell_reading, .stop = &stopped};
    *work = (struct dlq_work){.program = program, .selection = selection, .stop = &stopped};
    load(&work->loaded, &selection->config, true);
    problems_print(work->loaded.problems, stderr);
    if (problems_errors(work->loaded.problems) > 0)
        return EXIT_CONFIGURATION;
    int exit_code = need_dead_letter_topic(work);
    if (exit_code != EXIT_FINE)
        return exit_code;
    log_setup(LOG_STYLE_TEXT, SLUICE_LOG_WARN, work->loaded.config.pipeline.name);
    catch_signals();
    if (letters_open(&work->letters, &work->loaded.config, &work->loaded.settings, &watch, &error) != 0)
        return dlq_fail(work, &error);
    return EXIT_FINE;
}

static int end(struct dlq_work *work, int exit_code)
{
    letters_close(&work->letters);
    log_flush(true);
    plugins_unload_all();
    load_free(&work->loaded);
    plugins_close_all();
    filter_free(&work->selection->filter);
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && exit_code == EXIT_FINE) {
        fprintf(stderr, "%s: standard output could not be written\n", work->program);
        exit_code = EXIT_RUNTIME;
    }
    return stopped_by != 0 ? 128 + stopped_by : exit_code;
}

int dlq_verb(const struct argp *argp, int argc, char **argv, void *arguments,
             int (*work)(struct dlq_work *work, void *arguments))
{
    struct dlq_selection *selection = arguments;
    struct dlq_work opened;
    filter_init(&selection->filter);
    arguments_parse(argp, argc, argv, arguments);
    int exit_code = begin(&opened, argv[0], selection);
    if (exit_code == EXIT_FINE)
        exit_code = work(&opened, arguments);
    return end(&opened, exit_code);
}

bool dlq_confirm(const struct dlq_work *work, const char *fmt, ...)
{
    char answer[16] = "";
    va_list args;
    if (work->selection->yes)
        return true;
    if (isatty(STDIN_FILENO) != 1) {
        va_start(args, fmt);
        fprintf(stderr, "%s: would ask: ", work->program);
        vfprintf(stderr, fmt, args);
        fputs("; there is no terminal to ask on, so give --yes\n", stderr);
        va_end(args);
        return false;
    }
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    fputs("? [y/N] ", stderr);
    va_end(args);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

enum { LONGEST_TOPIC = 249 }; /* Kafka's; a header may hold anything */

/* ---- Names -------------------------------------------------------------------------------------------- */

const char *dlq_origin(const struct entry *entry)
{
    static char texts[2][1024];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    if (entry->topic == NULL)
        return "-";
    char *topic = text_visible(entry->topic, strnlen(entry->topic, LONGEST_TOPIC));
    if (entry_origin_is_told(entry))
        snprintf(text, sizeof texts[0], "%.900s:%" PRId64 ":%" PRId64, topic, entry->partition, entry->offset);
    else
        snprintf(text, sizeof texts[0], "%.900s", topic);
    free(topic);
    return text;
}

const char *dlq_letter(const struct entry *entry)
{
    static char texts[2][48];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    snprintf(text, sizeof texts[0], "%" PRId32 ":%" PRId64, entry->record->partition_number, entry->record->offset);
    return text;
}

const char *dlq_letters(uint64_t count)
{
    static char texts[2][40];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    snprintf(text, sizeof texts[0], "%" PRIu64 " letter%s", count, count == 1 ? "" : "s");
    return text;
}

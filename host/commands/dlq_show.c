/* commands/dlq_show.c - `sluice dlq show`: a letter whole, for people or byte for byte. */
#include "base/clock.h"
#include "commands/dlq.h"
#include "dlq/letter_json.h"
#include "dlq/payload.h"
#include "dlq/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_RAW = KEY_OWN };

struct arguments {
    struct dlq_selection selection;
    bool raw;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_RAW: arguments->raw = true; return 0;
    case ARGP_KEY_END:
        if (arguments->selection.filter.coordinate_count > 0)
            return 0;
        argp_error(state, "which letter? PARTITION:OFFSET as `sluice dlq ls` lists it, or TOPIC:PARTITION:OFFSET");
        return 0;
    default: return dlq_parse(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {.name = "raw", .key = KEY_RAW, .doc = "Write the value alone, byte for byte (of one letter)"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "LETTER...",
    .doc =
        "Shows letters whole, decided ones too: why, where from, headers, value. Control characters are made visible, "
        "long fields are folded, the place the reason speaks of is marked.\v"
        "Examples:\n"
        "  sluice dlq show -c plant-images.ini 0:42\n"
        "  sluice dlq show -c plant-images.ini potato:0:4711\n"
        "  sluice dlq show -c plant-images.ini --raw 0:42 > value.bin\n",
};

struct showing {
    struct dlq_work *work;
    const struct arguments *arguments;
    size_t shown;
};

/* ---- For people ----------------------------------------------------------------------------------- */

static void print_bytes(sluice_bytes bytes)
{
    if (bytes.data == NULL)
        fputs("(null)", stdout);
    else if (bytes.size == 0)
        fputs("(empty)", stdout);
    else
        text_write(stdout, bytes.data, bytes.size, false);
}

static void print_line(const char *name, const char *value)
{
    if (value == NULL)
        return;
    printf("  %-10s ", name);
    text_write(stdout, value, strlen(value), false);
    putchar('\n');
}

static void print_decision(const struct dlq_work *work, const struct entry *entry)
{
    char at[CLOCK_ISO8601_SIZE];
    const struct decision *decision = decisions_about(work->letters.decisions, entry);
    if (decision == NULL) {
        print_line("State", decisions_close(work->letters.decisions, entry)
                                ? "decided, by a decision about another letter of the same record"
                                : "open");
        return;
    }
    clock_format(decision->at_ms, at);
    printf("  %-10s %s: %s at %s by ", "State", outcome_closes(decision->outcome) ? "decided" : "open",
           outcome_name(decision->outcome), at);
    text_write(stdout, decision->by, decision->by != NULL ? strlen(decision->by) : 0, false);
    if (decision->reason != NULL) {
        fputs(": ", stdout);
        text_write(stdout, decision->reason, strlen(decision->reason), false);
    }
    putchar('\n');
}

static void print_failure(const struct entry *entry)
{
    char at[CLOCK_ISO8601_SIZE];
    if (entry->failed_at_ms >= 0) {
        clock_format(entry->failed_at_ms, at);
        printf("  %-10s %s", "Failed", at);
        if (entry->attempts >= 0)
            printf(", attempt %" PRId64, entry->attempts);
        putchar('\n');
    }
    print_line("Code", entry->code);
    print_line("Reason", entry->message);
    print_line("Stage", entry->stage);
    print_line("By", entry->plugin);
    print_line("Pipeline", entry->connector);
}

static void print_headers(const struct entry *entry)
{
    size_t own = 0;
    for (size_t i = 0; i < entry_header_count(entry); i++) {
        sluice_bytes value;
        const char *name = entry_header(entry, i, &value);
        if (entry_header_is_told(name))
            continue;
        if (own++ == 0)
            puts("  Headers");
        fputs("    ", stdout);
        text_write(stdout, name, strlen(name), false);
        fputs(" = ", stdout);
        print_bytes(value);
        putchar('\n');
    }
    if (own == 0)
        print_line("Headers", "none but those that tell of the error");
}

static void print_entry(const struct dlq_work *work, const struct entry *entry)
{
    const struct record *record = entry->record;
    char at[CLOCK_ISO8601_SIZE];
    printf("Letter %s of %s, written by %s\n", dlq_letter(entry), work->letters.topic,
           strcmp(entry->writer, "unknown") == 0 ? "something that tells nothing" : entry->writer);
    print_decision(work, entry);
    printf("  %-10s ", "Record");
    const char *origin = entry->topic != NULL ? dlq_origin(entry) : "no header tells where it was";
    text_write(stdout, origin, strlen(origin), false);
    if (record->timestamp_type != SLUICE_TIME_NONE && record->timestamp_ms >= 0) {
        clock_format(record->timestamp_ms, at);
        printf(", %s (%s)", at, record->timestamp_type == SLUICE_TIME_CREATE ? "create time" : "log append time");
    }
    putchar('\n');
    print_failure(entry);
    printf("  %-10s %" PRId64 " times\n", "Replayed", decisions_replay_count(work->letters.decisions, entry));
    printf("  %-10s ", "Key");
    print_bytes(record->key);
    putchar('\n');
    print_headers(entry);
    if (entry->omitted_bytes >= 0)
        printf("  Value: %" PRId64 " bytes, too large for the dead letter topic and left out\n", entry->omitted_bytes);
    else
        printf("  Value: %zu bytes\n", record->value.size);
    payload_write(stdout, record->value.data, record->value.size, entry->message);
}

/* ---- All of them ---------------------------------------------------------------------------------- */

static void print_json(const struct dlq_work *work, const struct entry *entry)
{
    json_t *json = letter_json(entry, work->letters.topic, decisions_about(work->letters.decisions, entry), true);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static bool show(void *showing_, struct entry *entry)
{
    struct showing *showing = showing_;
    const struct record *record = entry->record;
    if (showing->arguments->raw) {
        if (record->value.size > 0)
            fwrite(record->value.data, 1, record->value.size, stdout);
        else
            fprintf(stderr, "the value is %s\n", record->value.data == NULL ? "null" : "empty");
    } else if (showing->arguments->selection.json) {
        print_json(showing->work, entry);
    } else {
        if (showing->shown > 0)
            putchar('\n');
        print_entry(showing->work, entry);
    }
    showing->shown++;
    entry_free(entry);
    return !showing->arguments->raw;
}

static int show_all(struct dlq_work *work, void *arguments_)
{
    struct arguments *arguments = arguments_;
    struct showing showing = {.work = work, .arguments = arguments};
    struct error error;
    arguments->selection.filter.all = true;
    if (dlq_walk(work, NULL, show, &showing, &error) != 0)
        return dlq_fail(work, &error);
    if (showing.shown > 0)
        return EXIT_FINE;
    fprintf(stderr, "%s: no such letter in %s\n", work->program, work->letters.topic);
    return EXIT_RUNTIME;
}

int dlq_show(int argc, char **argv)
{
    struct arguments arguments = {.raw = false};
    return dlq_verb(&argp, argc, argv, &arguments, show_all);
}

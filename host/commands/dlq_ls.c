/* commands/dlq_ls.c - `sluice dlq ls`: letters in a table, newest first. */
#include "base/alloc.h"
#include "base/clock.h"
#include "commands/dlq.h"
#include "dlq/letter_json.h"
#include "dlq/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_LIMIT = 50, WIDE = 1000, NARROWEST_REASON = 24 };

static const struct argp argp = {
    .parser = dlq_parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc = "Lists open letters, newest first, 50 unless --limit says more. Several letters about one record are listed "
           "once.\v"
           "Examples:\n"
           "  sluice dlq ls -c plant-images.ini\n"
           "  sluice dlq ls -c plant-images.ini --code 'json.*' --since '2 h'\n"
           "  sluice dlq ls -c plant-images.ini --topic potato --key 17 --all\n"
           "  sluice dlq ls -c plant-images.ini --json --limit 1000 | jq .code\n",
};

static const struct column {
    const char *title;
    size_t width;
} columns[] = {
    {"LETTER", 9}, {"FAILED AT (UTC)", 19}, {"CODE", 26}, {"RECORD", 22}, {"KEY", 12}, {"BYTES", 8}, {"STATE", 9},
    {"REASON", 0}};
enum { COLUMN_STATE = 6, COLUMN_REASON = 7, COLUMN_COUNT = 8 };

/* What is left of the terminal for the reason; all of it elsewhere. */
static size_t reason_width(bool with_state)
{
    struct winsize size = {0};
    size_t used = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDE;
    for (size_t i = 0; i < COLUMN_REASON; i++)
        used += i != COLUMN_STATE || with_state ? columns[i].width + 1 : 0;
    return size.ws_col > used + NARROWEST_REASON ? size.ws_col - used : NARROWEST_REASON;
}

static void print_row(const char *const *cells, bool with_state, size_t reason)
{
    for (size_t i = 0; i < COLUMN_REASON; i++) {
        if (i == COLUMN_STATE && !with_state)
            continue;
        text_cell(stdout, cells[i], columns[i].width, true);
        putchar(' ');
    }
    text_cell(stdout, cells[COLUMN_REASON], reason, false);
    putchar('\n');
}

static char *key_text(const struct record *record)
{
    if (record->key.data == NULL)
        return alloc_text("(null)");
    return record->key.size > 0 ? text_visible(record->key.data, record->key.size) : alloc_text("(empty)");
}

static void print_entry(const struct dlq_work *work, const struct entry *entry, size_t reason)
{
    const struct decision *decision = decisions_about(work->letters.decisions, entry);
    bool closed = decisions_close(work->letters.decisions, entry);
    char at[CLOCK_ISO8601_SIZE] = "-", bytes[24] = "(null)", *key = key_text(entry->record);
    if (entry->failed_at_ms >= 0) {
        clock_format(entry->failed_at_ms, at);
        at[10] = ' ';
        at[19] = '\0';
    }
    if (entry->value_bytes >= 0)
        snprintf(bytes, sizeof bytes, "%" PRId64, entry->value_bytes);
    const char *const cells[COLUMN_COUNT] = {dlq_letter(entry),
                                             at,
                                             entry->code,
                                             dlq_origin(entry),
                                             key,
                                             bytes,
                                             decision != NULL ? outcome_name(decision->outcome)
                                             : closed         ? "repeat"
                                                              : "open",
                                             entry->message};
    print_row(cells, work->selection->filter.all, reason);
    free(key);
}

static void print_json(const struct dlq_work *work, const struct entry *entry)
{
    json_t *json = letter_json(entry, work->letters.topic, decisions_about(work->letters.decisions, entry), false);
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

static int list(struct dlq_work *work, void *selection)
{
    struct entry **entries;
    size_t count, limit = work->selection->limit > 0 ? (size_t)work->selection->limit : DEFAULT_LIMIT;
    bool more, json = work->selection->json, with_state = work->selection->filter.all;
    struct error error;
    int exit_code = EXIT_FINE;
    (void)selection;
    if (letters_newest(&work->letters, &work->selection->filter, limit, &entries, &count, &more, &error) != 0)
        exit_code = dlq_fail(work, &error);
    size_t reason = reason_width(with_state);
    const char *titles[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        titles[i] = columns[i].title;
    if (!json && count > 0)
        print_row(titles, with_state, reason);
    for (size_t i = 0; i < count; i++) {
        json ? print_json(work, entries[i]) : print_entry(work, entries[i], reason);
        entry_free(entries[i]);
    }
    free(entries);
    if (exit_code == EXIT_FINE && count == 0 && !json)
        fprintf(stderr, "no %sletters%s in %s\n", with_state ? "" : "open ",
                with_state ? "" : " that match (--all: those that are decided too)", work->letters.topic);
    if (more)
        fprintf(stderr, "the newest %zu; there are more (--limit)\n", count);
    return exit_code;
}

int dlq_ls(int argc, char **argv)
{
    struct dlq_selection selection = {.limit = 0};
    return dlq_verb(&argp, argc, argv, &selection, list);
}

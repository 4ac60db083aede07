#include "commands/dlq_send.h"

#include "dlq/letter_json.h"
#include "dlq/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHOW_ALL_UP_TO = 20 };

struct sending {
    struct dlq_work *work;
    const struct dlq_order *order;
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

static void keep_to_rate(struct sending *sending)
{
    int64_t now = now_ns();
    if (sending->order->rate == 0)
        return;
    if (sending->next_ns > now) {
        const struct timespec wait = {.tv_sec = (sending->next_ns - now) / 1000000000,
                                      .tv_nsec = (sending->next_ns - now) % 1000000000};
        nanosleep(&wait, NULL); /* a signal ends it, as it should */
    }
    sending->next_ns = (sending->next_ns > now ? sending->next_ns : now) + 1000000000 / sending->order->rate;
}

static void print_result(const struct sending *sending, const struct entry *entry, const struct replay_result *result)
{
    const char *name = replay_ending(result, sending->order->how.dry_run);
    if (sending->work->selection->json) {
        char *text = text_visible(result->text, strlen(result->text));
        json_t *json = json_pack("{s:s, s:s, s:s, s:o, s:s}", "letter", dlq_letter(entry), "record", dlq_origin(entry),
                                 "outcome", name, "code", letter_json_text(result->verdict.code), "text", text);
        json_dumpf(json, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(json);
        free(text);
        return;
    }
    bool expected = !result->left_out && (sending->order->how.dry_run ? result->verdict.verdict == SLUICE_OK
                                                                      : outcome_closes(result->outcome));
    if (expected && !sending->order->verbose && sending->total > SHOW_ALL_UP_TO)
        return;
    dlq_progress_end();
    printf("%-9s %-22s %s%s", dlq_letter(entry), dlq_origin(entry), name, result->text[0] != '\0' ? "  " : "");
    text_write(stdout, result->text, strlen(result->text), false);
    putchar('\n');
}

static void count_result(struct sending *sending, const struct replay_result *result)
{
    static const enum outcome rehearsed[] = {OUTCOME_APPLIED, OUTCOME_FILTERED, OUTCOME_REJECTED, OUTCOME_REJECTED,
                                             OUTCOME_REJECTED};
    sending->done++;
    if (result->left_out)
        sending->left_out++;
    else
        sending->outcomes[sending->order->how.dry_run ? rehearsed[result->verdict.verdict] : result->outcome]++;
}

static bool send_one(void *sending_, struct entry *entry)
{
    struct sending *sending = sending_;
    struct replay_result result;
    keep_to_rate(sending);
    if (!atomic_load(sending->work->stop)) {
        sending->failed = replay_letter(sending->replay, entry, &result, &sending->error) != 0;
        if (!sending->failed) {
            count_result(sending, &result);
            print_result(sending, entry, &result);
        }
        dlq_progress("%" PRIu64 " of %s", sending->done, dlq_letters(sending->total));
    }
    entry_free(entry);
    return !sending->failed && ferror(stdout) == 0; /* whoever looked has gone: no more is done unseen */
}

/* "12 letters: 10 applied, 2 stale (still open); 3 not tried" */
static void print_summary(const struct sending *sending)
{
    bool dry_run = sending->order->how.dry_run;
    const char *separator = ": ";
    fprintf(stderr, "%s%s", dry_run ? "dry run, nothing sent: " : "", dlq_letters(sending->done));
    for (int i = 0; i < OUTCOME_COUNT; i++)
        if (sending->outcomes[i] > 0) {
            fprintf(stderr, "%s%" PRIu64 " %s%s%s", separator, sending->outcomes[i], dry_run ? "would be " : "",
                    outcome_name((enum outcome)i), dry_run || outcome_closes((enum outcome)i) ? "" : " (still open)");
            separator = ", ";
        }
    if (sending->left_out > 0)
        fprintf(stderr, "%s%" PRIu64 " left out", separator, sending->left_out);
    if (sending->done < sending->total)
        fprintf(stderr, "; %" PRIu64 " not tried, the same command goes on with them", sending->total - sending->done);
    putc('\n', stderr);
}

static bool may_send(struct sending *sending)
{
    const struct dlq_order *order = sending->order;
    const struct pipeline_options *pipeline = &sending->work->loaded.config.pipeline;
    if (order->how.dry_run || sending->total <= (uint64_t)order->confirm_above)
        return true;
    return order->how.target == REPLAY_TO_SINK
               ? dlq_confirm(sending->work, "send %s to the sink %s", dlq_letters(sending->total), pipeline->sink)
               : dlq_confirm(sending->work, "send %s to %s", dlq_letters(sending->total),
                             order->how.topic != NULL ? order->how.topic : "the topics they came from");
}

static int send_all(struct sending *sending)
{
    struct dlq_work *work = sending->work;
    struct error *error = &sending->error, warning;
    sluice_verdict verdict;
    if (replay_open(&sending->replay, &work->letters, &work->loaded.chain, &sending->order->how, &verdict, &warning,
                    error) != 0) {
        int exit_code = dlq_fail(work, error);
        return verdict == SLUICE_RETRY ? exit_code : EXIT_RUNTIME;
    }
    if (warning.text[0] != '\0')
        fprintf(stderr, "%s: warning: %s\n", work->program, warning.text);
    int exit_code = EXIT_FINE;
    if (dlq_walk(work, sending->order->from, send_one, sending, error) != 0 || sending->failed)
        exit_code = dlq_fail(work, error);
    if (replay_close(sending->replay, error) != 0)
        exit_code = dlq_fail(work, error);
    dlq_progress_end();
    print_summary(sending);
    return exit_code == EXIT_FINE && sending->outcomes[OUTCOME_REJECTED] + sending->left_out > 0 ? EXIT_RUNTIME
                                                                                                 : exit_code;
}

int dlq_send(struct dlq_work *work, const struct dlq_order *order)
{
    struct sending sending = {.work = work, .order = order};
    const char *from = order->from;
    bool once = from != NULL && strcmp(from, "-") == 0; /* then how many is not known before */
    if (!once && dlq_count(work, from, &sending.total, &sending.error) != 0)
        return dlq_fail(work, &sending.error);
    if (atomic_load(work->stop))
        return EXIT_RUNTIME;
    if (!once && sending.total == 0) {
        fprintf(stderr, "%s: no open letters match in %s\n", work->program, work->letters.topic);
        return EXIT_RUNTIME;
    }
    return may_send(&sending) ? send_all(&sending) : EXIT_CONFIGURATION;
}

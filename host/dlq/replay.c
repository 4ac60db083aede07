#include "dlq/replay.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "pipeline/letter.h"
#include "pipeline/retry.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

enum { SINK_TIMEOUT_MS = 30000 }; /* how long a sink that is away is waited for, for one letter */

struct replay {
    struct letters *letters;
    struct replay_options options;
    struct sender *sender; /* NULL in a dry run */
    struct solo solo;
    bool has_solo;
    struct arena arena;         /* of the letter under way */
    struct closed_here *closed; /* what this replay has closed: the decisions were read before */
    uint64_t random;
};

struct closed_here {
    UT_hash_handle hh;
    uint64_t origin_hash;
};

int replay_open(struct replay **replay_, struct letters *letters, const struct chain *chain,
                const struct replay_options *options, sluice_verdict *verdict, struct error *warning,
                struct error *error)
{
    struct replay *replay = alloc_zeroed(1, sizeof *replay);
    struct error unheard;
    *replay = (struct replay){.letters = letters, .options = *options, .random = (uint64_t)clock_wall_ms() | 1};
    *replay_ = replay;
    *verdict = SLUICE_FATAL;
    warning->text[0] = '\0';
    enum solo_reach reach = options->target == REPLAY_TO_SINK && !options->dry_run ? SOLO_PUT : SOLO_EXAMINE;
    if (chain != NULL && (options->dry_run || options->target == REPLAY_TO_SINK)) {
        if (solo_open(&replay->solo, chain, letters->config, reach, verdict, error) != 0)
            goto failed;
        replay->has_solo = true;
    }
    if (!options->dry_run &&
        sender_open(&replay->sender, letters->config, letters->settings, letters->state_topic, letters->state_is_there,
                    reader_replicas(letters->reader), warning, error) != 0) {
        *verdict = SLUICE_RETRY;
        goto failed;
    }
    return 0;
failed:
    replay_close(replay, &unheard);
    *replay_ = NULL;
    return -1;
}

int replay_close(struct replay *replay, struct error *error)
{
    if (replay == NULL)
        return 0;
    int result = replay->sender != NULL ? sender_flush(replay->sender, error) : 0;
    struct closed_here *closed, *next;
    HASH_ITER(hh, replay->closed, closed, next)
    {
        HASH_DEL(replay->closed, closed);
        free(closed);
    }
    if (replay->has_solo)
        solo_close(&replay->solo);
    sender_close(replay->sender);
    arena_free(&replay->arena);
    free(replay);
    return result;
}

/* ---- Decisions ------------------------------------------------------------------------------------ */

/* What was applied once is not opened again by being stale now. */
static bool is_closed(const struct replay *replay, const struct entry *entry, uint64_t origin_hash)
{
    struct closed_here *closed;
    HASH_FIND(hh, replay->closed, &origin_hash, sizeof origin_hash, closed);
    return closed != NULL || decisions_close(replay->letters->decisions, entry);
}

static void note_closed(struct replay *replay, uint64_t origin_hash)
{
    struct closed_here *closed;
    HASH_FIND(hh, replay->closed, &origin_hash, sizeof origin_hash, closed);
    if (closed != NULL)
        return;
    closed = alloc_zeroed(1, sizeof *closed);
    closed->origin_hash = origin_hash;
    HASH_ADD(hh, replay->closed, origin_hash, sizeof closed->origin_hash, closed);
}

static int decide(struct replay *replay, const struct entry *entry, enum outcome outcome, bool replayed,
                  const char *reason, struct error *error)
{
    uint64_t origin_hash = entry_origin_hash(entry);
    if (!outcome_closes(outcome) && is_closed(replay, entry, origin_hash))
        return 0;
    const struct decision *before = decisions_about(replay->letters->decisions, entry);
    const struct decision decision = {
        .partition = entry->record->partition_number,
        .offset = entry->record->offset,
        .outcome = outcome,
        .at_ms = clock_wall_ms(),
        .failed_at_ms = entry->failed_at_ms,
        .replay_count = entry->replay_count,
        .replays = (before != NULL ? before->replays : 0) + replayed,
        .origin_hash = origin_hash,
        .by = replay->options.by != NULL ? replay->options.by : sender_operator(),
        .reason = reason,
    };
    if (sender_decide(replay->sender, entry, &decision, error) != 0)
        return -1;
    if (outcome_closes(outcome))
        note_closed(replay, origin_hash);
    return 0;
}

const char *replay_ending(const struct replay_result *result, bool dry_run)
{
    static const char *const would[] = {[SLUICE_OK] = "would pass",
                                        [SLUICE_DROP] = "would be filtered",
                                        [SLUICE_RETRY] = "would be tried again",
                                        [SLUICE_REJECT] = "would be rejected",
                                        [SLUICE_FATAL] = "would fail"};
    if (result->left_out)
        return "left out";
    return dry_run ? would[result->verdict.verdict] : outcome_name(result->outcome);
}

int replay_discard(struct replay *replay, const struct entry *entry, const char *reason, struct error *error)
{
    return decide(replay, entry, OUTCOME_DISCARDED, false, reason, error);
}

/* ---- To the sink ---------------------------------------------------------------------------------- */

static void wait_ms(int64_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* A sink says by its code how a record put by hand ended: "mongodb.stale", "mongodb.filled". */
static enum outcome outcome_of(const struct solo_result *verdict)
{
    const char *code = verdict->code != NULL ? verdict->code : "";
    switch (verdict->verdict) {
    case SLUICE_OK: return ends_with(code, ".filled") ? OUTCOME_FILLED : OUTCOME_APPLIED;
    case SLUICE_DROP: return ends_with(code, ".stale") ? OUTCOME_STALE : OUTCOME_FILTERED;
    default: return OUTCOME_REJECTED;
    }
}

static void word_verdict(struct replay_result *result)
{
    const char *code = result->verdict.code, *text = result->verdict.text;
    snprintf(result->text, sizeof result->text, "%s%s%s", code != NULL ? code : "",
             code != NULL && text != NULL ? ": " : "", text != NULL ? text : "");
}

static int put(struct replay *replay, const struct sluice_record *seen, struct replay_result *result,
               struct error *error)
{
    const struct retry_policy policy = {.first_ms = 300, .longest_ms = 3000};
    const atomic_bool *stop = replay->options.stop;
    int64_t until_ms = clock_now_ms() + SINK_TIMEOUT_MS;
    for (uint32_t attempt = 0;; attempt++) {
        struct sluice_record record = *seen;
        atomic_store(&replay->solo.limits.deadline_ms, until_ms);
        solo_run(&replay->solo, &record, &result->verdict);
        if (result->verdict.verdict != SLUICE_RETRY || clock_now_ms() > until_ms || (stop != NULL && atomic_load(stop)))
            break;
        wait_ms(retry_delay_ms(&policy, attempt, &replay->random));
    }
    const struct solo_result *verdict = &result->verdict;
    if (verdict->verdict == SLUICE_RETRY || verdict->verdict == SLUICE_FATAL)
        return error_set(error, "[%s] %s: %s", verdict->by != NULL ? verdict->by->section : "sluice",
                         verdict->code != NULL ? verdict->code : "cannot go on",
                         verdict->text != NULL ? verdict->text : "no reason given");
    return 0;
}

static int to_sink(struct replay *replay, const struct entry *entry, const struct sluice_record *seen,
                   struct replay_result *result, struct error *error)
{
    if (put(replay, seen, result, error) != 0)
        return -1;
    result->outcome = outcome_of(&result->verdict);
    word_verdict(result);
    return decide(replay, entry, result->outcome, true, result->verdict.code, error);
}

/* ---- To a topic ----------------------------------------------------------------------------------- */

/* The user's, and by what pipeline/origin.c knows the record again if it fails there. */
static rd_kafka_headers_t *headers_of(const struct replay *replay, const struct entry *entry,
                                      const struct sluice_record *seen)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(seen->view.header_count + 5);
    for (uint32_t i = 0; i < seen->view.header_count; i++) {
        const struct record_header *header = &seen->headers[i];
        rd_kafka_header_add(headers, header->name, -1, header->value.data,
                            header->value.data != NULL ? (ssize_t)header->value.size : -1);
    }
    letter_add_origin(headers, seen->view.original_topic, seen->view.original_partition, seen->view.original_offset,
                      replay->letters->config->pipeline.name);
    letter_add_number(headers, LETTER_SLUICE_PREFIX "replay.count",
                      decisions_replay_count(replay->letters->decisions, entry) + 1);
    return headers;
}

static const char *target_of(const struct replay *replay, const struct sluice_record *seen)
{
    return replay->options.topic != NULL ? replay->options.topic : seen->view.original_topic;
}

/* Failures that are the letter's own: others may still be sent. */
static bool is_its_own(rd_kafka_resp_err_t failure)
{
    static const rd_kafka_resp_err_t own[] = {
        RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,     RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,        RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
        RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,         RD_KAFKA_RESP_ERR_INVALID_RECORD,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] == failure)
            return true;
    return false;
}

static int to_topic(struct replay *replay, const struct entry *entry, const struct sluice_record *seen,
                    struct replay_result *result, struct error *error)
{
    const char *topic = target_of(replay, seen);
    bool home = entry_origin_is_told(entry) && strcmp(topic, seen->view.original_topic) == 0;
    struct record record = *entry->record;
    record.value = seen->view.value;
    rd_kafka_resp_err_t failure =
        sender_produce(replay->sender, topic, home ? seen->view.original_partition : RD_KAFKA_PARTITION_UA, &record,
                       headers_of(replay, entry, seen));
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR && !is_its_own(failure))
        return error_set(error, "cannot produce to %s: %s", topic, rd_kafka_err2str(failure));
    result->left_out = failure != RD_KAFKA_RESP_ERR_NO_ERROR;
    result->outcome = OUTCOME_REPLAYED;
    snprintf(result->text, sizeof result->text, "to %s%s%s", topic, result->left_out ? ": " : "",
             result->left_out ? rd_kafka_err2str(failure) : "");
    return result->left_out ? 0 : decide(replay, entry, OUTCOME_REPLAYED, true, topic, error);
}

/* ---- One letter ----------------------------------------------------------------------------------- */

static bool any_matches(const sluice_list *patterns, const char *name)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (fnmatch(patterns->items[i], name, 0) == 0)
            return true;
    return false;
}

static void choose_headers(const struct replay_options *options, struct sluice_record *seen)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < seen->view.header_count; i++) {
        const char *name = seen->headers[i].name;
        if ((options->header_allow.count == 0 || any_matches(&options->header_allow, name)) &&
            !any_matches(&options->header_deny, name))
            seen->headers[kept++] = seen->headers[i];
    }
    seen->view.header_count = kept;
}

/* Whoever may write to the dead letter topic can put any origin into a letter's headers: what the operator has not
 * named goes only where this pipeline's own records go. */
static void check_origin(const struct replay *replay, const struct entry *entry, const struct sluice_record *seen,
                         struct error *why)
{
    const struct letters *letters = replay->letters;
    const struct pipeline_options *pipeline = &letters->config->pipeline;
    const char *target = target_of(replay, seen);
    if (entry->connector != NULL && strcmp(entry->connector, pipeline->name) != 0 && !replay->options.foreign)
        error_set(why, "it is a letter of '%.200s', not of this pipeline (--foreign)", entry->connector);
    else if (topics_option_with(pipeline, seen->view.original_topic) == NULL && !replay->options.foreign)
        error_set(why, "'%.249s' is none of this pipeline's topics (--foreign)", seen->view.original_topic);
    else if (replay->options.target == REPLAY_TO_TOPIC &&
             (strcmp(target, letters->topic) == 0 || strcmp(target, letters->state_topic) == 0))
        error_set(why, "'%.249s' is for dead letters", target);
}

/* Why it cannot or may not be sent; "": it can. */
static void prepare(struct replay *replay, const struct entry *entry, struct sluice_record *seen, struct error *why)
{
    const struct replay_options *options = &replay->options;
    int64_t count = decisions_replay_count(replay->letters->decisions, entry);
    why->text[0] = '\0';
    if (!entry_show(entry, options->as_topic, &replay->arena, seen))
        error_set(why, "no header tells where the record comes from; say so with --as-topic");
    else
        check_origin(replay, entry, seen, why);
    if (why->text[0] != '\0')
        return;
    if (entry->omitted_bytes >= 0)
        error_set(why,
                  "its value (%" PRId64 " bytes) was too large for the dead letter topic; it is %s:%" PRId32 ":%" PRId64
                  ", if that is still there",
                  entry->omitted_bytes, seen->view.original_topic, seen->view.original_partition,
                  seen->view.original_offset);
    else if (count >= options->max_replay_count)
        error_set(why, "replayed %" PRId64 " times already, and no more than %" PRId64 " are allowed", count,
                  options->max_replay_count);
    else if (options->edit == NULL ||
             options->edit(options->opaque, entry, &replay->arena, &seen->view.value, why) == 0)
        choose_headers(options, seen);
}

static void rehearse(struct replay *replay, const struct sluice_record *seen, struct replay_result *result)
{
    struct sluice_record record = *seen;
    solo_run(&replay->solo, &record, &result->verdict);
    word_verdict(result);
}

int replay_letter(struct replay *replay, const struct entry *entry, struct replay_result *result, struct error *error)
{
    struct sluice_record seen;
    struct error why;
    *result = (struct replay_result){.left_out = false};
    arena_reset(&replay->arena);
    prepare(replay, entry, &seen, &why);
    if (why.text[0] != '\0') {
        result->left_out = true;
        snprintf(result->text, sizeof result->text, "%s", why.text);
        return 0;
    }
    if (replay->options.dry_run) {
        rehearse(replay, &seen, result);
        return 0;
    }
    return replay->options.target == REPLAY_TO_SINK ? to_sink(replay, entry, &seen, result, error)
                                                    : to_topic(replay, entry, &seen, result, error);
}

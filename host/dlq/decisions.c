#include "dlq/decisions.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

static const struct {
    const char *name;
    bool closes;
} outcomes[] = {
#define OUTCOME_ROW(name, text, closes) [OUTCOME_##name] = {text, closes},
    OUTCOMES(OUTCOME_ROW)
#undef OUTCOME_ROW
};

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome].name;
}

bool outcome_closes(enum outcome outcome)
{
    return outcomes[outcome].closes;
}

/* Names and reasons: few different ones, for many decisions. */
struct word {
    UT_hash_handle hh;
    char text[];
};

/* That a record is closed up to a number of replays, and a time. */
struct closed {
    uint64_t origin_hash;
    int64_t replay_count;
    int64_t until_ms; /* of the decision, or of the letter where its clock was ahead */
};

struct decisions {
    struct decision *all; /* sorted by letter; one each */
    size_t count, capacity;
    struct closed *closed; /* sorted by origin; one each, the highest replay count */
    size_t closed_count;
    struct word *words;
    const struct reader_span *letters;
    size_t letter_spans;
};

/* ---- Reading the state topic ---------------------------------------------------------------------- */

static const char *intern(struct decisions *decisions, const char *text)
{
    struct word *word;
    if (text == NULL)
        return NULL;
    size_t size = strlen(text);
    HASH_FIND(hh, decisions->words, text, size, word);
    if (word == NULL) {
        word = alloc_zeroed(1, sizeof *word + size + 1);
        memcpy(word->text, text, size);
        HASH_ADD_KEYPTR(hh, decisions->words, word->text, size, word);
    }
    return word->text;
}

static bool is_there(const struct decisions *decisions, const struct decision *decision)
{
    for (size_t i = 0; i < decisions->letter_spans; i++)
        if (decisions->letters[i].partition == decision->partition)
            return decision->offset >= decisions->letters[i].from;
    return false;
}

static bool parse_outcome(const char *text, enum outcome *outcome)
{
    for (int i = 0; i < OUTCOME_COUNT; i++)
        if (strcmp(outcomes[i].name, text) == 0) {
            *outcome = (enum outcome)i;
            return true;
        }
    return false;
}

/* The key is "PARTITION:OFFSET", the value what sender.c writes.  What is neither is somebody else's. */
static bool parse(struct decisions *decisions, const struct record *record, struct decision *decision)
{
    char key[48] = "", end;
    const char *outcome, *by = NULL, *reason = NULL, *hash;
    json_int_t at_ms = 0, failed_at_ms = -1, replay_count = 0, replays = 0;
    if (record->key.size < sizeof key && record->key.data != NULL)
        memcpy(key, record->key.data, record->key.size);
    if (sscanf(key, "%" SCNd32 ":%" SCNd64 "%c", &decision->partition, &decision->offset, &end) != 2)
        return false;
    json_t *value = json_loadb(record->value.data, record->value.size, 0, NULL);
    bool ok = json_unpack(value, "{s:s, s:I, s?I, s?I, s?I, s:s, s?s, s?s}", "outcome", &outcome, "at_ms", &at_ms,
                          "failed_at_ms", &failed_at_ms, "replay_count", &replay_count, "replays", &replays, "origin",
                          &hash, "by", &by, "reason", &reason) == 0 &&
              parse_outcome(outcome, &decision->outcome);
    if (ok) {
        decision->at_ms = at_ms;
        decision->failed_at_ms = failed_at_ms;
        decision->sequence = record->offset;
        decision->replay_count = replay_count;
        decision->replays = replays;
        decision->origin_hash = strtoull(hash, NULL, 16);
        decision->by = intern(decisions, by);
        decision->reason = intern(decisions, reason);
    }
    json_decref(value);
    return ok;
}

static bool take(void *decisions_, struct record *record)
{
    struct decisions *decisions = decisions_;
    struct decision decision = {.partition = -1};
    if (record->value.data != NULL && parse(decisions, record, &decision) && is_there(decisions, &decision)) {
        if (decisions->count == decisions->capacity) {
            decisions->capacity = decisions->capacity * 2 + 64;
            decisions->all = alloc_resized(decisions->all, decisions->capacity, sizeof *decisions->all);
        }
        decisions->all[decisions->count++] = decision;
    }
    record_free(record);
    return true;
}

/* ---- Sorted, for looking up ------------------------------------------------------------------------ */

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_letters(const void *a_, const void *b_)
{
    const struct decision *a = a_, *b = b_;
    int order = COMPARE(a->partition, b->partition);
    return order != 0 ? order : COMPARE(a->offset, b->offset);
}

static int compare_decisions(const void *a, const void *b)
{
    int order = compare_letters(a, b);
    return order != 0 ? order : COMPARE(((const struct decision *)a)->sequence, ((const struct decision *)b)->sequence);
}

static int compare_closed(const void *a_, const void *b_)
{
    const struct closed *a = a_, *b = b_;
    return COMPARE(a->origin_hash, b->origin_hash);
}

static int compare_closed_counts(const void *a_, const void *b_)
{
    const struct closed *a = a_, *b = b_;
    int order = compare_closed(a, b);
    if (order == 0)
        order = COMPARE(a->replay_count, b->replay_count);
    return order != 0 ? order : COMPARE(a->until_ms, b->until_ms);
}

/* Keeps the last of each run of equals. */
static size_t keep_last(void *items_, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    char *items = items_;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || compare(items + i * size, items + (i + 1) * size) != 0)
            memmove(items + kept++ * size, items + i * size, size);
    return kept;
}

static void sort(struct decisions *decisions)
{
    if (decisions->count == 0)
        return;
    /* From all of them: what was closed once stays so, whatever was decided later. */
    decisions->closed = alloc_zeroed(decisions->count, sizeof *decisions->closed);
    for (size_t i = 0; i < decisions->count; i++) {
        const struct decision *decision = &decisions->all[i];
        if (outcome_closes(decision->outcome))
            decisions->closed[decisions->closed_count++] = (struct closed){
                .origin_hash = decision->origin_hash,
                .replay_count = decision->replay_count,
                .until_ms = decision->failed_at_ms > decision->at_ms ? decision->failed_at_ms : decision->at_ms};
    }
    if (decisions->closed_count > 0)
        qsort(decisions->closed, decisions->closed_count, sizeof *decisions->closed, compare_closed_counts);
    decisions->closed_count =
        keep_last(decisions->closed, decisions->closed_count, sizeof *decisions->closed, compare_closed);
    qsort(decisions->all, decisions->count, sizeof *decisions->all, compare_decisions);
    decisions->count = keep_last(decisions->all, decisions->count, sizeof *decisions->all, compare_letters);
}

int decisions_read(struct decisions **decisions_, struct reader *state, const struct reader_span *letters,
                   size_t letter_spans, struct error *error)
{
    struct decisions *decisions = alloc_zeroed(1, sizeof *decisions);
    size_t count;
    const struct reader_span *spans = reader_spans(state, &count);
    *decisions = (struct decisions){.letters = letters, .letter_spans = letter_spans};
    *decisions_ = decisions;
    if (reader_read(state, spans, count, take, decisions, error) == 0) {
        sort(decisions);
        return 0;
    }
    decisions_free(decisions);
    *decisions_ = NULL;
    return -1;
}

void decisions_free(struct decisions *decisions)
{
    struct word *word, *next;
    if (decisions == NULL)
        return;
    HASH_ITER(hh, decisions->words, word, next)
    {
        HASH_DEL(decisions->words, word);
        free(word);
    }
    free(decisions->all);
    free(decisions->closed);
    free(decisions);
}

const struct decision *decisions_about(const struct decisions *decisions, const struct entry *entry)
{
    const struct decision wanted = {.partition = entry->record->partition_number, .offset = entry->record->offset};
    const struct decision *found =
        decisions->count > 0 ? bsearch(&wanted, decisions->all, decisions->count, sizeof wanted, compare_letters)
                             : NULL;
    /* A topic that was made anew gives its offsets again, to other letters. */
    return found != NULL && found->origin_hash == entry_origin_hash(entry) ? found : NULL;
}

bool decisions_close(const struct decisions *decisions, const struct entry *entry)
{
    const struct closed wanted = {.origin_hash = entry_origin_hash(entry)};
    const struct closed *found =
        decisions->closed_count > 0
            ? bsearch(&wanted, decisions->closed, decisions->closed_count, sizeof wanted, compare_closed)
            : NULL;
    return found != NULL && (entry->replay_count < found->replay_count ||
                             (entry->replay_count == found->replay_count && entry->failed_at_ms <= found->until_ms));
}

int64_t decisions_replay_count(const struct decisions *decisions, const struct entry *entry)
{
    const struct decision *decision = decisions_about(decisions, entry);
    return entry->replay_count + (decision != NULL ? decision->replays : 0);
}

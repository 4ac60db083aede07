#include "dlq/letters.h"

#include "base/alloc.h"
#include "dlq/letter_json.h"

#include <stdlib.h>
#include <string.h>

/* ---- Open and close ------------------------------------------------------------------------------- */

static int read_decisions(struct letters *letters, struct error *error)
{
    const struct reader_watch silent = {.stop = letters->stop};
    struct reader *state;
    size_t count;
    const struct reader_span *spans = reader_spans(letters->reader, &count);
    if (reader_open(&state, letters->config, letters->settings, letters->state_topic, true, &silent, error) != 0)
        return -1;
    size_t state_spans;
    reader_spans(state, &state_spans);
    letters->state_is_there = state_spans > 0;
    int result = decisions_read(&letters->decisions, state, spans, count, error);
    reader_close(state);
    if (result == 0 && letters->stop != NULL &&
        atomic_load(letters->stop)) /* a part of them would open letters again */
        return error_set(error, "stopped");
    return result;
}

int letters_open(struct letters *letters, const struct pipeline_config *config, const struct settings *settings,
                 const struct reader_watch *watch, struct error *error)
{
    *letters = (struct letters){
        .config = config, .settings = settings, .topic = config->pipeline.dead_letter_topic, .stop = watch->stop};
    letters->state_topic = alloc_printf("%s.state", letters->topic);
    if (reader_open(&letters->reader, config, settings, letters->topic, false, watch, error) != 0)
        return -1;
    return read_decisions(letters, error);
}

void letters_close(struct letters *letters)
{
    decisions_free(letters->decisions);
    reader_close(letters->reader);
    free(letters->state_topic);
    *letters = (struct letters){.topic = NULL};
}

/* ---- One look ------------------------------------------------------------------------------------- */

/* Records seen lately, by the hash of their origin: a slot each, a later one takes it over. */
enum { SEEN_SLOTS = 131072 };

struct look {
    const struct letters *letters;
    const struct filter *filter;
    bool (*each)(void *opaque, struct entry *entry);
    void *opaque;
    uint64_t *seen; /* NULL: repeats are left in */
    struct letter_counts counts;
};

/* Whether it is a repeat, and from now on is. */
static bool was_seen(uint64_t *seen, const struct entry *entry)
{
    uint64_t hash = entry_origin_hash(entry) | 1;
    uint64_t *slot = &seen[(hash >> 1) % SEEN_SLOTS];
    bool is = *slot == hash;
    *slot = hash;
    return is;
}

/* Which of the counts it belongs to: matched, or why it is left out. */
static uint64_t *judge(struct look *look, const struct entry *entry)
{
    look->counts.read++;
    if (!look->filter->all && decisions_close(look->letters->decisions, entry))
        return &look->counts.decided;
    if (!filter_matches(look->filter, entry))
        return &look->counts.others;
    if (look->seen != NULL && was_seen(look->seen, entry))
        return &look->counts.repeats;
    return &look->counts.matched;
}

static bool take_entry(struct look *look, struct entry *entry)
{
    uint64_t *count = judge(look, entry);
    ++*count;
    if (count == &look->counts.matched)
        return look->each(look->opaque, entry);
    entry_free(entry);
    return true;
}

static bool take(void *look, struct record *record)
{
    return take_entry(look, entry_new(record));
}

/* What has to be read for it: everything, or the letters it names. */
static struct reader_span *spans_for(const struct letters *letters, const struct filter *filter, size_t *count)
{
    size_t all_count;
    const struct reader_span *all = reader_spans(letters->reader, &all_count);
    struct reader_span *spans = alloc_zeroed(all_count + 1, sizeof *spans);
    memcpy(spans, all, all_count * sizeof *spans);
    *count = all_count;
    for (size_t i = 0; i < all_count && filter_is_by_letter(filter); i++) {
        int64_t from = INT64_MAX, to = 0;
        for (size_t c = 0; c < filter->coordinate_count; c++) {
            const struct coordinates *wanted = &filter->coordinates[c];
            if (wanted->partition != spans[i].partition)
                continue;
            from = wanted->offset < from ? wanted->offset : from;
            to = wanted->offset >= to ? wanted->offset + 1 : to;
        }
        spans[i].from = from > spans[i].from ? from : spans[i].from;
        spans[i].to = to < spans[i].to ? to : spans[i].to;
    }
    return spans;
}

int letters_each(struct letters *letters, const struct filter *filter, bool (*each)(void *opaque, struct entry *entry),
                 void *opaque, struct letter_counts *counts, struct error *error)
{
    struct look look = {.letters = letters,
                        .filter = filter,
                        .each = each,
                        .opaque = opaque,
                        .seen = filter->all ? NULL : alloc_zeroed(SEEN_SLOTS, sizeof *look.seen)};
    size_t count;
    struct reader_span *spans = spans_for(letters, filter, &count);
    int result = reader_read(letters->reader, spans, count, take, &look, error);
    free(spans);
    free(look.seen);
    if (counts != NULL)
        *counts = look.counts;
    return result;
}

/* ---- The same from a file ------------------------------------------------------------------------- */

int letters_each_line(struct letters *letters, const struct filter *filter, FILE *in, const char *name,
                      bool (*each)(void *opaque, struct entry *entry), void *opaque, struct letter_counts *counts,
                      struct error *error)
{
    struct look look = {.letters = letters, .filter = filter, .each = each, .opaque = opaque};
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t size;
    int result = 0;
    for (bool more = true; result == 0 && more && (size = getline(&line, &capacity, in)) >= 0;) {
        json_error_t syntax;
        struct entry *entry;
        struct error why;
        number++;
        if (strspn(line, " \t\r\n") == (size_t)size)
            continue;
        json_t *json = json_loadb(line, (size_t)size, 0, &syntax);
        if (json == NULL)
            result = error_set(error, "%s:%zu: no JSON: column %d: %s", name, number, syntax.column, syntax.text);
        else if (letter_from_json(json, letters->topic, &entry, &why) != 0)
            result = error_set(error, "%s:%zu: %s", name, number, why.text);
        else
            more = take_entry(&look, entry);
        json_decref(json);
    }
    free(line);
    if (counts != NULL)
        *counts = look.counts;
    return result;
}

/* ---- The newest ----------------------------------------------------------------------------------- */

enum { FIRST_WINDOW = 500, LARGEST_WINDOW = 20000 };

struct entries {
    struct entry **items;
    size_t count, capacity;
};

static void append(struct entries *entries, struct entry *entry)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity * 2 + 64;
        entries->items = alloc_resized(entries->items, entries->capacity, sizeof *entries->items);
    }
    entries->items[entries->count++] = entry;
}

static bool gather(void *entries, struct entry *entry)
{
    entry->record->value = (sluice_bytes){NULL, 0}; /* it is not listed, and may be large */
    record_copy_out(entry->record);
    append(entries, entry);
    return true;
}

/* One partition backwards, in windows that grow, until `wanted` are found.  Of the letters about one record the newest
 * is the one that is shown. */
static int newest_of(struct look *look, uint64_t *seen, const struct reader_span *span, size_t wanted,
                     struct entries *found, struct error *error)
{
    int64_t window = FIRST_WINDOW;
    int result = 0;
    for (int64_t to = span->to; result == 0 && to > span->from && found->count < wanted;) {
        struct entries matched = {.items = NULL};
        const struct reader_span part = {span->partition, to - span->from > window ? to - window : span->from, to};
        look->opaque = &matched;
        result = reader_read(look->letters->reader, &part, 1, take, look, error);
        for (size_t i = matched.count; i-- > 0;)
            if (!look->filter->all && was_seen(seen, matched.items[i]))
                entry_free(matched.items[i]);
            else
                append(found, matched.items[i]);
        free(matched.items);
        to = part.from;
        window = window * 2 < LARGEST_WINDOW ? window * 2 : LARGEST_WINDOW;
    }
    return result;
}

/* Each partition's own order stays; between partitions the later failure comes first.  Takes the entries over. */
static struct entries merge(struct entries *parts, size_t part_count, size_t limit, bool *more)
{
    struct entries merged = {.items = NULL};
    size_t *at = alloc_zeroed(part_count + 1, sizeof *at), total = 0;
    for (size_t i = 0; i < part_count; i++)
        total += parts[i].count;
    for (size_t taken = 0; taken < total; taken++) {
        size_t newest = part_count;
        for (size_t i = 0; i < part_count; i++)
            if (at[i] < parts[i].count && (newest == part_count || parts[i].items[at[i]]->failed_at_ms >
                                                                       parts[newest].items[at[newest]]->failed_at_ms))
                newest = i;
        struct entry *entry = parts[newest].items[at[newest]++];
        if (merged.count < limit)
            append(&merged, entry);
        else
            entry_free(entry);
    }
    *more = total > limit;
    free(at);
    return merged;
}

int letters_newest(struct letters *letters, const struct filter *filter, size_t limit, struct entry ***entries,
                   size_t *count, bool *more, struct error *error)
{
    struct look look = {.letters = letters, .filter = filter, .each = gather};
    uint64_t *seen = alloc_zeroed(SEEN_SLOTS, sizeof *seen);
    size_t span_count;
    struct reader_span *spans = spans_for(letters, filter, &span_count);
    struct entries *parts = alloc_zeroed(span_count + 1, sizeof *parts);
    int result = 0;
    for (size_t i = 0; i < span_count && result == 0; i++)
        result = newest_of(&look, seen, &spans[i], limit + 1, &parts[i], error);
    struct entries merged = merge(parts, span_count, limit, more);
    *entries = merged.items;
    *count = merged.count;
    for (size_t i = 0; i < span_count; i++)
        free(parts[i].items);
    free(parts);
    free(spans);
    free(seen);
    return result;
}

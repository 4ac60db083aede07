#include "pipeline/counters.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "pipeline/budget.h"
#include "pipeline/families.h"

#include <pthread.h>
#include <string.h>

/* What there is of each kind is known, and begins at 0. */
static void begin(void)
{
    families_init();
    for (int i = 0; i < BATCH_CLOSED_BY_COUNT; i++)
        family_add(FAMILY_BATCHES, 0, LABELS(batch_closed_by_text((enum batch_closed_by)i)));
    family_add(FAMILY_COMMITS, 0, LABELS("succeeded"));
    family_add(FAMILY_COMMITS, 0, LABELS("failed"));
    family_add(FAMILY_REBALANCES, 0, LABELS("assigned"));
    family_add(FAMILY_REBALANCES, 0, LABELS("revoked"));
}

void counters_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin);
}

static void tell_stage(const struct stage *stage)
{
    const sluice_plugin *descriptor = &stage->plugin->descriptor;
    family_set(FAMILY_PLUGIN_INFO, 1, LABELS(stage->section, descriptor->name, descriptor->version));
}

void counters_about(const struct chain *chain, const char *config_hash)
{
    for (size_t i = 0; i < chain->transform_count; i++)
        tell_stage(&chain->transforms[i]);
    tell_stage(&chain->sink);
    family_set(FAMILY_CONFIG_INFO, 1, LABELS(config_hash));
}

void counters_consumed(const char *topic, size_t records, uint64_t bytes)
{
    if (records == 0)
        return;
    family_add(FAMILY_CONSUMED, (double)records, LABELS(topic));
    family_add(FAMILY_CONSUMED_BYTES, (double)bytes, LABELS(topic));
}

/* Records of one topic behind each other, counted at their end. */
struct run {
    size_t counts[FAMILY_RETRIED + 1];
    uint64_t stored_bytes;
    struct metric_tally latency;
};

static void count(struct run *run, const struct record *record, enum result_kind kind, int64_t wall_ms)
{
    static const enum family families[] = {
        [RESULT_STORED] = FAMILY_STORED, [RESULT_FILTERED] = FAMILY_FILTERED, [RESULT_REJECTED] = FAMILY_REJECTED,
        [RESULT_RETRY] = FAMILY_RETRIED, [RESULT_UNDONE] = FAMILY_RETRIED,
    };
    run->counts[families[kind]]++;
    if (kind != RESULT_STORED)
        return;
    run->stored_bytes += record->seen.view.key.size + record->seen.view.value.size;
    if (record->timestamp_type == SLUICE_TIME_NONE)
        return;
    int64_t age_ms = wall_ms - record->timestamp_ms;
    family_tally(FAMILY_DELIVERY_LATENCY, &run->latency, age_ms > 0 ? (double)age_ms / 1000 : 0);
}

static void end_run(struct run *run, const char *topic)
{
    for (enum family family = FAMILY_STORED; family <= FAMILY_RETRIED; family++)
        if (run->counts[family] > 0)
            family_add(family, (double)run->counts[family], LABELS(topic));
    if (run->counts[FAMILY_STORED] > 0)
        family_add(FAMILY_STORED_BYTES, (double)run->stored_bytes, LABELS(topic));
    if (run->latency.count > 0)
        family_observe_tally(FAMILY_DELIVERY_LATENCY, &run->latency, LABELS(topic));
    *run = (struct run){.stored_bytes = 0};
}

void counters_batch(const struct batch *batch)
{
    struct run run = {.stored_bytes = 0};
    int64_t wall_ms = clock_wall_ms();
    for (size_t i = 0; i < batch->count; i++) {
        const char *topic = batch->records[i]->topic;
        count(&run, batch->records[i], batch->results[i].kind, wall_ms);
        if (i + 1 == batch->count || batch->records[i + 1]->topic != topic)
            end_run(&run, topic);
    }
    family_add(FAMILY_BATCHES, 1, LABELS(batch_closed_by_text(batch->closed_by)));
    family_add(FAMILY_PUTS, (double)batch->puts, NULL);
    family_observe(FAMILY_BATCH_RECORDS, (double)batch->count, NULL);
    family_observe(FAMILY_BATCH_BYTES, (double)(batch->bytes - batch->count * BUDGET_RECORD_OVERHEAD_BYTES), NULL);
}

/* A code as a label: a plugin may make up any number of them, which no series database would like. */
static const char *label_of(const char *code)
{
    enum { MOST_CODES = 50 };
    static char *codes[MOST_CODES]; /* the poller's; for the life of the process */
    static size_t code_count;
    for (size_t i = 0; i < code_count; i++)
        if (strcmp(codes[i], code) == 0)
            return codes[i];
    if (code_count == MOST_CODES)
        return "other";
    codes[code_count] = alloc_text(code);
    return codes[code_count++];
}

void counters_dead_lettered(const char *topic, const char *code)
{
    family_add(FAMILY_DEAD_LETTERED, 1, LABELS(topic, label_of(code)));
}

void counters_commit(bool succeeded, int64_t took_ns)
{
    family_add(FAMILY_COMMITS, 1, LABELS(succeeded ? "succeeded" : "failed"));
    family_observe(FAMILY_COMMIT_DURATION, (double)took_ns / 1e9, NULL);
}

void counters_rebalance(bool assigned)
{
    family_add(FAMILY_REBALANCES, 1, LABELS(assigned ? "assigned" : "revoked"));
}

void counters_topic(const struct partition *partition)
{
    for (enum family family = FAMILY_CONSUMED; family <= FAMILY_STORED_BYTES; family++)
        family_add(family, 0, LABELS(partition->topic));
}

void counters_transformed(int64_t took_ns)
{
    family_observe(FAMILY_TRANSFORM_DURATION, (double)took_ns / 1e9, NULL);
}

void counters_put(int64_t took_ns)
{
    family_observe(FAMILY_PUT_DURATION, (double)took_ns / 1e9, NULL);
}

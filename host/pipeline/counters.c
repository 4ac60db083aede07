#include "pipeline/counters.h"

#include "base/alloc.h"
#include "ops/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum counter {
    CONSUMED,
    STORED,
    FILTERED,
    REJECTED,
    RETRIED,
    DEAD_LETTERED,
    BATCHES,
    PUTS,
    COMMITS,
    REBALANCES,
    LAG,
    WAITING,
    LETTERS,
    LETTER_BYTES,
    COUNTER_COUNT
};

static const char *const no_labels[] = {NULL};
static const char *const by_topic[] = {"topic", NULL};
static const char *const by_code[] = {"topic", "code", NULL};
static const char *const by_closed[] = {"closed_by", NULL};
static const char *const by_result[] = {"result", NULL};
static const char *const by_partition[] = {"topic", "partition", NULL};

static const struct row {
    const char *name;
    sluice_metric_kind kind;
    const char *unit, *help;
    const char *const *labels;
} rows[COUNTER_COUNT] = {
    [CONSUMED] = {"sluice_records_consumed", SLUICE_COUNTER, NULL, "Records taken from Kafka.", by_topic},
    [STORED] = {"sluice_records_stored", SLUICE_COUNTER, NULL, "Records the sink has acknowledged.", by_topic},
    [FILTERED] = {"sluice_records_filtered", SLUICE_COUNTER, NULL, "Records a plugin dropped on purpose.", by_topic},
    [REJECTED] = {"sluice_records_rejected", SLUICE_COUNTER, NULL, "Records that can never be stored.", by_topic},
    [RETRIED] = {"sluice_records_retried", SLUICE_COUNTER, NULL,
                 "Records that have to be delivered again, counted each time.", by_topic},
    [DEAD_LETTERED] =
        {"sluice_records_dead_lettered", SLUICE_COUNTER, NULL,
         "Records the dead letter topic has acknowledged, by the code of their error; other: one of many.", by_code},
    [BATCHES] = {"sluice_batches", SLUICE_COUNTER, NULL, "Batches delivered, by what closed them.", by_closed},
    [PUTS] = {"sluice_puts", SLUICE_COUNTER, NULL, "Calls of the sink's put().", no_labels},
    [COMMITS] = {"sluice_commits", SLUICE_COUNTER, NULL, "Offset commits, by their result.", by_result},
    [REBALANCES] = {"sluice_rebalances", SLUICE_COUNTER, NULL, "Rebalance events of this member.", by_result},
    [LAG] = {"sluice_consumer_lag", SLUICE_GAUGE, "records",
             "Offsets between the end of a partition and what is finished of it.", by_partition},
    [WAITING] = {"sluice_waiting", SLUICE_GAUGE, "bytes", "Records taken from Kafka and not with a task.", no_labels},
    [LETTERS] = {"sluice_dead_letters_unacknowledged", SLUICE_GAUGE, NULL,
                 "Dead letters the topic has not acknowledged yet.", no_labels},
    [LETTER_BYTES] = {"sluice_dead_letters_unacknowledged", SLUICE_GAUGE, "bytes", "The size of those.", no_labels},
};

static struct metric_family *families[COUNTER_COUNT];

static void add(enum counter counter, const char *label, double delta)
{
    const char *const values[] = {label, NULL};
    metric_add(metrics_series(families[counter], values), delta);
}

static void set(enum counter counter, double value)
{
    metric_set(metrics_series(families[counter], no_labels), value);
}

static void register_all(void)
{
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        families[i] = metrics_family(rows[i].name, rows[i].kind, rows[i].unit, rows[i].help, rows[i].labels);
    for (int i = 0; i < BATCH_CLOSED_BY_COUNT; i++)
        add(BATCHES, batch_closed_by_text((enum batch_closed_by)i), 0);
    add(COMMITS, "succeeded", 0);
    add(COMMITS, "failed", 0);
    add(PUTS, NULL, 0);
}

void counters_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_all);
}

void counters_consumed(const char *topic, size_t records)
{
    if (records > 0)
        add(CONSUMED, topic, (double)records);
}

void counters_batch(const struct batch *batch)
{
    static const enum counter counters[] = {
        [RESULT_STORED] = STORED, [RESULT_FILTERED] = FILTERED, [RESULT_REJECTED] = REJECTED,
        [RESULT_RETRY] = RETRIED, [RESULT_UNDONE] = RETRIED,
    };
    size_t counts[COUNTER_COUNT] = {0};
    for (size_t i = 0; i < batch->count; i++) {
        const char *topic = batch->records[i]->topic;
        counts[counters[batch->results[i].kind]]++;
        if (i + 1 < batch->count && batch->records[i + 1]->topic == topic)
            continue; /* a run of one topic is counted at its end */
        for (enum counter counter = STORED; counter <= RETRIED; counter++) {
            if (counts[counter] > 0)
                add(counter, topic, (double)counts[counter]);
            counts[counter] = 0;
        }
    }
    add(BATCHES, batch_closed_by_text(batch->closed_by), 1);
    add(PUTS, NULL, (double)batch->puts);
}

/* A code as a label: a plugin may make up any number of them, which no series database would like. */
static const char *label_of(const char *code)
{
    enum { MOST_CODES = 50 };
    static char *codes[MOST_CODES]; /* the poller's; for the life of the process */
    static size_t count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(codes[i], code) == 0)
            return codes[i];
    if (count == MOST_CODES)
        return "other";
    codes[count] = alloc_text(code);
    return codes[count++];
}

void counters_dead_lettered(const char *topic, const char *code)
{
    const char *const values[] = {topic, label_of(code), NULL};
    metric_add(metrics_series(families[DEAD_LETTERED], values), 1);
}

void counters_commit(bool succeeded)
{
    add(COMMITS, succeeded ? "succeeded" : "failed", 1);
}

void counters_rebalance(bool assigned)
{
    add(REBALANCES, assigned ? "assigned" : "revoked", 1);
}

void counters_memory(uint64_t waiting_bytes, uint64_t letters_bytes, size_t letters)
{
    set(WAITING, (double)waiting_bytes);
    set(LETTER_BYTES, (double)letters_bytes);
    set(LETTERS, (double)letters);
}

/* The label values of a partition's series. */
struct partition_labels {
    char number[16];
    const char *values[3];
};

static const char *const *labels_of(const struct partition *partition, struct partition_labels *labels)
{
    snprintf(labels->number, sizeof labels->number, "%d", (int)partition->number);
    labels->values[0] = partition->topic;
    labels->values[1] = labels->number;
    labels->values[2] = NULL;
    return labels->values;
}

void counters_partition(const struct partition *partition)
{
    for (enum counter counter = CONSUMED; counter <= DEAD_LETTERED; counter++)
        add(counter, partition->topic, 0);
}

void counters_lag(const struct partition *partition, int64_t log_end)
{
    struct partition_labels labels;
    int64_t lag = log_end - offsets_watermark(&partition->offsets);
    metric_set(metrics_series(families[LAG], labels_of(partition, &labels)), lag > 0 ? (double)lag : 0);
}

void counters_forget(const struct partition *partition)
{
    struct partition_labels labels;
    metrics_remove(families[LAG], labels_of(partition, &labels));
}

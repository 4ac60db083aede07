/* What metrics cost: counting a batch, measuring and reading librdkafka's statistics with 24 partitions, a scrape.  CPU
 * time of this thread, so that a busy machine does not show. */
#include "pipeline/counters.h"
#include "base/alloc.h"
#include "ops/exposition.h"
#include "ops/vitals.h"
#include "pipeline/gauges.h"
#include "pipeline/statistics.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTITIONS = 24, MOST_RECORDS = 2000, ROUNDS = 2000 };

static struct consumer consumer;
static char *statistics;
static size_t statistics_size;

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* ---- A batch -------------------------------------------------------------------------------------- */

static struct batch batch_of(size_t count)
{
    struct batch batch = {.count = count};
    batch.records = alloc_zeroed(count, sizeof *batch.records);
    batch.results = alloc_zeroed(count, sizeof *batch.results);
    for (size_t i = 0; i < count; i++) {
        struct record *record = alloc_zeroed(1, sizeof *record);
        record->topic = consumer.partitions.all[i * 3 / count]->topic; /* three partitions, one behind the other */
        record->timestamp_type = SLUICE_TIME_CREATE;
        record->timestamp_ms = (int64_t)time(NULL) * 1000 - (int64_t)(i % 5000);
        record->bytes = 40000;
        batch.bytes += record->bytes + 512;
        batch.records[i] = record;
        batch.results[i].kind = RESULT_STORED;
    }
    return batch;
}

/* All that is counted on a batch's way. */
static void count_batch(struct batch *batch, struct task_time *time)
{
    for (size_t i = 0; i < 3; i++)
        counters_consumed(consumer.partitions.all[i]->topic, batch->count / 3, 40000);
    counters_transformed(task_time_begin(time, ACTIVITY_TRANSFORM));
    counters_put(task_time_begin(time, ACTIVITY_PUT));
    task_time_begin(time, ACTIVITY_IDLE);
    counters_batch(batch);
}

static void tell_batch(size_t count)
{
    struct batch batch = batch_of(count);
    struct task_time split;
    task_time_init(&split, ACTIVITY_IDLE);
    double began_us = cpu_us();
    for (int i = 0; i < ROUNDS; i++)
        count_batch(&batch, &split);
    double us = (cpu_us() - began_us) / ROUNDS;
    printf("a batch of %4zu records: %6.2f us, %.3f us a record\n", count, us, us / (double)count);
    for (size_t i = 0; i < count; i++)
        free(batch.records[i]);
    free(batch.records);
    free(batch.results);
    task_time_free(&split);
}

/* ---- A consumer with its partitions ---------------------------------------------------------------- */

static int keep_statistics(rd_kafka_t *client, char *json, size_t size, void *opaque)
{
    (void)client, (void)opaque;
    free(statistics);
    statistics = alloc_copy(json, size);
    statistics_size = size;
    return 0;
}

static rd_kafka_t *open_consumer(const char *bootstrap)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof why);
    rd_kafka_conf_set(conf, "group.id", "bench", why, sizeof why);
    rd_kafka_conf_set(conf, "statistics.interval.ms", "500", why, sizeof why);
    rd_kafka_conf_set_stats_cb(conf, keep_statistics);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(list, "potato", i);
        struct partition *partition = partitions_get(&consumer.partitions, "potato", i);
        partition->state = PARTITION_ACTIVE;
        partition->fetched = true;
        counters_topic(partition);
    }
    rd_kafka_poll_set_consumer(client);
    rd_kafka_assign(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return client;
}

static void measure(void)
{
    gauges_partitions(&consumer, false, 0);
}

static void read_statistics(void)
{
    statistics_of_consumer(statistics, statistics_size, &consumer.partitions);
}

static void scrape(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    vitals_measure();
    exposition_write(EXPOSITION_OPENMETRICS, out);
    fclose(out);
    free(text);
}

static void tell(const char *what, void (*act)(void))
{
    enum { TIMES = 200 };
    double began_us = cpu_us();
    for (int i = 0; i < TIMES; i++)
        act();
    printf("%s: %.0f us\n", what, (cpu_us() - began_us) / TIMES);
}

int main(void)
{
    char why[256];
    struct pipeline_options options = {.ordering = ORDERING_PARTITION};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 3);
    rd_kafka_mock_topic_create(cluster, "potato", PARTITIONS, 1);
    counters_init();
    consumer.options = &options;
    consumer.client = open_consumer(rd_kafka_mock_cluster_bootstraps(cluster));
    for (int i = 0; i < 4 || statistics == NULL; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer.client, 500);
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    static const size_t counts[] = {3, 100, MOST_RECORDS};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        tell_batch(counts[i]);
    tell("measuring 24 partitions, twice a second", measure);
    printf("(%zu bytes of statistics) ", statistics_size);
    tell("reading them, every 5 s", read_statistics);
    tell("a scrape", scrape);
    rd_kafka_destroy(consumer.client);
    partitions_free(&consumer.partitions);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    free(statistics);
    return 0;
}

#include "pipeline/families.h"

#include "ops/vitals.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>

static const char *const no_labels[] = {NULL};
static const char *const by_topic[] = {"topic", NULL};
static const char *const by_code[] = {"topic", "code", NULL};
static const char *const by_closed[] = {"closed_by", NULL};
static const char *const by_result[] = {"result", NULL};
static const char *const by_partition[] = {"topic", "partition", NULL};
static const char *const by_task[] = {"task", NULL};
static const char *const by_activity[] = {"task", "activity", NULL};
static const char *const by_state[] = {"task", "state", NULL};
static const char *const by_run_state[] = {"state", NULL};
static const char *const by_broker[] = {"broker", NULL};
static const char *const by_client[] = {"client", NULL};
static const char *const by_build[] = {"version", "librdkafka", NULL};
static const char *const by_plugin[] = {"instance", "plugin", "version", NULL};
static const char *const by_hash[] = {"hash", NULL};

static const struct row {
    const char *name;
    sluice_metric_kind kind;
    const char *unit, *help;
    const char *const *labels;
} rows[FAMILY_COUNT] = {
    [FAMILY_CONSUMED] = {"sluice_records_consumed", SLUICE_COUNTER, NULL, "Records taken from Kafka.", by_topic},
    [FAMILY_STORED] = {"sluice_records_stored", SLUICE_COUNTER, NULL, "Records the sink has acknowledged.", by_topic},
    [FAMILY_FILTERED] = {"sluice_records_filtered", SLUICE_COUNTER, NULL, "Records a plugin dropped on purpose.",
                         by_topic},
    [FAMILY_REJECTED] = {"sluice_records_rejected", SLUICE_COUNTER, NULL, "Records that can never be stored.",
                         by_topic},
    [FAMILY_RETRIED] = {"sluice_records_retried", SLUICE_COUNTER, NULL,
                        "Records that have to be delivered again, counted each time.", by_topic},
    [FAMILY_CONSUMED_BYTES] = {"sluice_consumed", SLUICE_COUNTER, "bytes", "Keys and values taken from Kafka.",
                               by_topic},
    [FAMILY_STORED_BYTES] = {"sluice_stored", SLUICE_COUNTER, "bytes",
                             "Keys and values the sink has acknowledged, as it was handed them.", by_topic},
    [FAMILY_DEAD_LETTERED] =
        {"sluice_records_dead_lettered", SLUICE_COUNTER, NULL,
         "Records the dead letter topic has acknowledged, by the code of their error; beyond 50 codes the rest is "
         "other.",
         by_code},
    [FAMILY_BATCHES] = {"sluice_batches", SLUICE_COUNTER, NULL,
                        "Batches delivered, by what closed them: count, bytes, linger, or idle (the task was free).",
                        by_closed},
    [FAMILY_PUTS] = {"sluice_puts", SLUICE_COUNTER, NULL, "Calls of the sink's put().", no_labels},
    [FAMILY_BATCH_RECORDS] = {"sluice_batch", SLUICE_HISTOGRAM, "records", "Records of a batch.", no_labels},
    [FAMILY_BATCH_BYTES] = {"sluice_batch", SLUICE_HISTOGRAM, "bytes", "Keys and values of a batch, as consumed.",
                            no_labels},
    [FAMILY_TRANSFORM_DURATION] = {"sluice_transform_duration", SLUICE_HISTOGRAM, "seconds",
                                   "What all transforms took for a batch.", no_labels},
    [FAMILY_PUT_DURATION] = {"sluice_put_duration", SLUICE_HISTOGRAM, "seconds", "What one call of the sink took.",
                             no_labels},
    [FAMILY_COMMIT_DURATION] = {"sluice_commit_duration", SLUICE_HISTOGRAM, "seconds",
                                "From an offset commit to the broker's answer.", no_labels},
    [FAMILY_DELIVERY_LATENCY] =
        {"sluice_delivery_latency", SLUICE_HISTOGRAM, "seconds",
         "From a record's timestamp to the sink's acknowledgement. The timestamp is by the producer's clock, or by "
         "the broker's where the topic says so: it is as right as that clock.",
         by_topic},
    [FAMILY_COMMITS] = {"sluice_commits", SLUICE_COUNTER, NULL, "Offset commits: succeeded or failed.", by_result},
    [FAMILY_REBALANCES] = {"sluice_rebalances", SLUICE_COUNTER, NULL,
                           "Rebalance events of this member: assigned or revoked.", by_result},
    [FAMILY_BUILD_INFO] = {"sluice_build_info", SLUICE_GAUGE, NULL, "What runs; always 1.", by_build},
    [FAMILY_PLUGIN_INFO] = {"sluice_plugin_info", SLUICE_GAUGE, NULL, "The plugins it runs; always 1.", by_plugin},
    [FAMILY_CONFIG_INFO] = {"sluice_config_info", SLUICE_GAUGE, NULL,
                            "A hash of the configuration without its secrets; always 1.", by_hash},

    [FAMILY_LAG] = {"sluice_consumer_lag", SLUICE_GAUGE, "records",
                    "Offsets between the end of a partition and what is finished of it.", by_partition},
    [FAMILY_OLDEST_AGE] = {"sluice_oldest_unfinished_age", SLUICE_GAUGE, "seconds",
                           "How long ago the first unfinished record of a partition came; 0: all is finished.",
                           by_partition},
    [FAMILY_COMMITTED] = {"sluice_committed_offset", SLUICE_GAUGE, NULL,
                          "The offset of a partition that the group has committed; absent: none yet.", by_partition},
    [FAMILY_PAUSED] = {"sluice_partition_paused", SLUICE_GAUGE, NULL,
                       "1: nothing more is taken from the partition: it waits for a retry, is paused, or cannot be "
                       "read. 0: it flows.",
                       by_partition},
    [FAMILY_ASSIGNED] = {"sluice_assigned_partitions", SLUICE_GAUGE, NULL, "Partitions this member owns.", no_labels},
    [FAMILY_HELD] = {"sluice_held_partitions", SLUICE_GAUGE, NULL,
                     "Partitions this member owns and takes nothing more from.", no_labels},
    [FAMILY_BUFFER_USED] = {"sluice_buffer_used", SLUICE_GAUGE, "bytes",
                            "Records waiting, with tasks, and in letters not acknowledged yet, each with what it costs "
                            "beside its bytes; the rest of the limit is for copies and librdkafka's queues.",
                            no_labels},
    [FAMILY_BUFFER_LIMIT] = {"sluice_buffer_limit", SLUICE_GAUGE, "bytes", "buffer.max.bytes.", no_labels},
    [FAMILY_WAITING] = {"sluice_waiting", SLUICE_GAUGE, "bytes", "Records taken from Kafka and not with a task.",
                        no_labels},
    [FAMILY_LETTERS] = {"sluice_dead_letters_unacknowledged", SLUICE_GAUGE, NULL,
                        "Dead letters the topic has not acknowledged yet.", no_labels},
    [FAMILY_LETTER_BYTES] = {"sluice_dead_letters_unacknowledged", SLUICE_GAUGE, "bytes",
                             "The size of the dead letters the topic has not acknowledged yet.", no_labels},
    [FAMILY_PIPELINE_STATE] = {"sluice_pipeline_state", SLUICE_GAUGE, NULL,
                               "1 for the state that an operator has put it in: running, paused or stopped.",
                               by_run_state},
    [FAMILY_TASK_TIME] = {"sluice_task_time", SLUICE_COUNTER, "seconds",
                          "What a task has spent its time with: transform, put, backoff (waiting to try again, opening "
                          "its plugins) or idle (waiting for records).",
                          by_activity},
    [FAMILY_TASK_STATE] = {"sluice_task_state", SLUICE_GAUGE, NULL,
                           "1 for the state that a task is in: starting, running, failed or closed.", by_state},
    [FAMILY_TASK_FAILURES] = {"sluice_task_failures", SLUICE_COUNTER, NULL, "How often a task has FAILED.", by_task},

    [FAMILY_FETCH_QUEUE_MESSAGES] = {"sluice_kafka_fetch_queue_messages", SLUICE_GAUGE, NULL,
                                     "Records that librdkafka has fetched and Sluice has not taken.", no_labels},
    [FAMILY_FETCH_QUEUE_BYTES] = {"sluice_kafka_fetch_queue", SLUICE_GAUGE, "bytes",
                                  "Bytes that librdkafka has fetched and Sluice has not taken.", no_labels},
    [FAMILY_BROKER_RTT] =
        {"sluice_kafka_broker_rtt", SLUICE_GAUGE, "seconds",
         "What the consumer's requests to a broker took on average, of late; absent: there were none.", by_broker},
    [FAMILY_BROKER_CONNECTED] = {"sluice_kafka_broker_connected", SLUICE_GAUGE, NULL,
                                 "1: the consumer is connected to the broker.", by_broker},
    [FAMILY_REQUEST_ERRORS] = {"sluice_kafka_request_errors", SLUICE_COUNTER, NULL,
                               "The consumer's requests that were not sent, not answered in time or not understood.",
                               by_broker},
    [FAMILY_RECONNECTS] = {"sluice_kafka_reconnects", SLUICE_COUNTER, NULL,
                           "The consumer's attempts to connect after the first.", by_broker},
    [FAMILY_RECEIVED] = {"sluice_kafka_received", SLUICE_COUNTER, "bytes",
                         "What a client (consumer, dead-letter-producer) has received from the brokers, as it "
                         "travelled.",
                         by_client},
    [FAMILY_TRANSMITTED] = {"sluice_kafka_transmitted", SLUICE_COUNTER, "bytes",
                            "What a client (consumer, dead-letter-producer) has sent to the brokers, as it travelled.",
                            by_client},
};

static struct metric_family *families[FAMILY_COUNT];

static void register_all(void)
{
    vitals_init();
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        families[i] = metrics_family(rows[i].name, rows[i].kind, rows[i].unit, rows[i].help, rows[i].labels);
        if (rows[i].labels == no_labels && rows[i].kind != SLUICE_GAUGE)
            metrics_series(families[i], NULL); /* what is counted begins at 0; what is measured has no value yet */
    }
    family_set(FAMILY_BUILD_INFO, 1, LABELS(SLUICE_VERSION, rd_kafka_version_str()));
}

void families_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_all);
}

void family_add(enum family family, double delta, const char *const *labels)
{
    metric_add(metrics_series(families[family], labels), delta);
}

void family_set(enum family family, double value, const char *const *labels)
{
    metric_set(metrics_series(families[family], labels), value);
}

void family_observe(enum family family, double value, const char *const *labels)
{
    metric_observe(metrics_series(families[family], labels), value);
}

void family_remove(enum family family, const char *const *labels)
{
    metrics_remove(families[family], labels);
}

void family_sweep(enum family family)
{
    metrics_sweep(families[family]);
}

void family_tally(enum family family, struct metric_tally *tally, double value)
{
    metric_tally_add(families[family], tally, value);
}

void family_observe_tally(enum family family, struct metric_tally *tally, const char *const *labels)
{
    metric_observe_tally(metrics_series(families[family], labels), tally);
}

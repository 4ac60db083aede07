/* flow/harness.h - the whole pipeline in this process: a mock cluster, a producer, the scripted sink
 * (tests/abi/fixtures), whose script and log are files.
 *
 *     struct flow *flow = flow_new(4);                      partitions of topic "t"
 *     flow_script(flow, "retry\nok\n");
 *     struct pipeline *pipeline = flow_start(flow, "tasks.max = 2\n");
 *     flow_produce(flow, 0, "value");
 *     flow_wait_committed(flow, 0, 1);
 *     assert_int_equal(flow_stop(pipeline), 0);
 *     flow_free(flow);
 */
#ifndef SLUICE_TESTS_FLOW_HARNESS_H
#define SLUICE_TESTS_FLOW_HARNESS_H

#include "pipeline/pipeline.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

struct flow {
    rd_kafka_mock_cluster_t *cluster;
    rd_kafka_t *producer;
    char *bootstrap;
    char folder[32];
    int partitions;
    const char *strategy;  /* partition.assignment.strategy of pipelines started from now on */
    const char *tolerance; /* errors.tolerance of them */
    const char *consumer;  /* a line of [kafka.consumer] of them */
    struct flow_run *runs; /* every pipeline started, freed with the flow */
};

struct flow *flow_new(int partitions);
void flow_free(struct flow *flow);

void flow_script(struct flow *flow, const char *script);
char *flow_log(struct flow *flow); /* what the sink has done; the caller frees it */
/* How often the sink was put a record. */
size_t flow_puts_of(struct flow *flow, int partition, int64_t offset);

/* more: lines of [pipeline]; the dead letter topic is "dlq", errors.tolerance all, short delays. */
struct pipeline *flow_start(struct flow *flow, const char *more);
struct control *flow_control(struct flow *flow); /* of the pipeline started last */
int flow_stop(struct pipeline *pipeline);        /* asks it to stop; its exit code */
int flow_wait_end(struct pipeline *pipeline);    /* it stops by itself; its exit code */

void flow_produce(struct flow *flow, int partition, const char *value); /* and waits for the acknowledgement */
void flow_produce_key(struct flow *flow, int partition, const char *key, const char *value); /* key NULL: none */
int64_t flow_committed(struct flow *flow, int partition);                                    /* -1: none */
void flow_wait_committed(struct flow *flow, int partition, int64_t offset);
size_t flow_letters(struct flow *flow); /* records in the dead letter topic */
void flow_wait_log(struct flow *flow, const char *text);
void flow_sleep(int ms);

#endif

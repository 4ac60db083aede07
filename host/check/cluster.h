/* check/cluster.h - one of the pipeline's two Kafka clients, made only to ask: with its security, without a group and
 * without writing.  Requests are asynchronous and bounded by one deadline for all of them.
 * Neighbours: brokers.h, topics.h, group.h, dead_letter.h (who ask), pipeline/clients.h (the configuration). */
#ifndef SLUICE_CHECK_CLUSTER_H
#define SLUICE_CHECK_CLUSTER_H

#include "check/check.h"
#include "pipeline/broker_trouble.h"

struct cluster_node {
    int32_t id;
    char address[300]; /* as advertised: "host:9092" */
    bool answered;
    struct broker_trouble trouble;
};

struct cluster {
    struct check *check;
    rd_kafka_type_t type;
    rd_kafka_t *client;
    rd_kafka_queue_t *answers;
    int64_t deadline_ms;
    const struct rd_kafka_metadata *metadata; /* of all topics; NULL: no broker has answered */
    struct cluster_node *nodes;
    size_t node_count;
    struct broker_trouble trouble; /* of bootstrap servers */
};

/* deadline_ms: clock_now_ms() based, for everything that is asked of it. */
int cluster_open(struct cluster *cluster, struct check *check, rd_kafka_type_t type, int64_t deadline_ms,
                 struct error *error);
void cluster_close(struct cluster *cluster); /* fine when it is not open */

/* Where the files set a property of this client, or where [kafka] begins. */
const struct place *cluster_place(const struct cluster *cluster, const char *property);
/* What the client calls itself, for a person who has to grant something: "sluice"; without a login: "this client". */
const char *cluster_user(const struct cluster *cluster, char *text, size_t size);

/* Calls the client's callbacks, for up to wait_ms. */
void cluster_serve(struct cluster *cluster, int wait_ms);
int cluster_time_left_ms(const struct cluster *cluster);

/* For a request of the admin API; the caller destroys it. */
rd_kafka_AdminOptions_t *cluster_options(const struct cluster *cluster, rd_kafka_admin_op_t operation);
/* The next answer; NULL: none within wait_ms, or the time that is left.  The caller destroys it. */
rd_kafka_event_t *cluster_answer(struct cluster *cluster, int wait_ms);
/* The answer of a type about `count` things, waited for as long as there is time; NULL: it failed, is about fewer or
 * has not come, told as a problem of what was asked: "the topics".  The caller destroys it. */
rd_kafka_event_t *cluster_expect(struct cluster *cluster, rd_kafka_event_type_t type, size_t count, const char *what);

/* Whether operation is among those that a description says we may do; where a broker has not said, it is. */
bool cluster_allows(const rd_kafka_AclOperation_t *allowed, size_t count, rd_kafka_AclOperation_t operation);

#endif

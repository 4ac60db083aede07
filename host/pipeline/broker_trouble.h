/* pipeline/broker_trouble.h - what keeps a client from its brokers, as one sentence that a person can act on, made of
 * what librdkafka says of its own connections: names that do not resolve, certificates, passwords, protocols.
 * Neighbours: consumer.c (/ready and the log), check/brokers.c (`validate --connect`). */
#ifndef SLUICE_PIPELINE_BROKER_TROUBLE_H
#define SLUICE_PIPELINE_BROKER_TROUBLE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/* The later say more: what follows one of them within 10 s and says less is its echo. */
enum trouble_kind {
    TROUBLE_NONE,
    TROUBLE_ALL_DOWN,
    TROUBLE_TRANSPORT,
    TROUBLE_RESOLVE,
    TROUBLE_TLS,
    TROUBLE_LOGIN,
};

/* A cleared struct is no trouble. */
struct broker_trouble {
    enum trouble_kind kind;
    int64_t told_ms, heard_ms; /* clock_now_ms() when the text became this, and was last heard */
    char text[768];
};

/* Takes in what an error callback was called with.  True: the text has changed and is worth telling, which several
 * brokers in the same trouble do every 10 s. */
bool broker_trouble_note(struct broker_trouble *trouble, rd_kafka_resp_err_t failure, const char *reason,
                         int64_t now_ms);

/* The node whose connection a reason of librdkafka's is about ("sasl_ssl://host:9092/1: ..."); -1: a bootstrap server,
 * or none. */
int32_t broker_trouble_node(const char *reason);

/* The librdkafka property that most likely causes it. */
const char *broker_trouble_property(const struct broker_trouble *trouble);

/* Lets the client remember why a certificate was not accepted, which librdkafka's reasons do not say. */
void broker_trouble_watch_certificates(rd_kafka_conf_t *conf);

#endif

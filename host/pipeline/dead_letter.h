/* pipeline/dead_letter.h - the dead letter topic's producer.  A letter is finished when the topic has acknowledged it
 * (all in-sync replicas); one that is too large goes without its value, or without the user's headers too; one that
 * cannot be produced is tried again for as long as it takes, and /ready says so.
 * The poller's alone.
 * Neighbours: letter.h (what it looks like), settle.c (who brings them), poller.c (who serves). */
#ifndef SLUICE_PIPELINE_DEAD_LETTER_H
#define SLUICE_PIPELINE_DEAD_LETTER_H

#include "base/error.h"
#include "pipeline/broker_trouble.h"
#include "pipeline/letter.h"
#include "pipeline/retry.h"

struct dead_letters {
    const char *topic; /* NULL: none, and nothing is ever added */
    const char *pipeline;
    struct retry_policy policy;
    void (*acknowledged)(void *opaque, const struct letter *letter); /* during dead_letters_serve() */
    void *opaque;
    rd_kafka_conf_t *conf; /* what a producer is made of */
    int wake_fd;
    rd_kafka_t *producer;
    struct letter *first, *last; /* waiting to be produced */
    size_t unacknowledged;       /* waiting and in flight */
    size_t in_flight;
    bool alone;        /* what is in flight travels by itself */
    uint64_t bytes;    /* of those */
    uint32_t attempts; /* failures in a row */
    int64_t moved_ms;  /* when one was acknowledged last, or none waited */
    bool told_silent;  /* that none has been acknowledged for long */
    int64_t next_try_ms;
    struct broker_trouble trouble; /* what keeps the producer from its brokers */
    uint64_t *random;
};

/* [poller] topic, pipeline, policy, acknowledged, opaque and random are set before.  Takes *conf over (and sets it
 * NULL) when a topic is set. */
int dead_letters_open(struct dead_letters *letters, rd_kafka_conf_t **conf, int wake_fd, struct error *error);
void dead_letters_add(struct dead_letters *letters, struct letter *letter); /* takes it over */
/* Answers from the broker, and what is due to be (re)sent.  Returns ms until it wants to be called again. */
int64_t dead_letters_serve(struct dead_letters *letters, int64_t now_ms);
/* Ends the producer; letters without an answer are given up (their offsets were never committed). */
void dead_letters_close(struct dead_letters *letters);

#endif

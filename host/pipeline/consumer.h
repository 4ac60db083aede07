/* pipeline/consumer.h - the librdkafka consumer: one member of the group, its partitions, its control queue.  Records
 * do not come through here: each partition's queue is forwarded to the queue of the task it is bound to (intake.h).
 * The poller's alone.
 * Neighbours: rebalance.h (assignments), commits.h, start.h (positions), clients.h (its configuration). */
#ifndef SLUICE_PIPELINE_CONSUMER_H
#define SLUICE_PIPELINE_CONSUMER_H

#include "base/error.h"
#include "config/pipeline_config.h"
#include "pipeline/broker_trouble.h"
#include "pipeline/partition.h"
#include "pipeline/topics.h"

struct consumer {
    const struct pipeline_options *options;
    rd_kafka_t *client;
    rd_kafka_queue_t *control;
    int wake_fd;
    struct partitions partitions;
    struct topics topics;
    bool broker_told_down;
    int64_t next_ask_ms;           /* the broker, while it is told to be down */
    struct broker_trouble trouble; /* what keeps it from its brokers */
    bool told_inconsistent;        /* that the group's members have no assignment strategy in common */
    char fatal[512];               /* why librdkafka cannot go on with this client (a fenced member); "": it can */
    bool lost;                     /* the assignment was, and none has come since */
    bool fenced_itself;            /* fatal is its own kept commit's doing: another client can go on */

    /* Set before consumer_open(): called by consumer_serve(). */
    void (*on_rebalance)(void *opaque, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list);
    void (*on_committed)(void *opaque, rd_kafka_resp_err_t failure, rd_kafka_topic_partition_list_t *list);
    void *opaque;
};

/* [poller] Takes *conf over (and sets it NULL); subscribes.  Asks no server. */
int consumer_open(struct consumer *consumer, rd_kafka_conf_t **conf, int wake_fd, struct error *error);

/* Serves rebalances, commits' answers and errors, and max.poll.interval.ms.  Never
 * blocks for long: a look for missing topics, or for a broker that was away, waits a second at most. */
void consumer_serve(struct consumer *consumer, int64_t now_ms);

/* The broker has answered something just now. */
void consumer_heard_broker(struct consumer *consumer);

/* Whether librdkafka has begun to leave the group, after an unsubscribe.  A static member keeps its place on purpose:
 * of it there is nothing to wait for. */
bool consumer_has_left(const struct consumer *consumer);

/* Adds a partition to a list, at a position: to be assigned, sought or committed. */
void consumer_add_position(rd_kafka_topic_partition_list_t *list, const struct partition *partition,
                           struct position position);

/* Leaves the group.  The rebalance callback must answer at once from here on.  Then everything taken from the client
 * must be let go before consumer_free(). */
void consumer_close(struct consumer *consumer);
void consumer_free(struct consumer *consumer);

/* A partition that cannot be read (any further): told on /ready and in the log. */
void consumer_tell_failed(const struct partition *partition, const char *why);
/* One that cannot be read yet. */
void consumer_tell_waiting(const struct partition *partition, const char *why);
/* Nothing is to be said of it any more. */
void consumer_forget_partition(const struct partition *partition);

#endif

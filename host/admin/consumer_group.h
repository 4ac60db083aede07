/* admin/consumer_group.h - what the admin listener asks Kafka itself: the cluster's id, and the committed offsets of
 * the pipeline's group, to be read and changed.  One client, opened at the first question and kept. Neighbours:
 * pipeline/clients.h (what the client is made of), connect_offsets.c, connect_worker.c. */
#ifndef SLUICE_ADMIN_CONSUMER_GROUP_H
#define SLUICE_ADMIN_CONSUMER_GROUP_H

#include "base/error.h"
#include "config/pipeline_config.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

struct consumer_group {
    const struct pipeline_config *config;
    const struct settings *settings;
    const atomic_bool *stopping; /* ends every wait */
    pthread_mutex_t lock;        /* guards the opening of: */
    rd_kafka_t *client;
    char *name; /* group.id */
};

void consumer_group_init(struct consumer_group *group, const struct pipeline_config *config,
                         const struct settings *settings, const atomic_bool *stopping);
void consumer_group_close(struct consumer_group *group);

/* How a question ended; the error says why it did not end well. */
enum group_answer {
    GROUP_OK,
    GROUP_NO_SUCH_PARTITION,
    GROUP_HAS_MEMBERS, /* offsets of a group with members are theirs to commit */
    GROUP_FAILED
};

/* [any] All of these wait for Kafka, for some seconds at most. */

/* The caller's; NULL: it is not known. */
char *consumer_group_cluster_id(struct consumer_group *group);
/* Committed offsets of all partitions, sorted; the caller's in any case. */
enum group_answer consumer_group_offsets(struct consumer_group *group, rd_kafka_topic_partition_list_t **offsets,
                                         struct error *error);
/* Commits them for the group; RD_KAFKA_OFFSET_INVALID: the partition has no committed offset any more.  Nothing is
 * changed unless all partitions exist. */
enum group_answer consumer_group_alter_offsets(struct consumer_group *group,
                                               const rd_kafka_topic_partition_list_t *offsets, struct error *error);
/* No partition has a committed offset any more. */
enum group_answer consumer_group_reset_offsets(struct consumer_group *group, struct error *error);

#endif

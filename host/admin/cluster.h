/* admin/cluster.h - what the admin listener asks Kafka itself: the cluster's id, and the committed offsets of the
 * pipeline's group, to be read and changed.  One client, opened at the first question and kept.
 * Neighbours: pipeline/clients.h (what the client is made of), connect_offsets.c, connect_worker.c. */
#ifndef SLUICE_ADMIN_CLUSTER_H
#define SLUICE_ADMIN_CLUSTER_H

#include "base/error.h"
#include "config/pipeline_config.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

struct cluster {
    const struct pipeline_config *config;
    const struct settings *settings;
    const atomic_bool *stopping; /* ends every wait */
    pthread_mutex_t lock;        /* guards the opening of: */
    rd_kafka_t *client;
    char *group;
};

void cluster_init(struct cluster *cluster, const struct pipeline_config *config, const struct settings *settings,
                  const atomic_bool *stopping);
void cluster_close(struct cluster *cluster);

/* How a question ended; the error says why it did not end well. */
enum cluster_answer {
    CLUSTER_OK,
    CLUSTER_NO_SUCH_PARTITION,
    CLUSTER_HAS_MEMBERS, /* offsets of a group with members are theirs to commit */
    CLUSTER_FAILED
};

/* [any] All of these wait for Kafka, for some seconds at most. */

/* The caller's; NULL: it is not known. */
char *cluster_id(struct cluster *cluster);
/* Committed offsets of all partitions, sorted; the caller's in any case. */
enum cluster_answer cluster_offsets(struct cluster *cluster, rd_kafka_topic_partition_list_t **offsets,
                                    struct error *error);
/* Commits them for the group; RD_KAFKA_OFFSET_INVALID: the partition has no committed offset any more.  Nothing is
 * changed unless all partitions exist. */
enum cluster_answer cluster_alter_offsets(struct cluster *cluster, const rd_kafka_topic_partition_list_t *offsets,
                                          struct error *error);
/* No partition has a committed offset any more. */
enum cluster_answer cluster_reset_offsets(struct cluster *cluster, struct error *error);

#endif

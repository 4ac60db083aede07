/* check/topics.h - is every topic of the pipeline there, and ours to read?  What a broker knows of a topic is asked
 * here for dead_letter.h too.
 * Neighbours: cluster.h, pipeline/topics.h (the same while running). */
#ifndef SLUICE_CHECK_TOPICS_H
#define SLUICE_CHECK_TOPICS_H

#include "check/cluster.h"

/* The topics' names: those of `topics`, or those that are there and match topics.regex.  Texts live as long as the
 * configuration and the cluster's metadata; free() the array. */
sluice_list topics_wanted(const struct cluster *cluster);

void topics_check(struct cluster *cluster, const sluice_list *names);

/* Describes topics, with what we may do to each; NULL: no answer, told as a problem of `what`.  The caller destroys
 * it. */
rd_kafka_event_t *topics_describe(struct cluster *cluster, const char *const *names, size_t count, const char *what);

#endif

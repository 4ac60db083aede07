/* pipeline/statistics.h - what librdkafka tells of itself every statistics.interval.ms (STATISTICS.md in its source):
 * the few numbers that say whether the brokers answer, and how much is fetched and not taken yet.
 * Neighbours: families.h, consumer.h and dead_letter.h (whose clients). */
#ifndef SLUICE_PIPELINE_STATISTICS_H
#define SLUICE_PIPELINE_STATISTICS_H

#include "pipeline/partition.h"

/* [poller] From a client's stats_cb. */
void statistics_of_consumer(const char *json, size_t size, struct partitions *partitions);
void statistics_of_producer(const char *json, size_t size);

#endif

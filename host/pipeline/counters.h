/* pipeline/counters.h - counting what happens, once a batch rather than once a record.
 * Neighbours: families.h (what is counted), gauges.h (what is measured), settle.c, task.c and the others that count. */
#ifndef SLUICE_PIPELINE_COUNTERS_H
#define SLUICE_PIPELINE_COUNTERS_H

#include "pipeline/batch.h"
#include "plugin/chain.h"

/* [any] Registers every family of the host, so that each is there from the first scrape on; once is enough. */
void counters_init(void);
/* [main] What runs: the plugins, and the hash of the configuration. */
void counters_about(const struct chain *chain, const char *config_hash);

/* [poller] */
void counters_consumed(const char *topic, size_t records, uint64_t bytes);
/* A batch is back: its results by topic, what closed it, its size, and how old what was stored had become. */
void counters_batch(const struct batch *batch);
void counters_dead_lettered(const char *topic, const char *code);
void counters_commit(bool succeeded, int64_t took_ns);
void counters_rebalance(bool assigned);
/* The partition's topic is counted from now on, from 0. */
void counters_topic(const struct partition *partition);

/* [task] */
void counters_transformed(int64_t took_ns);
void counters_put(int64_t took_ns);

#endif

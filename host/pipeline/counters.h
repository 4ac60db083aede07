/* pipeline/counters.h - the pipeline's metrics, counted once a batch.  Their names are a contract (host/README.md).
 * Neighbours: ops/metrics.h (where they live), settle.c and the other parts that count. */
#ifndef SLUICE_PIPELINE_COUNTERS_H
#define SLUICE_PIPELINE_COUNTERS_H

#include "pipeline/batch.h"

void counters_init(void); /* [main] registers every family, so that each is there from the first scrape on */

void counters_consumed(const char *topic, size_t records);
/* A batch is back: its results by topic, what closed it. */
void counters_batch(const struct batch *batch);
void counters_dead_lettered(const char *topic, const char *code);
void counters_commit(bool succeeded);
void counters_rebalance(bool assigned);
void counters_memory(uint64_t waiting_bytes, uint64_t letters_bytes, size_t letters);

/* The lag of a partition is there while it is ours. */
void counters_partition(const struct partition *partition);
void counters_lag(const struct partition *partition, int64_t log_end);
void counters_forget(const struct partition *partition);

#endif

/* pipeline/tolerance.h - what the pipeline's error options make of a batch's results, before they are settled: records
 * that may not become letters, and retries that have gone on for too long, fail the task and stay where they are.
 * Neighbours: task.c (who asks), delivery.h (the results), breaker.h, settle.c (what comes next). */
#ifndef SLUICE_PIPELINE_TOLERANCE_H
#define SLUICE_PIPELINE_TOLERANCE_H

#include "pipeline/batch.h"
#include "pipeline/breaker.h"

struct tolerance {
    const struct pipeline_options *options;
    struct breaker breaker;
};

void tolerance_init(struct tolerance *tolerance, const struct pipeline_options *options);
void tolerance_free(struct tolerance *tolerance);

/* [task] Pure but for the breaker's memory.  A record that stays, and every later one of its unit in the batch, becomes
 * RESULT_UNDONE, and the batch failed. */
void tolerance_apply(struct tolerance *tolerance, struct batch *batch, int64_t now_ms);

#endif

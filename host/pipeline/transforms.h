/* pipeline/transforms.h - a batch through the transforms: each record through the chain in order, edits in the batch's
 * arena, what they decide in the batch's results.
 * Neighbours: batch.h, delivery.h (what comes next), plugin/instance.h. */
#ifndef SLUICE_PIPELINE_TRANSFORMS_H
#define SLUICE_PIPELINE_TRANSFORMS_H

#include "config/pipeline_config.h"
#include "pipeline/batch.h"
#include "plugin/instance.h"

/* [task] Records decided leave RESULT_OPEN: RETRY cuts the record's unit there (later records of it are not shown to
 * the transforms), a null value is decided by null_values before them.  A transform that fails (FATAL or nonsense)
 * sets batch->failed; records not decided stay RESULT_OPEN. */
void transforms_run(struct batch *batch, struct instance *transforms, size_t transform_count,
                    enum null_values null_values, const char *pipeline);

/* What happens to a null value before the transforms; RESULT_OPEN: it goes on. */
struct result transforms_null_result(enum null_values null_values);

#endif

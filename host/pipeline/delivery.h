/* pipeline/delivery.h - what a sink's answers mean for each record of a batch: the outcome rule, halving included.
 * Pure but for the put it is handed.
 *
 * The rule.  A record's own report wins over what put() returned; RETRY of a record makes every later record of its
 * ordering unit in the batch RETRY, whatever was said of those; a returned REJECT over several unreported records
 * means "one of these", and they are put again in halves, in order, until the record is alone in its call; FATAL
 * leaves the unreported undone and ends the delivery; an answer that cannot be (nonsense) does the same, and nothing
 * of that call counts.
 * Neighbours: transforms.h (what happened to the batch before), task.c (who calls). */
#ifndef SLUICE_PIPELINE_DELIVERY_H
#define SLUICE_PIPELINE_DELIVERY_H

#include "plugin/boundary.h"

enum result_kind {
    RESULT_OPEN = 0, /* not decided yet: to be put */
    RESULT_STORED,   /* finished */
    RESULT_FILTERED, /* finished: dropped on purpose */
    RESULT_REJECTED, /* finished once its dead letter is acknowledged */
    RESULT_RETRY,    /* comes again after a backoff */
    RESULT_UNDONE    /* comes again once the failed task is back */
};

enum record_stage { STAGE_TRANSFORMATION, STAGE_TASK_PUT };

/* Texts are in the batch's arena or static. */
struct result {
    enum result_kind kind;
    enum record_stage stage;
    const struct stage *by; /* the stage of the chain that decided; NULL: the host */
    const char *code;
    const char *text;
};

struct delivery {
    struct sluice_record *const *records;
    const size_t *units;    /* the ordering unit of each record, numbered from 0 within the batch */
    struct result *results; /* in: RESULT_OPEN or what the transforms decided; out: never RESULT_OPEN */
    size_t count;
    size_t unit_count;
    struct arena *arena;
    const struct stage *sink;
    sluice_verdict (*put)(void *opaque, const sluice_batch *batch, sluice_report *report);
    void *opaque;

    /* out */
    size_t puts; /* calls made */
    bool failed; /* FATAL or nonsense: the instance is to be closed */
    const char *code, *text;
};

void delivery_run(struct delivery *delivery);

#endif

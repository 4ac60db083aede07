/* pipeline/settle.h - a batch is back: finished records move the watermark, rejected ones become letters, those that
 * come again return to the front of their units; what bears an old epoch is forgotten.
 * Neighbours: task.h (gives it back), dead_letter.h, offsets.h, unit.h, retry.h. */
#ifndef SLUICE_PIPELINE_SETTLE_H
#define SLUICE_PIPELINE_SETTLE_H

#include "pipeline/dead_letter.h"
#include "pipeline/task.h"

struct settling {
    struct dead_letters *letters;
    const struct pipeline_options *options;
    struct retry_policy policy;
    uint64_t *random;
};

/* [poller] The task's batch is empty afterwards. */
void settle_batch(const struct settling *settling, struct task *task, int64_t now_ms);
/* dead_letters.acknowledged; opaque: the settling */
void settle_letter(void *opaque, const struct letter *letter);

#endif

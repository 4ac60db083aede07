#include "pipeline/budget.h"

enum { LARGEST_BATCH_BYTES = 4 << 20 };
enum { SMALLEST_FETCH_BYTES = 1 << 20 }; /* librdkafka refuses a consumer with less than its message.max.bytes */

struct budget budget_plan(const struct pipeline_options *options)
{
    uint64_t all = options->buffer_max_bytes;
    uint64_t tasks = (uint64_t)options->tasks_max;
    uint64_t lanes = options->ordering == ORDERING_KEY ? 1 : tasks;
    struct budget budget = {.queued_bytes = all / 8 / lanes};
    budget.fetch_bytes = all / 16 > SMALLEST_FETCH_BYTES ? all / 16 : SMALLEST_FETCH_BYTES;
    uint64_t rest = all - all / 4 - all / 8;
    uint64_t share = rest / (5 * tasks); /* waiting (twice), in hand, transformed, with the sink */
    budget.batch_max_bytes = share < LARGEST_BATCH_BYTES ? share : LARGEST_BATCH_BYTES;
    if (options->batch_max_bytes > 0 && options->batch_max_bytes < budget.batch_max_bytes)
        budget.batch_max_bytes = options->batch_max_bytes;
    budget.task_max_bytes = 2 * budget.batch_max_bytes;
    budget.letters_max_bytes = rest / 4;
    return budget;
}

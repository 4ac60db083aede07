#include "pipeline/breaker.h"

#include "base/alloc.h"

#include <stdlib.h>

static void forget(struct breaker *breaker)
{
    breaker->consecutive = 0;
    breaker->seen = breaker->rejected_count = 0;
}

/* True: this record is one too many. */
static bool note(struct breaker *breaker, bool rejected)
{
    const struct breaker_limits *limits = &breaker->limits;
    breaker->consecutive = rejected ? breaker->consecutive + 1 : 0;
    if (limits->max_consecutive > 0 && breaker->consecutive > limits->max_consecutive)
        return true;
    if (limits->max_ratio <= 0)
        return false;
    if (breaker->rejected == NULL)
        breaker->rejected = alloc_zeroed(limits->window, sizeof *breaker->rejected);
    bool *place = &breaker->rejected[breaker->seen % limits->window];
    breaker->rejected_count -= breaker->seen >= limits->window && *place;
    breaker->rejected_count += rejected;
    *place = rejected;
    breaker->seen++;
    return rejected && breaker->seen >= limits->window &&
           (double)breaker->rejected_count > limits->max_ratio * (double)limits->window;
}

static bool has(const struct result *results, size_t count, enum result_kind kind)
{
    for (size_t i = 0; i < count; i++)
        if (results[i].kind == kind)
            return true;
    return false;
}

size_t breaker_judge(struct breaker *breaker, const struct result *results, size_t count)
{
    bool trial = breaker->open;
    if (trial && has(results, count, RESULT_STORED)) {
        breaker->open = trial = false;
        forget(breaker);
    }
    for (size_t i = 0; i < count; i++) {
        bool rejected = results[i].kind == RESULT_REJECTED;
        bool finished = results[i].kind == RESULT_STORED || results[i].kind == RESULT_FILTERED;
        if ((rejected && trial) || ((rejected || finished) && note(breaker, rejected))) {
            breaker->open = true;
            return i;
        }
    }
    return count;
}

void breaker_free(struct breaker *breaker)
{
    free(breaker->rejected);
    breaker->rejected = NULL;
}

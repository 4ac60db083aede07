#include "pipeline/retry.h"

/* xorshift64 (Marsaglia, "Xorshift RNGs", 2003): spreads delays, guards nothing. */
static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

int64_t retry_delay_ms(const struct retry_policy *policy, uint32_t attempt, uint64_t *random)
{
    int64_t ceiling = policy->first_ms > 0 ? policy->first_ms : 1;
    for (uint32_t i = 0; i < attempt && ceiling < policy->longest_ms; i++)
        ceiling = ceiling > INT64_MAX / 2 ? INT64_MAX : ceiling * 2;
    if (ceiling > policy->longest_ms && policy->longest_ms > 0)
        ceiling = policy->longest_ms;
    return 1 + (int64_t)(next_random(random) % (uint64_t)ceiling);
}

/* Delays before a retry: exponential ceilings, full jitter. */
#include "testing.h"

#include "pipeline/retry.h"

static const struct retry_policy policy = {.first_ms = 300, .longest_ms = 10000};

static int64_t longest_of(uint32_t attempt, int64_t *total)
{
    uint64_t random = 88172645463325252u;
    int64_t longest = 0;
    *total = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t delay = retry_delay_ms(&policy, attempt, &random);
        assert_in_range(delay, 1, 10000);
        longest = delay > longest ? delay : longest;
        *total += delay;
    }
    return longest;
}

static void the_ceiling_doubles_with_each_attempt_and_is_capped(void **state)
{
    static const int64_t ceilings[] = {300, 600, 1200, 2400, 4800, 9600, 10000, 10000};
    (void)state;
    for (uint32_t attempt = 0; attempt < 8; attempt++) {
        int64_t total, longest = longest_of(attempt, &total);
        assert_in_range(longest, ceilings[attempt] * 99 / 100, ceilings[attempt]);
        /* uniform below the ceiling: half of it on average */
        assert_in_range(total / 20000, ceilings[attempt] * 48 / 100, ceilings[attempt] * 52 / 100);
    }
}

static void a_thousandth_attempt_does_not_overflow(void **state)
{
    int64_t total;
    (void)state;
    assert_in_range(longest_of(1000, &total), 9900, 10000);
    const struct retry_policy huge = {.first_ms = INT64_MAX / 3, .longest_ms = INT64_MAX};
    uint64_t random = 1;
    assert_true(retry_delay_ms(&huge, 1000, &random) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ceiling_doubles_with_each_attempt_and_is_capped),
        cmocka_unit_test(a_thousandth_attempt_does_not_overflow),
    };
    return RUN(tests);
}

/* A stream of dead letters stops itself, and goes on once something can be stored again. */
#include "testing.h"

#include "pipeline/breaker.h"

/* R: rejected, s: stored, f: filtered, r: to be put again. */
static size_t judge(struct breaker *breaker, const char *kinds)
{
    struct result results[64] = {{.kind = RESULT_OPEN}};
    size_t count = strlen(kinds);
    for (size_t i = 0; i < count; i++)
        results[i].kind = kinds[i] == 'R'   ? RESULT_REJECTED
                          : kinds[i] == 's' ? RESULT_STORED
                          : kinds[i] == 'f' ? RESULT_FILTERED
                                            : RESULT_RETRY;
    return breaker_judge(breaker, results, count);
}

static void one_more_in_a_row_than_allowed_trips_it(void **state)
{
    struct breaker breaker = {.limits = {.max_consecutive = 3}};
    (void)state;
    assert_int_equal(judge(&breaker, "RRR"), 3);
    assert_int_equal(judge(&breaker, "sRRRfRRR"), 8);
    assert_false(breaker.open);
    assert_int_equal(judge(&breaker, "rR"), 1); /* what comes again says nothing */
    assert_true(breaker.open);
}

static void a_trial_closes_it_only_when_something_is_stored(void **state)
{
    struct breaker breaker = {.limits = {.max_consecutive = 2}};
    (void)state;
    assert_int_equal(judge(&breaker, "RRRR"), 2);
    assert_int_equal(judge(&breaker, "rr"), 2);
    assert_true(breaker.open);
    assert_int_equal(judge(&breaker, "fRR"), 1);
    assert_true(breaker.open);
    assert_int_equal(judge(&breaker, "RRsR"), 4); /* the ones before it were bad indeed */
    assert_false(breaker.open);
    assert_int_equal(judge(&breaker, "RR"), 1); /* and count from there */
}

static void a_share_of_the_last_records_trips_it(void **state)
{
    struct breaker breaker = {.limits = {.max_ratio = 0.5, .window = 4}};
    (void)state;
    assert_int_equal(judge(&breaker, "RRR"), 3); /* too few to tell */
    assert_int_equal(judge(&breaker, "s"), 1);
    assert_int_equal(judge(&breaker, "s"), 1);
    assert_int_equal(judge(&breaker, "RsRsRsRs"), 8);
    assert_int_equal(judge(&breaker, "RR"), 1);
    assert_int_equal(judge(&breaker, "sRss"), 4);
    breaker_free(&breaker);
}

static void without_limits_nothing_trips_it(void **state)
{
    struct breaker breaker = {.limits = {.max_consecutive = 0}};
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(judge(&breaker, "RRRR"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_more_in_a_row_than_allowed_trips_it),
        cmocka_unit_test(a_trial_closes_it_only_when_something_is_stored),
        cmocka_unit_test(a_share_of_the_last_records_trips_it),
        cmocka_unit_test(without_limits_nothing_trips_it),
    };
    return RUN(tests);
}

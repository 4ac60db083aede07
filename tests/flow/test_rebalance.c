/* Partitions that come and go while batches are in flight: the epoch rule. */
#include "testing.h"

#include "harness.h"

/* A batch that is inside a plugin when its partition goes is forgotten: its verdicts commit nothing, and the new
 * owner's commits stand. */
static void an_abandoned_batch_commits_nothing_when_it_comes_back(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "hang 6000\nok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *first = flow_start(flow, "rebalance.drain.timeout.ms = 300");
    flow_wait_log(flow, "put t:0:0");
    flow_script(flow, "ok\n"); /* for the second one's instance */
    struct pipeline *second = flow_start(flow, "");
    for (int i = 0; i < 5; i++)
        flow_produce(flow, 0, "y");
    /* whoever has the partition in the end has all of it committed, and nothing goes back */
    flow_wait_committed(flow, 0, 6);
    flow_wait_log(flow, "hang 6000");
    flow_sleep(500);
    assert_int_equal(flow_committed(flow, 0), 6);
    assert_int_equal(flow_stop(first), 0);
    assert_int_equal(flow_stop(second), 0);
    assert_int_equal(flow_committed(flow, 0), 6);
    flow_free(flow);
}

static void members_that_join_and_leave_lose_and_skip_nothing(void **state)
{
    struct flow *flow = flow_new(4);
    (void)state;
    struct pipeline *first = flow_start(flow, "tasks.max = 2");
    for (int round = 0; round < 2; round++) {
        struct pipeline *second = flow_start(flow, "");
        for (int i = 0; i < 40; i++)
            flow_produce(flow, i % 4, "x");
        flow_sleep(300);
        assert_int_equal(flow_stop(second), 0);
    }
    for (int partition = 0; partition < 4; partition++)
        flow_wait_committed(flow, partition, 20);
    assert_int_equal(flow_stop(first), 0);
    for (int partition = 0; partition < 4; partition++)
        for (int64_t offset = 0; offset < 20; offset++)
            assert_true(flow_puts_of(flow, partition, offset) >= 1);
    flow_free(flow);
}

static void the_eager_protocol_works_as_well(void **state)
{
    static const char *const strategies[] = {"range", "roundrobin"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct flow *flow = flow_new(2);
        for (int n = 0; n < 6; n++)
            flow_produce(flow, n % 2, "x");
        flow->strategy = strategies[i];
        struct pipeline *first = flow_start(flow, "");
        flow_wait_committed(flow, 0, 3);
        struct pipeline *second = flow_start(flow, "");
        flow_produce(flow, 0, "x");
        flow_produce(flow, 1, "x");
        flow_wait_committed(flow, 0, 4);
        flow_wait_committed(flow, 1, 4);
        assert_int_equal(flow_stop(first), 0);
        flow_produce(flow, 0, "x");
        flow_wait_committed(flow, 0, 5);
        assert_int_equal(flow_stop(second), 0);
        flow_free(flow);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_abandoned_batch_commits_nothing_when_it_comes_back),
        cmocka_unit_test(members_that_join_and_leave_lose_and_skip_nothing),
        cmocka_unit_test(the_eager_protocol_works_as_well),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

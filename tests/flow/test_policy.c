/* What the user's options make of failures: on.failure, errors.retry.timeout, the breaker, ordering = key. */
#include "testing.h"

#include "harness.h"

static void on_failure_exit_ends_the_process_with_1_and_commits_nothing_of_the_record(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "ok\nfatal\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "on.failure = exit");
    flow_wait_committed(flow, 0, 1);
    flow_produce(flow, 0, "y");
    assert_int_equal(flow_wait_end(pipeline), 1);
    assert_int_equal(flow_committed(flow, 0), 1);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

static void tolerance_none_keeps_the_offset_until_the_record_can_be_stored(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "reject-value\n");
    flow_produce(flow, 0, "good");
    flow_produce(flow, 0, "bad");
    flow_produce(flow, 0, "good");
    flow->tolerance = "none";
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_log(flow, "close\nopen\n");
    flow_wait_committed(flow, 0, 1);
    flow_sleep(200);
    assert_int_equal(flow_committed(flow, 0), 1);
    flow_script(flow, "ok\n");
    flow_wait_committed(flow, 0, 3);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

static void a_retry_timeout_fails_the_task_and_makes_no_letter(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "errors.retry.timeout = 300");
    flow_wait_log(flow, "close\nopen\n");
    assert_true(flow_puts_of(flow, 0, 0) > 2);
    assert_int_equal(flow_committed(flow, 0), 0);
    flow_script(flow, "ok\n");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

static void a_stream_of_letters_pauses_the_task_and_a_good_batch_ends_the_pause(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "reject\n");
    for (int i = 0; i < 20; i++)
        flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(
        flow,
        "errors.deadletterqueue.max.consecutive = 5\nerrors.deadletterqueue.pause.ms = 400\nbatch.max.records = 8");
    flow_wait_committed(flow, 0, 5);
    flow_wait_log(flow, "close\nopen\n");
    flow_sleep(600); /* a trial that is rejected as a whole makes no letter */
    assert_int_equal(flow_committed(flow, 0), 5);
    assert_int_equal(flow_letters(flow), 5);
    flow_script(flow, "ok\n");
    flow_wait_committed(flow, 0, 20);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 5);
    flow_free(flow);
}

static void other_keys_of_a_partition_go_on_while_one_is_retried_up_to_the_span(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry-odd\n");
    for (int i = 0; i < 30; i++)
        flow_produce_key(flow, 0, i % 2 ? "stuck" : "free", "x");
    struct pipeline *pipeline = flow_start(flow, "ordering = key\ntasks.max = 3\nmax.unfinished.span = 20");
    flow_wait_committed(flow, 0, 1);
    flow_wait_log(flow, "t:0:16 ");
    flow_sleep(500);
    assert_int_equal(flow_committed(flow, 0), 1);
    assert_true(flow_puts_of(flow, 0, 1) > 2);
    for (int64_t offset = 0; offset <= 16; offset += 2)
        assert_int_equal(flow_puts_of(flow, 0, offset), 1); /* stored once, beside the other's retries */
    assert_int_equal(flow_puts_of(flow, 0, 28), 0);         /* 1 + span is as far as it goes */
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_failure_exit_ends_the_process_with_1_and_commits_nothing_of_the_record),
        cmocka_unit_test(tolerance_none_keeps_the_offset_until_the_record_can_be_stored),
        cmocka_unit_test(a_retry_timeout_fails_the_task_and_makes_no_letter),
        cmocka_unit_test(a_stream_of_letters_pauses_the_task_and_a_good_batch_ends_the_pause),
        cmocka_unit_test(other_keys_of_a_partition_go_on_while_one_is_retried_up_to_the_span),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

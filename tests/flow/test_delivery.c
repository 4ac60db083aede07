/* What the sink answers, and what becomes of offsets and letters. */
#include "testing.h"

#include "harness.h"

static void stored_records_are_committed(void **state)
{
    struct flow *flow = flow_new(2);
    (void)state;
    for (int i = 0; i < 5; i++)
        flow_produce(flow, i % 2, "x");
    struct pipeline *pipeline = flow_start(flow, "tasks.max = 2");
    flow_wait_committed(flow, 0, 3);
    flow_wait_committed(flow, 1, 2);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

static void the_start_position_is_committed_before_anything_is_stored(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 0);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_committed(flow, 0), 0);
    flow_free(flow);
}

static void a_transient_failure_is_put_again_until_it_is_stored(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry\nretry\nretry\nok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_puts_of(flow, 0, 0), 4);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

static void the_offset_never_passes_a_record_that_is_retried(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry-odd\n"); /* 0 is stored, 1 is not, 2 comes behind it */
    for (int i = 0; i < 3; i++)
        flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    flow_sleep(500);
    assert_int_equal(flow_committed(flow, 0), 1);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_committed(flow, 0), 1);
    flow_script(flow, "ok\n");
    pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 3);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void one_bad_record_is_found_and_becomes_one_letter(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "reject-value\n");
    for (int i = 0; i < 20; i++)
        flow_produce(flow, 0, i == 13 ? "bad" : "good");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 20);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 1);
    flow_free(flow);
}

static void a_fatal_sink_is_opened_again_and_goes_on(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "fatal\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_log(flow, "close\nopen\n"); /* each instance begins the script anew */
    flow_script(flow, "ok\n");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

static void an_answer_that_cannot_be_fails_the_task_and_commits_nothing(void **state)
{
    static const char *const scripts[] = {"nonsense-index\n", "nonsense-verdict\n", "nonsense-return\n"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct flow *flow = flow_new(1);
        flow_script(flow, scripts[i]);
        flow_produce(flow, 0, "x");
        struct pipeline *pipeline = flow_start(flow, "");
        flow_wait_log(flow, "close\n");
        flow_sleep(200);
        assert_true(flow_committed(flow, 0) <= 0);
        flow_script(flow, "ok\n");
        flow_wait_committed(flow, 0, 1);
        assert_int_equal(flow_stop(pipeline), 0);
        assert_int_equal(flow_letters(flow), 0);
        flow_free(flow);
    }
}

static void other_partitions_go_on_while_one_is_retried(void **state)
{
    struct flow *flow = flow_new(2);
    (void)state;
    flow_script(flow, "retry-odd\n");
    flow_produce(flow, 0, "x");
    flow_produce(flow, 0, "x"); /* offset 1: retried for ever */
    struct pipeline *pipeline = flow_start(flow, "tasks.max = 1");
    flow_wait_committed(flow, 0, 1);
    flow_produce(flow, 1, "x");
    flow_wait_committed(flow, 1, 1);
    assert_int_equal(flow_committed(flow, 0), 1);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void a_commit_error_is_only_put_off(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    rd_kafka_mock_push_request_errors(flow->cluster, 8 /* OffsetCommit */, 3,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void a_letter_that_cannot_be_produced_is_tried_again_and_the_offset_waits(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "reject\n");
    flow_produce(flow, 0, "x");
    const rd_kafka_resp_err_t denied = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    rd_kafka_mock_push_request_errors(flow->cluster, 0 /* Produce */, 2, denied, denied);
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_log(flow, "put t:0:0");
    flow_sleep(400);
    assert_true(flow_committed(flow, 0) <= 0);
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_puts_of(flow, 0, 0), 1); /* the letter is tried again, not the record */
    assert_int_equal(flow_letters(flow), 1);
    flow_free(flow);
}

static void a_letter_producer_that_was_not_allowed_to_begin_is_made_anew(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "reject\n");
    flow_produce(flow, 0, "x");
    rd_kafka_mock_push_request_errors(flow->cluster, 22 /* InitProducerId */, 1,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED); /* fatal to a producer */
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_puts_of(flow, 0, 0), 1);
    assert_int_equal(flow_letters(flow), 1);
    flow_free(flow);
}

static void a_stop_lets_the_put_under_way_finish_and_commits_it(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "hang 600\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_log(flow, "put t:0:0");
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_committed(flow, 0), 1);
    assert_int_equal(flow_puts_of(flow, 0, 0), 1);
    flow_free(flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_records_are_committed),
        cmocka_unit_test(the_start_position_is_committed_before_anything_is_stored),
        cmocka_unit_test(a_transient_failure_is_put_again_until_it_is_stored),
        cmocka_unit_test(the_offset_never_passes_a_record_that_is_retried),
        cmocka_unit_test(one_bad_record_is_found_and_becomes_one_letter),
        cmocka_unit_test(a_fatal_sink_is_opened_again_and_goes_on),
        cmocka_unit_test(an_answer_that_cannot_be_fails_the_task_and_commits_nothing),
        cmocka_unit_test(other_partitions_go_on_while_one_is_retried),
        cmocka_unit_test(a_commit_error_is_only_put_off),
        cmocka_unit_test(a_letter_that_cannot_be_produced_is_tried_again_and_the_offset_waits),
        cmocka_unit_test(a_letter_producer_that_was_not_allowed_to_begin_is_made_anew),
        cmocka_unit_test(a_stop_lets_the_put_under_way_finish_and_commits_it),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

/* What the user's options make of failures: on.failure, errors.retry.timeout, the breaker, ordering = key. */
#include "testing.h"

#include "harness.h"
#include "ops/health.h"

enum { PRODUCE = 0, TEXT_SIZE = 1024 }; /* the first: kafka.apache.org/protocol, API keys */

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
    flow_script(flow, "reject-each\n"); /* one put a trial: what is stored then is stored of all its records or none */
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

/* What stands in the way of letters; "" when nothing does. */
static void silence_of_letters(void *text, const struct health_component *component)
{
    if (strcmp(component->name, "dead-letter") == 0)
        snprintf(text, TEXT_SIZE, "%s", component->detail);
}

/* librdkafka sends them again and again, and would tell after message.timeout.ms only. */
static void a_dead_letter_topic_that_acknowledges_nothing_is_told_before_letters_time_out(void **state)
{
    struct flow *flow = flow_new(1);
    rd_kafka_resp_err_t errors[1000];
    char text[TEXT_SIZE] = "";
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        errors[i] = RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
    flow_script(flow, "reject\n");
    flow_produce(flow, 0, "x");
    rd_kafka_mock_push_request_errors_array(flow->cluster, PRODUCE, sizeof errors / sizeof errors[0], errors);
    struct pipeline *pipeline = flow_start(flow, "");
    for (int i = 0; strstr(text, "no letter has been acknowledged") == NULL; i++) {
        assert_true(i < 150);
        flow_sleep(100);
        health_each(silence_of_letters, text);
    }
    rd_kafka_mock_clear_request_errors(flow->cluster, PRODUCE);
    flow_wait_committed(flow, 0, 1);
    health_each(silence_of_letters, text);
    assert_string_equal(text, "");
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 1);
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
        cmocka_unit_test(a_dead_letter_topic_that_acknowledges_nothing_is_told_before_letters_time_out),
        cmocka_unit_test(other_keys_of_a_partition_go_on_while_one_is_retried_up_to_the_span),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

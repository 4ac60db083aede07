/* What an operator asks of a running pipeline: pause, resume, stop, restart a task (pipeline/control.h). */
#include "testing.h"

#include "harness.h"
#include "ops/health.h"

static void wait_reached(struct flow *flow, enum run_state wanted)
{
    for (int i = 0; control_reached(flow_control(flow)) != wanted; i++) {
        if (i == 3000)
            fail_msg("%s is not reached", run_state_text(wanted));
        flow_sleep(10);
    }
}

static void ask(struct flow *flow, enum run_state wanted)
{
    control_want(flow_control(flow), wanted);
    wait_reached(flow, wanted);
}

/* How often the chain has been opened so far. */
static size_t openings(struct flow *flow)
{
    size_t count = 0;
    char *log = flow_log(flow);
    for (const char *at = log; (at = strstr(at, "open\n")) != NULL; at++)
        count++;
    free(log);
    return count;
}

static void a_paused_pipeline_puts_nothing_and_goes_on_where_it_was(void **state)
{
    struct flow *flow = flow_new(2);
    (void)state;
    flow_script(flow, "ok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "tasks.max = 2");
    flow_wait_committed(flow, 0, 1);
    ask(flow, RUN_PAUSED);
    for (int i = 0; i < 10; i++)
        flow_produce(flow, i % 2, "y");
    flow_sleep(400);
    assert_int_equal(flow_puts_of(flow, 0, 1) + flow_puts_of(flow, 1, 0), 0);
    ask(flow, RUN_RUNNING);
    flow_wait_committed(flow, 0, 6);
    flow_wait_committed(flow, 1, 5);
    assert_int_equal(openings(flow), 2);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

/* What is inside a plugin is finished and committed; what is retried waits. */
static void pausing_is_over_when_no_record_is_inside_a_plugin(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "hang 600\nok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_log(flow, "put t:0:0");
    control_want(flow_control(flow), RUN_PAUSED);
    flow_sleep(100);
    assert_int_equal(control_reached(flow_control(flow)), RUN_RUNNING);
    wait_reached(flow, RUN_PAUSED);
    flow_wait_log(flow, "answer 0 hang");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void a_stopped_pipeline_has_left_the_group_and_closed_its_plugins(void **state)
{
    static const char *const strategies[] = {"cooperative-sticky", "range"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct flow *flow = flow_new(2);
        flow->strategy = strategies[i];
        flow_script(flow, "ok\n");
        flow_produce(flow, 0, "x");
        flow_produce(flow, 1, "x");
        struct pipeline *pipeline = flow_start(flow, "tasks.max = 2");
        flow_wait_committed(flow, 0, 1);
        flow_wait_committed(flow, 1, 1);
        ask(flow, RUN_STOPPED);
        char *log = flow_log(flow);
        assert_non_null(strstr(strstr(log, "close\n") + 1, "close\n"));
        free(log);
        flow_produce(flow, 0, "y");
        flow_sleep(300);
        assert_int_equal(flow_puts_of(flow, 0, 1), 0);
        ask(flow, RUN_RUNNING);
        flow_wait_committed(flow, 0, 2);
        assert_int_equal(flow_puts_of(flow, 0, 0) + flow_puts_of(flow, 1, 0), 2);
        assert_int_equal(flow_stop(pipeline), 0);
        flow_free(flow);
    }
}

/* What waits for a retry is given up with its partition, and comes again from the committed offset. */
static void a_pipeline_is_stopped_while_its_sink_is_away_and_loses_nothing(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry\n");
    for (int i = 0; i < 5; i++)
        flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_log(flow, "put t:0:0");
    ask(flow, RUN_STOPPED);
    assert_int_equal(flow_committed(flow, 0), 0);
    flow_script(flow, "ok\n");
    ask(flow, RUN_RUNNING);
    flow_wait_committed(flow, 0, 5);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_letters(flow), 0);
    flow_free(flow);
}

/* The components of tasks that /ready knows, as "NAME " or "!NAME " when it is not ready. */
static void add_of_task(void *text, const struct health_component *component)
{
    if (strstr(component->name, "-0") != NULL)
        sprintf((char *)text + strlen(text), "%s%s ", component->ready ? "" : "!", component->name);
}

static void assert_ready_knows(const char *wanted)
{
    char text[512] = "";
    health_each(add_of_task, text);
    assert_string_equal(text, wanted);
}

static void while_a_resumed_pipeline_opens_its_plugins_ready_says_so_and_it_is_not_taken_for_stopped(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "ok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    ask(flow, RUN_STOPPED);
    assert_ready_knows("");
    flow_script(flow, "open-hang 1500\n");
    control_want(flow_control(flow), RUN_RUNNING);
    flow_wait_log(flow, "opening\n");
    assert_ready_knows("!task-0 !sink-0 breaker-0 ");
    ask(flow, RUN_STOPPED);
    char *log = flow_log(flow);
    assert_string_equal(strstr(log, "opening\n"), "opening\nopen\nclose\n");
    free(log);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

/* Its partition is let go, and what the put says in the end is nobody's business any more. */
static void a_put_that_outlasts_a_stop_leaves_nothing_on_ready(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "hang-retry 1500\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "rebalance.drain.timeout.ms = 100");
    flow_wait_log(flow, "put t:0:0");
    ask(flow, RUN_STOPPED);
    flow_wait_log(flow, "answer");
    flow_sleep(300);
    assert_ready_knows("");
    flow_script(flow, "ok\n");
    ask(flow, RUN_RUNNING);
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void a_pipeline_that_is_paused_or_stopped_ends_when_asked_to(void **state)
{
    static const enum run_state states[] = {RUN_PAUSED, RUN_STOPPED};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct flow *flow = flow_new(1);
        flow_script(flow, "ok\n");
        flow_produce(flow, 0, "x");
        struct pipeline *pipeline = flow_start(flow, "");
        flow_wait_committed(flow, 0, 1);
        ask(flow, states[i]);
        assert_int_equal(flow_stop(pipeline), 0);
        flow_free(flow);
    }
}

static void the_last_of_many_wishes_counts(void **state)
{
    struct flow *flow = flow_new(2);
    (void)state;
    flow_script(flow, "ok\n");
    struct pipeline *pipeline = flow_start(flow, "tasks.max = 2");
    for (int i = 0; i < 30; i++) {
        control_want(flow_control(flow), (enum run_state)(i % RUN_STATE_COUNT));
        control_restart(flow_control(flow), (size_t)i % 2);
        flow_produce(flow, i % 2, "x");
        flow_sleep(i % 7 * 20);
    }
    ask(flow, RUN_RUNNING);
    flow_wait_committed(flow, 0, 15);
    flow_wait_committed(flow, 1, 15);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void a_task_is_restarted_between_two_batches(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "ok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    assert_true(control_restart(flow_control(flow), 0));
    flow_wait_log(flow, "close\nopen\n");
    flow_produce(flow, 0, "y");
    flow_wait_committed(flow, 0, 2);
    assert_int_equal(flow_puts_of(flow, 0, 0), 1);
    assert_false(control_restart(flow_control(flow), 1));
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

/* The breaker's pause would last a minute. */
static void a_restart_does_not_wait_for_the_backoff_of_a_failed_task(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "reject\n");
    for (int i = 0; i < 20; i++)
        flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "errors.deadletterqueue.max.consecutive = 5\n");
    flow_wait_committed(flow, 0, 5);
    flow_script(flow, "ok\n");
    flow_sleep(300);
    assert_int_equal(flow_committed(flow, 0), 5);
    control_restart(flow_control(flow), 0);
    flow_wait_committed(flow, 0, 20);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paused_pipeline_puts_nothing_and_goes_on_where_it_was),
        cmocka_unit_test(pausing_is_over_when_no_record_is_inside_a_plugin),
        cmocka_unit_test(a_stopped_pipeline_has_left_the_group_and_closed_its_plugins),
        cmocka_unit_test(a_pipeline_is_stopped_while_its_sink_is_away_and_loses_nothing),
        cmocka_unit_test(while_a_resumed_pipeline_opens_its_plugins_ready_says_so_and_it_is_not_taken_for_stopped),
        cmocka_unit_test(a_put_that_outlasts_a_stop_leaves_nothing_on_ready),
        cmocka_unit_test(a_pipeline_that_is_paused_or_stopped_ends_when_asked_to),
        cmocka_unit_test(the_last_of_many_wishes_counts),
        cmocka_unit_test(a_task_is_restarted_between_two_batches),
        cmocka_unit_test(a_restart_does_not_wait_for_the_backoff_of_a_failed_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

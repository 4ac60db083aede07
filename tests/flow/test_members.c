/* What the group coordinator may answer a member, and the worst moments to be asked to stop. */
#include "testing.h"

#include "harness.h"

enum { OFFSET_COMMIT = 8, JOIN_GROUP = 11, HEARTBEAT = 12, SYNC_GROUP = 14 }; /* kafka.apache.org/protocol: API keys */

static void a_member_that_the_group_has_forgotten_joins_again_and_goes_on(void **state)
{
    static const rd_kafka_resp_err_t errors[] = {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                                                 RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct flow *flow = flow_new(2);
        for (int n = 0; n < 6; n++)
            flow_produce(flow, n % 2, "x");
        struct pipeline *pipeline = flow_start(flow, "tasks.max = 2");
        flow_wait_committed(flow, 0, 3);
        rd_kafka_mock_push_request_errors(flow->cluster, HEARTBEAT, 1, errors[i]);
        flow_sleep(600);
        for (int n = 0; n < 6; n++)
            flow_produce(flow, n % 2, "y");
        flow_wait_committed(flow, 0, 6);
        flow_wait_committed(flow, 1, 6);
        assert_int_equal(flow_stop(pipeline), 0);
        flow_free(flow);
    }
}

/* A partition that is lost and comes home while a batch of its old epoch is still inside the plugin: that one is
 * forgotten, and the records are not handed out beside it, for its writes could land behind theirs. */
static void a_partition_that_comes_home_waits_for_its_abandoned_batch(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "hang 4000\nok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "tasks.max = 2\nrebalance.drain.timeout.ms = 200");
    flow_wait_log(flow, "put t:0:0");
    rd_kafka_mock_push_request_errors(flow->cluster, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    flow_sleep(3000); /* it is ours again by then */
    assert_int_equal(flow_puts_of(flow, 0, 0), 1);
    flow_script(flow, "ok\n");
    flow_wait_committed(flow, 0, 1);
    assert_int_equal(flow_puts_of(flow, 0, 0), 2);
    char *log = flow_log(flow);
    assert_true(strstr(log, "answer 0 hang") < strstr(strstr(log, "put t:0:0") + 1, "put t:0:0"));
    free(log);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static struct flow *flow_of_static_member(void)
{
    struct flow *flow = flow_new(1);
    flow->strategy = "roundrobin";
    flow->consumer = "group.instance.id = one\nreconnect.backoff.max.ms = 100";
    return flow;
}

/* Another process with the same group.instance.id has taken its place. */
static void a_fenced_member_ends_with_1_and_commits_nothing_more(void **state)
{
    struct flow *flow = flow_of_static_member();
    (void)state;
    flow_script(flow, "ok\nhang 1500\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    flow_produce(flow, 0, "y");
    flow_wait_log(flow, "put t:0:1");
    rd_kafka_mock_push_request_errors(flow->cluster, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    assert_int_equal(flow_wait_end(pipeline), 1);
    assert_int_equal(flow_committed(flow, 0), 1);
    flow_free(flow);
}

/* librdkafka keeps a commit for which there is no coordinator, and sends it without the member id that the end of the
 * session has taken from it: a broker that still has the member sees somebody else with its group.instance.id. */
static void a_static_member_fenced_by_its_own_kept_commit_begins_anew(void **state)
{
    struct flow *flow = flow_of_static_member();
    (void)state;
    flow_script(flow, "ok\nhang 2200\nok\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    flow_produce(flow, 0, "y");
    flow_wait_log(flow, "put t:0:1");
    rd_kafka_mock_push_request_errors(flow->cluster, OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    rd_kafka_mock_broker_set_down(flow->cluster, 1);
    flow_sleep(3300); /* the session, and not yet as long after the commit */
    rd_kafka_mock_broker_set_up(flow->cluster, 1);
    flow_wait_committed(flow, 0, 2);
    flow_produce(flow, 0, "z");
    flow_wait_committed(flow, 0, 3);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

/* Its own commit has nothing to do with it: going on would take the place back, and so on for ever. */
static void a_static_member_whose_place_is_taken_while_it_joins_again_ends_with_1(void **state)
{
    struct flow *flow = flow_of_static_member();
    (void)state;
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    rd_kafka_mock_push_request_errors(flow->cluster, SYNC_GROUP, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    rd_kafka_mock_push_request_errors(flow->cluster, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    assert_int_equal(flow_wait_end(pipeline), 1);
    flow_free(flow);
}

static void a_commit_of_a_forgotten_generation_moves_nothing_and_is_made_good(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline = flow_start(flow, "");
    flow_wait_committed(flow, 0, 1);
    rd_kafka_mock_push_request_errors(flow->cluster, OFFSET_COMMIT, 2, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                                      RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION);
    flow_produce(flow, 0, "y");
    flow_wait_committed(flow, 0, 2);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_committed(flow, 0), 2);
    flow_free(flow);
}

static void a_stop_before_the_first_assignment_ends_at_once(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    rd_kafka_mock_push_request_errors(flow->cluster, JOIN_GROUP, 4, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
    struct pipeline *pipeline = flow_start(flow, "");
    assert_int_equal(flow_stop(pipeline), 0);
    pipeline = flow_start(flow, "");
    flow_sleep(50);
    assert_int_equal(flow_stop(pipeline), 0);
    flow_free(flow);
}

static void a_stop_in_a_backoff_does_not_wait_for_it(void **state)
{
    struct flow *flow = flow_new(1);
    (void)state;
    flow_script(flow, "retry\n");
    flow_produce(flow, 0, "x");
    struct pipeline *pipeline =
        flow_start(flow, "errors.deadletterqueue.pause.ms = 60 s\nerrors.deadletterqueue.max.consecutive = 1");
    flow_wait_log(flow, "answer");
    assert_int_equal(flow_stop(pipeline), 0);
    flow_script(flow, "reject\n"); /* and of a pause of a minute */
    flow_produce(flow, 0, "y");
    pipeline = flow_start(flow, "errors.deadletterqueue.pause.ms = 60 s\nerrors.deadletterqueue.max.consecutive = 1");
    flow_wait_committed(flow, 0, 1);
    flow_sleep(200);
    assert_int_equal(flow_stop(pipeline), 0);
    assert_int_equal(flow_committed(flow, 0), 1);
    flow_free(flow);
}

/* Whoever is asked to stop while the group is moving, in whatever moment of it. */
static void a_stop_in_the_middle_of_a_rebalance_loses_nothing(void **state)
{
    (void)state;
    seed_random("stops");
    struct flow *flow = flow_new(4);
    struct pipeline *steady = flow_start(flow, "tasks.max = 2");
    for (int round = 0; round < 5; round++) {
        struct pipeline *other = flow_start(flow, "");
        for (int n = 0; n < 20; n++)
            flow_produce(flow, n % 4, "x");
        flow_sleep((int)random_below(400));
        assert_int_equal(flow_stop(other), 0);
    }
    for (int partition = 0; partition < 4; partition++)
        flow_wait_committed(flow, partition, 25);
    assert_int_equal(flow_stop(steady), 0);
    flow_free(flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_that_the_group_has_forgotten_joins_again_and_goes_on),
        cmocka_unit_test(a_partition_that_comes_home_waits_for_its_abandoned_batch),
        cmocka_unit_test(a_fenced_member_ends_with_1_and_commits_nothing_more),
        cmocka_unit_test(a_static_member_fenced_by_its_own_kept_commit_begins_anew),
        cmocka_unit_test(a_static_member_whose_place_is_taken_while_it_joins_again_ends_with_1),
        cmocka_unit_test(a_commit_of_a_forgotten_generation_moves_nothing_and_is_made_good),
        cmocka_unit_test(a_stop_before_the_first_assignment_ends_at_once),
        cmocka_unit_test(a_stop_in_a_backoff_does_not_wait_for_it),
        cmocka_unit_test(a_stop_in_the_middle_of_a_rebalance_loses_nothing),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

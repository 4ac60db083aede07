/* Clients that are there beside the pipeline's own. */
#include "testing.h"

#include "pipeline/clients.h"

static rd_kafka_t *client;

static void prepare(rd_kafka_conf_t *conf)
{
    (void)conf;
}

static int open_one(void **state)
{
    struct setting written[] = {{.name = "bootstrap.servers", .value = "127.0.0.1:1", .written = ""},
                                {.name = "statistics.interval.ms", .value = "100", .written = ""}};
    struct section kafka = {.name = "kafka", .settings = written, .count = 2};
    const struct settings settings = {.sections = &kafka, .count = 1};
    const struct pipeline_config config = {.pipeline = {.name = "p", .buffer_max_bytes = 32 << 20, .tasks_max = 1}};
    struct error error;
    (void)state;
    return client_open_short_lived(&client, RD_KAFKA_CONSUMER, &config, &settings, prepare, NULL, &error);
}

static int close_it(void **state)
{
    (void)state;
    rd_kafka_destroy(client);
    return 0;
}

static void one_that_is_kept_piles_up_no_statistics(void **state)
{
    char value[32];
    size_t size = sizeof value;
    (void)state;
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf(client), "statistics.interval.ms", value, &size), 0);
    assert_string_equal(value, "0");
}

static void a_name_that_no_topic_can_have_is_refused(void **state)
{
    char name[601] = {0};
    const struct rd_kafka_metadata *metadata;
    (void)state;
    memset(name, 'a', sizeof name - 1);
    assert_int_equal(client_ask_topic(client, name, 100, &metadata), RD_KAFKA_RESP_ERR__INVALID_ARG);
    assert_int_not_equal(client_ask_topic(client, "potato", 100, &metadata), 0); /* nobody answers */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_kept_piles_up_no_statistics),
        cmocka_unit_test(a_name_that_no_topic_can_have_is_refused),
    };
    return cmocka_run_group_tests(tests, open_one, close_it);
}

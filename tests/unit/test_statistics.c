/* librdkafka's statistics: what is taken from them, and what is not believed. */
#include "testing.h"

#include "ops/exposition.h"
#include "pipeline/families.h"
#include "pipeline/statistics.h"

static struct partitions partitions;

/* The lines of samples whose names begin with sluice_kafka_. */
static char *shown(void)
{
    static char kept[4096];
    char *all = NULL;
    size_t size;
    FILE *out = open_memstream(&all, &size);
    exposition_write(EXPOSITION_PROMETHEUS, out);
    fclose(out);
    kept[0] = '\0';
    for (char *line = strtok(all, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strncmp(line, "sluice_kafka_", strlen("sluice_kafka_")) == 0)
            strcat(strcat(kept, line + strlen("sluice_kafka_")), "\n");
    free(all);
    return kept;
}

static void read_text(const char *json)
{
    statistics_of_consumer(json, strlen(json), &partitions);
}

static void own(const char *topic, int32_t number, size_t lane)
{
    struct partition *partition = partitions_get(&partitions, topic, number);
    partition->lane = lane;
    partition->fetched = true;
}

#define BROKERS                                                                                             \
    "\"brokers\": {"                                                                                        \
    "\"a:1/1\": {\"nodeid\": 1, \"source\": \"learned\", \"state\": \"UP\", \"txerrs\": 1, \"rxerrs\": 2, " \
    "\"req_timeouts\": 4, \"connects\": 3, \"rtt\": {\"avg\": 2500, \"cnt\": 7}},"                          \
    "\"a:1/bootstrap\": {\"nodeid\": -1, \"source\": \"configured\", \"state\": \"UP\"},"                   \
    "\"GroupCoordinator\": {\"nodeid\": 1, \"source\": \"logical\", \"state\": \"UP\"}}"

static void brokers_are_told_by_name_and_nothing_else_is(void **state)
{
    (void)state;
    read_text("{" BROKERS ", \"rx_bytes\": 10, \"tx_bytes\": 20}");
    assert_string_equal(shown(), "broker_connected{broker=\"a:1/1\"} 1\n"
                                 "broker_rtt_seconds{broker=\"a:1/1\"} 0.0025\n"
                                 "fetch_queue_bytes 0\nfetch_queue_messages 0\n"
                                 "received_bytes_total{client=\"consumer\"} 10\n"
                                 "reconnects_total{broker=\"a:1/1\"} 2\n"
                                 "request_errors_total{broker=\"a:1/1\"} 7\n"
                                 "transmitted_bytes_total{client=\"consumer\"} 20\n");
}

static void a_queue_that_partitions_share_is_counted_once(void **state)
{
    (void)state;
    own("t", 0, 0);
    own("t", 1, 0);
    own("t", 2, 1);
    read_text("{\"topics\": {\"t\": {\"partitions\": {"
              "\"0\": {\"partition\": 0, \"fetchq_cnt\": 5, \"fetchq_size\": 500},"
              "\"1\": {\"partition\": 1, \"fetchq_cnt\": 5, \"fetchq_size\": 500},"
              "\"2\": {\"partition\": 2, \"fetchq_cnt\": 2, \"fetchq_size\": 100},"
              "\"3\": {\"partition\": 3, \"fetchq_cnt\": 9, \"fetchq_size\": 900},"
              "\"-1\": {\"partition\": -1, \"fetchq_cnt\": 9, \"fetchq_size\": 900}}}}}");
    assert_non_null(strstr(shown(), "fetch_queue_bytes 600\nfetch_queue_messages 7\n"));
}

static void a_broker_that_is_gone_is_gone_here(void **state)
{
    (void)state;
    read_text("{" BROKERS "}");
    assert_non_null(strstr(shown(), "broker_connected{broker=\"a:1/1\"} 1\n"));
    read_text("{\"brokers\": {}}");
    assert_null(strstr(shown(), "a:1/1"));
}

static void what_cannot_be_read_leaves_nothing_stale(void **state)
{
    (void)state;
    static char huge[2 << 20];
    memset(huge, ' ', sizeof huge - 1);
    memcpy(huge, "{" BROKERS "}", strlen("{" BROKERS "}"));
    const char *const texts[] = {"{\"brokers\": ", "[]", "{\"brokers\": 7, \"topics\": \"x\"}", huge};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        read_text("{" BROKERS "}");
        read_text(texts[i]);
        assert_null(strstr(shown(), "broker_connected"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brokers_are_told_by_name_and_nothing_else_is),
        cmocka_unit_test(a_queue_that_partitions_share_is_counted_once),
        cmocka_unit_test(a_broker_that_is_gone_is_gone_here),
        cmocka_unit_test(what_cannot_be_read_leaves_nothing_stale),
    };
    families_init();
    int failures = RUN(tests);
    partitions_free(&partitions);
    return failures;
}

/* Kafka Connect's REST API: offsets, states and options in its shapes. */
#include "testing.h"

#include "admin/config_infos.h"
#include "admin/connect_state.h"
#include "admin/offsets_body.h"
#include "ops/health.h"
#include "sluice/sluice.h"

/* ---- Offsets -------------------------------------------------------------------------------------- */

static int parse(const char *text, rd_kafka_topic_partition_list_t **offsets, struct error *error)
{
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    int result = offsets_body_parse(body, offsets, error);
    json_decref(body);
    return result;
}

#define ENTRY(partition, offset) "{\"partition\": " partition ", \"offset\": " offset "}"
#define PARTITION(number) "{\"kafka_topic\": \"t\", \"kafka_partition\": " number "}"
#define OFFSET(number) "{\"kafka_offset\": " number "}"
#define BODY(entries) "{\"offsets\": [" entries "]}"

static void offsets_are_read_and_written_as_connect_does(void **state)
{
    rd_kafka_topic_partition_list_t *offsets;
    struct error error;
    (void)state;
    assert_int_equal(
        parse(BODY(ENTRY(PARTITION("0"), OFFSET("5")) "," ENTRY(
                  PARTITION("\"1\""), OFFSET("\"9223372036854775807\"")) "," ENTRY(PARTITION("2"), "null")),
              &offsets, &error),
        0);
    assert_int_equal(offsets->cnt, 3);
    assert_string_equal(offsets->elems[0].topic, "t");
    assert_int_equal(offsets->elems[0].offset, 5);
    assert_int_equal(offsets->elems[1].partition, 1);
    assert_true(offsets->elems[1].offset == INT64_MAX);
    assert_int_equal(offsets->elems[2].offset, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_topic_partition_list_destroy(offsets);
    assert_int_equal(parse(BODY(ENTRY(PARTITION("3"), OFFSET("7"))), &offsets, &error), 0);
    json_t *json = offsets_body_json(offsets);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"offsets\":[{\"partition\":{\"kafka_topic\":\"t\",\"kafka_partition\":3},"
                              "\"offset\":{\"kafka_offset\":7}}]}");
    free(text);
    json_decref(json);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void offsets_that_are_wrong_are_told_with_their_place(void **state)
{
    static const struct {
        const char *body, *told;
    } wrong[] = {
        {"{}", "wanted {\"offsets\""},
        {"{\"offsets\": 1}", "wanted {\"offsets\""},
        {BODY(""), "at least one"},
        {"{\"offsets\": [1], \"x\": 2}", "wanted {\"offsets\""},
        {BODY("1"), "offsets[0]: entry: wanted an object"},
        {BODY(ENTRY("1", "null")), "offsets[0]: partition: wanted an object"},
        {BODY("{\"partition\": " PARTITION("0") "}"), "offsets[0]: wanted offset"},
        {BODY(ENTRY("{\"kafka_partition\": 0}", "null")), "wanted kafka_topic"},
        {BODY(ENTRY("{\"kafka_topic\": 1, \"kafka_partition\": 0}", "null")), "wanted kafka_topic"},
        {BODY(ENTRY("{\"kafka_topic\": \"t\"}", "null")), "kafka_partition: got nothing"},
        {BODY(ENTRY(PARTITION("-1"), "null")), "kafka_partition: got -1"},
        {BODY(ENTRY(PARTITION("1.5"), "null")), "kafka_partition: got 1.5"},
        {BODY(ENTRY(PARTITION("2147483648"), "null")), "kafka_partition: got 2147483648"},
        {BODY(ENTRY(PARTITION("null"), "null")), "kafka_partition: got null"},
        {BODY(ENTRY(PARTITION("0"), "7")), "offset: wanted an object"},
        {BODY(ENTRY(PARTITION("0"), "{}")), "kafka_offset: got nothing"},
        {BODY(ENTRY(PARTITION("0"), "{\"kafka_ofset\": 1}")), "'kafka_ofset' is not known"},
        {BODY(ENTRY(PARTITION("0"), OFFSET("-1"))), "kafka_offset: got -1"},
        {BODY(ENTRY(PARTITION("0"), OFFSET("\"\""))), "kafka_offset: got \"\""},
        {BODY(ENTRY(PARTITION("0"), OFFSET("\"5 \""))), "kafka_offset: got \"5 \""},
        {BODY(ENTRY(PARTITION("0"), OFFSET("\"9223372036854775808\""))), "kafka_offset: got \"9223372036854775808\""},
        {BODY(ENTRY(PARTITION("0"), "null") "," ENTRY(PARTITION("\"0\""), OFFSET("1"))),
         "offsets[1]: partition 0 of t is there twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rd_kafka_topic_partition_list_t *offsets;
        struct error error;
        assert_int_equal(parse(wrong[i].body, &offsets, &error), -1);
        assert_null(offsets);
        if (strstr(error.text, wrong[i].told) == NULL)
            fail_msg("%s: wanted '%s', got '%s'", wrong[i].body, wrong[i].told, error.text);
    }
}

/* ---- States --------------------------------------------------------------------------------------- */

static struct control *control;

static void wants(enum connect_state connector, enum connect_state task_0, enum connect_state task_1)
{
    struct connect_states states;
    connect_states_take(&states, control);
    assert_int_equal(states.task_count, 2);
    assert_string_equal(connect_state_text(states.connector.state), connect_state_text(connector));
    assert_string_equal(connect_state_text(states.tasks[0].state), connect_state_text(task_0));
    assert_string_equal(connect_state_text(states.tasks[1].state), connect_state_text(task_1));
    connect_states_free(&states);
}

static void a_state_is_failed_with_every_cause_while_something_is_not_ready(void **state)
{
    struct connect_states states;
    (void)state;
    health_tell("broker", true, NULL);
    wants(CONNECT_RUNNING, CONNECT_RUNNING, CONNECT_RUNNING);
    health_tell("task-1", false, "gives up");
    health_tell("sink-1", false, "away");
    health_tell("task-11", false, "of nobody");
    wants(CONNECT_FAILED, CONNECT_RUNNING, CONNECT_FAILED);
    health_tell("dead-letter", false, "no such topic");
    connect_states_take(&states, control);
    assert_string_equal(states.tasks[1].trace, "task-1: gives up\nsink-1: away");
    assert_string_equal(states.connector.trace,
                        "task-1: gives up\nsink-1: away\ntask-11: of nobody\ndead-letter: no such topic");
    assert_null(states.tasks[0].trace);
    connect_states_free(&states);
    health_forget("task-11");
    health_forget("dead-letter");
    health_tell("task-1", true, NULL);
    health_tell("sink-1", true, NULL);
    wants(CONNECT_RUNNING, CONNECT_RUNNING, CONNECT_RUNNING);
}

static void what_is_only_starting_is_unassigned(void **state)
{
    (void)state;
    health_starting("task-0", "opening its plugins");
    wants(CONNECT_UNASSIGNED, CONNECT_UNASSIGNED, CONNECT_RUNNING);
    health_tell("broker", false, "away");
    wants(CONNECT_FAILED, CONNECT_UNASSIGNED, CONNECT_RUNNING);
    health_tell("broker", true, NULL);
    health_tell("task-0", false, "cannot be opened");
    wants(CONNECT_FAILED, CONNECT_FAILED, CONNECT_RUNNING);
    health_tell("task-0", true, NULL);
}

static void what_an_operator_has_reached_is_told_and_stopped_has_no_tasks(void **state)
{
    struct connect_states states;
    (void)state;
    control_reach(control, RUN_PAUSED);
    wants(CONNECT_PAUSED, CONNECT_PAUSED, CONNECT_PAUSED);
    control_reach(control, RUN_STOPPED);
    health_tell("broker", false, "away");
    connect_states_take(&states, control);
    assert_int_equal(states.connector.state, CONNECT_STOPPED);
    assert_string_equal(states.connector.trace, "broker: away");
    assert_int_equal(states.task_count, 0);
    connect_states_free(&states);
    control_reach(control, RUN_RUNNING);
    health_tell("broker", true, NULL);
}

/* ---- Options -------------------------------------------------------------------------------------- */

struct config {
    const char *uri;
    int64_t count;
    sluice_map convert;
};

static const sluice_option rows[] = {
    SLUICE_STRING_OPTION(struct config, uri, "uri", NULL, "Where.", .flags = SLUICE_REQUIRED | SLUICE_SECRET),
    SLUICE_INT_OPTION(struct config, count, "count", "3", "How many.", .flags = SLUICE_HAS_MIN, .min = 1),
    SLUICE_MAP_OPTION(struct config, convert, "convert", "int|hex", "Into what."),
};
static const struct option_table table = {rows, SLUICE_LENGTH(rows), sizeof(sluice_option)};

static const char *text_at(const json_t *infos, size_t i, const char *of, const char *name)
{
    return json_string_value(json_object_get(json_object_get(json_array_get(infos, i), of), name));
}

static const char *error_at(const json_t *infos, size_t i)
{
    return json_string_value(
        json_array_get(json_object_get(json_object_get(json_array_get(infos, i), "value"), "errors"), 0));
}

static void options_are_told_as_connect_tells_keys(void **state)
{
    json_t *keys = json_array();
    (void)state;
    config_infos_keys(&table, "x", keys);
    char *text = json_dumps(json_array_get(keys, 0), JSON_COMPACT);
    assert_string_equal(text,
                        "{\"name\":\"uri\",\"type\":\"PASSWORD\",\"required\":true,\"default_value\":null,"
                        "\"importance\":\"HIGH\",\"documentation\":\"Where.\",\"group\":\"x\",\"width\":\"MEDIUM\","
                        "\"display_name\":\"uri\",\"dependents\":[],\"order\":1}");
    assert_string_equal(json_string_value(json_object_get(json_array_get(keys, 2), "name")), "convert.<name>");
    free(text);
    json_decref(keys);
}

static void each_value_is_judged_by_itself_and_a_secret_is_not_told(void **state)
{
    json_t *infos = json_array();
    json_t *values =
        json_pack("{s:s, s:s, s:s, s:s}", "uri", "S3cr3t", "count", "0", "convert.a", "int", "convert.b", "no");
    (void)state;
    assert_int_equal(config_infos_values(&table, "x", values, infos), 2);
    assert_int_equal(json_array_size(infos), 4);
    assert_string_equal(text_at(infos, 0, "value", "value"), "***");
    assert_null(error_at(infos, 0));
    assert_string_equal(error_at(infos, 1), "count: got '0', wanted a whole number, at least 1");
    assert_null(error_at(infos, 2));
    assert_string_equal(error_at(infos, 3), "convert.b: got 'no', wanted int or hex");
    json_decref(infos);
    json_decref(values);
}

static void what_is_missing_or_unknown_is_told_and_a_reference_is_not_judged(void **state)
{
    json_t *infos = json_array(), *values = json_pack("{s:s}", "count", "${env:COUNT}");
    (void)state;
    assert_int_equal(config_infos_values(&table, "x", values, infos), 1);
    assert_string_equal(error_at(infos, 0), "uri is missing");
    assert_null(error_at(infos, 1));
    assert_string_equal(text_at(infos, 1, "value", "value"), "${env:COUNT}");
    assert_int_equal(config_infos_unknown(&table, "coutn", infos), 1);
    assert_string_equal(error_at(infos, 3), "coutn: no such option, did you mean count?");
    assert_true(json_is_null(json_object_get(json_array_get(infos, 3), "definition")));
    json_decref(infos);
    json_decref(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_read_and_written_as_connect_does),
        cmocka_unit_test(offsets_that_are_wrong_are_told_with_their_place),
        cmocka_unit_test(a_state_is_failed_with_every_cause_while_something_is_not_ready),
        cmocka_unit_test(what_is_only_starting_is_unassigned),
        cmocka_unit_test(what_an_operator_has_reached_is_told_and_stopped_has_no_tasks),
        cmocka_unit_test(options_are_told_as_connect_tells_keys),
        cmocka_unit_test(each_value_is_judged_by_itself_and_a_secret_is_not_told),
        cmocka_unit_test(what_is_missing_or_unknown_is_told_and_a_reference_is_not_judged),
    };
    control = control_new(2);
    int failures = RUN(tests);
    control_free(control);
    return failures;
}

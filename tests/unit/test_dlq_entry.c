/* What a dead letter tells: Sluice's headers, Kafka Connect's, Spring's, Kafka Streams', or none. */
#include "letters.h"

static const struct made_header ours[] = {
    {"trace", NULL, 0},
    {"__connect.errors.topic", "potato", 0},
    {"__connect.errors.partition", "3", 0},
    {"__connect.errors.offset", "4711", 0},
    {"__connect.errors.connector.name", "leaves", 0},
    {"__connect.errors.stage", "TASK_PUT", 0},
    {"__connect.errors.exception.message", "no", 0},
    {"__sluice.error.code", "mongodb.validation", 0},
    {"__sluice.attempts", "2", 0},
    {"__sluice.failed.at", "2026-11-25T10:00:00.250Z", 0},
    {"__sluice.replay.count", "1", 0},
    {"__sluice.value.omitted", "20000000", 0},
};

static void our_own_letters_tell_everything(void **state)
{
    struct entry *entry = MAKE_ENTRY("k", "v", ours);
    (void)state;
    assert_string_equal(entry->writer, "sluice");
    assert_string_equal(entry->topic, "potato");
    assert_int_equal(entry->partition, 3);
    assert_int_equal(entry->offset, 4711);
    assert_string_equal(entry->code, "mongodb.validation");
    assert_string_equal(entry->stage, "TASK_PUT");
    assert_int_equal(entry->failed_at_ms, 1795600800250);
    assert_int_equal(entry->attempts, 2);
    assert_int_equal(entry->replay_count, 1);
    assert_int_equal(entry->omitted_bytes, 20000000);
    assert_int_equal(entry->value_bytes, 1);
    entry_free(entry);
}

static void another_systems_letter_tells_what_it_can(void **state)
{
    static const struct made_header spring[] = {
        {"kafka_dlt-original-topic", "orders", 0},
        {"kafka_dlt-original-partition", "\0\0\0\x05", 4},
        {"kafka_dlt-original-offset", "\0\0\1\0\0\0\0\0", 8},
        {"kafka_dlt-exception-fqcn", "a.b.Boom", 0},
    };
    static const struct made_header connect[] = {
        {"__connect.errors.topic", "orders", 0},
        {"__connect.errors.partition", "x", 0},
        {"__connect.errors.offset", "9223372036854775808", 0},
        {"__connect.errors.exception.class.name", NULL, 0},
    };
    (void)state;
    struct entry *entry = MAKE_ENTRY(NULL, NULL, spring);
    assert_string_equal(entry->writer, "spring-kafka");
    assert_int_equal(entry->partition, 5);
    assert_int_equal(entry->offset, (int64_t)1 << 40);
    assert_string_equal(entry->code, "a.b.Boom");
    assert_int_equal(entry->value_bytes, -1);
    assert_int_equal(entry->failed_at_ms, 1700000000123); /* the record's own time */
    entry_free(entry);
    entry = MAKE_ENTRY("", "", connect);
    assert_string_equal(entry->writer, "kafka-connect");
    assert_int_equal(entry->partition, -1);
    assert_int_equal(entry->offset, -1);
    assert_string_equal(entry->code, "unknown");
    entry_free(entry);
}

static void a_record_without_headers_is_listed_too(void **state)
{
    static const struct made_header none[] = {{"k", "a", 0}};
    struct entry *entry = make_entry("k", "v", none, 0);
    (void)state;
    assert_string_equal(entry->writer, "unknown");
    assert_null(entry->topic);
    assert_null(entry->message);
    entry_free(entry);
}

static void letters_about_one_record_have_one_origin(void **state)
{
    static const struct made_header other[] = {{"__connect.errors.topic", "potato", 0},
                                               {"__connect.errors.partition", "3", 0},
                                               {"__connect.errors.offset", "4712", 0},
                                               {"__sluice.error.code", "x", 0}};
    struct entry *first = MAKE_ENTRY("k", "v", ours), *second = MAKE_ENTRY("l", "w", ours),
                 *third = MAKE_ENTRY("k", "v", other);
    (void)state;
    second->record->offset = 43;
    assert_true(entry_origin_hash(first) == entry_origin_hash(second));
    assert_true(entry_origin_hash(first) != entry_origin_hash(third));
    entry_free(first);
    entry_free(second);
    entry_free(third);
}

static void the_chain_sees_the_origin_and_the_users_headers_alone(void **state)
{
    struct entry *entry = MAKE_ENTRY("k", "v", ours);
    struct arena arena = {.newest = NULL};
    struct sluice_record seen;
    (void)state;
    assert_true(entry_show(entry, NULL, &arena, &seen));
    assert_string_equal(seen.view.topic, "potato");
    assert_int_equal(seen.view.original_offset, 4711);
    assert_int_equal(seen.view.offset, -1);
    assert_int_equal(seen.view.header_count, 1);
    assert_string_equal(seen.headers[0].name, "trace");
    assert_null(seen.headers[0].value.data);
    entry_free(entry);
    static const struct made_header none[] = {{"k", "a", 0}};
    entry = make_entry("k", "v", none, 1);
    assert_false(entry_show(entry, NULL, &arena, &seen));
    assert_true(entry_show(entry, "tomato", &arena, &seen));
    assert_string_equal(seen.view.original_topic, "tomato");
    assert_int_equal(seen.view.original_offset, 42);
    entry_free(entry);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_letters_tell_everything),
        cmocka_unit_test(another_systems_letter_tells_what_it_can),
        cmocka_unit_test(a_record_without_headers_is_listed_too),
        cmocka_unit_test(letters_about_one_record_have_one_origin),
        cmocka_unit_test(the_chain_sees_the_origin_and_the_users_headers_alone),
    };
    return RUN(tests);
}

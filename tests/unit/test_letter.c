/* Dead letters: the original byte for byte, Kafka Connect's headers and ours, replaced rather than stacked. */
#include "testing.h"

#include "base/alloc.h"
#include "pipeline/letter.h"

static struct record *record_with(rd_kafka_headers_t *headers)
{
    struct record *record = alloc_zeroed(1, sizeof *record);
    record->topic = "potato";
    record->partition_number = 3;
    record->offset = 41;
    record->attempts = 2;
    record->headers = headers;
    record->key = (sluice_bytes){"", 0};
    record->value = (sluice_bytes){NULL, 0};
    return record;
}

static const struct result result = {
    .kind = RESULT_REJECTED, .stage = STAGE_TASK_PUT, .code = "mongodb.validation", .text = "no"};

/* Header i as "name=value", "name=NULL" for null. */
static const char *header_at(const rd_kafka_headers_t *headers, size_t i)
{
    static char text[256];
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_header_get_all(headers, i, &name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return "none";
    snprintf(text, sizeof text, "%s=%.*s", name, value != NULL ? (int)size : 4,
             value != NULL ? (const char *)value : "NULL");
    return text;
}

static void a_letter_bears_origin_reason_and_the_users_headers_as_they_were(void **state)
{
    rd_kafka_headers_t *own = rd_kafka_headers_new(4);
    (void)state;
    rd_kafka_header_add(own, "k", -1, "a", 1);
    rd_kafka_header_add(own, "k", -1, NULL, 0);
    rd_kafka_header_add(own, "", -1, "", 0);
    struct letter *letter = letter_new(record_with(own), &result, 1);
    rd_kafka_headers_t *headers = letter_headers(letter, "leaves");
    static const char *const expected[] = {"k=a",
                                           "k=NULL",
                                           "=",
                                           "__connect.errors.topic=potato",
                                           "__connect.errors.partition=3",
                                           "__connect.errors.offset=41",
                                           "__connect.errors.connector.name=leaves",
                                           "__connect.errors.task.id=1",
                                           "__connect.errors.stage=TASK_PUT",
                                           "__connect.errors.class.name=sluice",
                                           "__connect.errors.exception.class.name=mongodb.validation",
                                           "__connect.errors.exception.message=no",
                                           "__sluice.error.code=mongodb.validation",
                                           "__sluice.attempts=2"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_string_equal(header_at(headers, i), expected[i]);
    assert_string_equal(header_at(headers, 16), "__sluice.replay.count=0");
    assert_string_equal(header_at(headers, 17), "none");
    assert_non_null(letter->record->key.data); /* empty stays empty, null stays null */
    assert_null(letter->record->value.data);
    rd_kafka_headers_destroy(headers);
    letter_free(letter);
}

static rd_kafka_headers_t *headers_of_letter(const char *connector)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
    rd_kafka_header_add(headers, "mine", -1, "kept", 4);
    rd_kafka_header_add(headers, "__connect.errors.topic", -1, "first", 5);
    rd_kafka_header_add(headers, "__connect.errors.partition", -1, "7", 1);
    rd_kafka_header_add(headers, "__connect.errors.offset", -1, "1234", 4);
    rd_kafka_header_add(headers, "__connect.errors.connector.name", -1, connector, -1);
    rd_kafka_header_add(headers, "__sluice.replay.count", -1, "2", 1);
    return headers;
}

static void a_letter_that_fails_again_replaces_its_headers_and_keeps_its_first_origin(void **state)
{
    struct arena arena = {.newest = NULL};
    struct record *record = record_with(headers_of_letter("leaves"));
    (void)state;
    record_show(record, "leaves", &arena);
    assert_string_equal(record->seen.view.original_topic, "first");
    assert_int_equal(record->seen.view.original_partition, 7);
    assert_int_equal(record->seen.view.original_offset, 1234);
    assert_int_equal(record->seen.view.offset, 41);
    struct letter *letter = letter_new(record, &result, 0);
    arena_free(&arena); /* what a letter says outlives its batch */
    rd_kafka_headers_t *headers = letter_headers(letter, "leaves");
    assert_string_equal(header_at(headers, 0), "mine=kept");
    assert_string_equal(header_at(headers, 1), "__connect.errors.topic=first");
    assert_string_equal(header_at(headers, 3), "__connect.errors.offset=1234");
    assert_string_equal(header_at(headers, 14), "__sluice.replay.count=2");
    assert_string_equal(header_at(headers, 15), "none");
    rd_kafka_headers_destroy(headers);
    letter_free(letter);
}

static void somebody_elses_letter_headers_are_the_users(void **state)
{
    struct arena arena = {.newest = NULL};
    struct record *record = record_with(headers_of_letter("another"));
    (void)state;
    record_show(record, "leaves", &arena);
    assert_string_equal(record->seen.view.original_topic, "potato");
    struct letter *letter = letter_new(record, &result, 0);
    rd_kafka_headers_t *headers = letter_headers(letter, "leaves");
    assert_string_equal(header_at(headers, 4), "__connect.errors.connector.name=another");
    assert_string_equal(header_at(headers, 6), "__connect.errors.topic=potato");
    rd_kafka_headers_destroy(headers);
    letter_free(letter);
    arena_free(&arena);
}

static void origin_headers_that_make_no_sense_are_the_users(void **state)
{
    static const struct record_header headers[] = {{"__connect.errors.connector.name", {"leaves", 6}},
                                                   {"__connect.errors.topic", {"t", 1}},
                                                   {"__connect.errors.partition", {"\0\0\0\1", 4}},
                                                   {"__connect.errors.offset", {"12", 2}}};
    struct arena arena = {.newest = NULL};
    (void)state;
    assert_null(origin_read(headers, 4, "leaves", &arena).topic);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_bears_origin_reason_and_the_users_headers_as_they_were),
        cmocka_unit_test(a_letter_that_fails_again_replaces_its_headers_and_keeps_its_first_origin),
        cmocka_unit_test(somebody_elses_letter_headers_are_the_users),
        cmocka_unit_test(origin_headers_that_make_no_sense_are_the_users),
    };
    return RUN(tests);
}

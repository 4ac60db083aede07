/* What may be shown of a setting. */
#include "testing.h"

#include "plugin/secrets.h"

static const char *shown(const char *section, const char *name, const char *written)
{
    static const struct chain chain = {.transforms = NULL};
    const struct setting setting = {.name = name, .value = "S3cr3t", .written = written};
    return secret_shown(&chain, section, &setting);
}

static void what_is_no_secret_is_shown_as_it_is_written(void **state)
{
    (void)state;
    assert_string_equal(shown("pipeline", "topics", "a, b"), "a, b");
    assert_string_equal(shown("kafka", "bootstrap.servers", "${env:HOST}:9092"), "${env:HOST}:9092");
    assert_string_equal(shown("sink.x", "plugin", "file"), "file");
}

static void a_secret_is_shown_only_as_a_reference_to_it(void **state)
{
    (void)state;
    assert_string_equal(shown("http", "admin.token", "S3cr3t"), MASKED);
    assert_string_equal(shown("kafka.consumer", "sasl.password", "S3cr3t"), MASKED);
    assert_string_equal(shown("kafka", "sasl.password", "${file:/run/secrets/kafka}"), "${file:/run/secrets/kafka}");
    assert_string_equal(shown("kafka", "sasl.password", "S3cr3t${env:REST}"), MASKED);
    assert_string_equal(shown("kafka", "sasl.password", "${env:A}S3cr3t${env:B}"), MASKED);
    assert_string_equal(shown("kafka", "sasl.password", "${env:A:-S3cr3t}"), MASKED);
}

static void what_no_table_vouches_for_is_a_secret(void **state)
{
    (void)state;
    assert_string_equal(shown("sink.gone", "uri", "S3cr3t"), MASKED);
    assert_string_equal(shown("http", "admin.tokn", "S3cr3t"), MASKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_secret_is_shown_as_it_is_written),
        cmocka_unit_test(a_secret_is_shown_only_as_a_reference_to_it),
        cmocka_unit_test(what_no_table_vouches_for_is_a_secret),
    };
    return RUN(tests);
}

/* What may be shown of a setting. */
#include "testing.h"

#include "ops/health.h"
#include "ops/http.h"
#include "ops/redact.h"
#include "plugin/masking.h"

static const char *shown(const char *section, const char *name, const char *written)
{
    static const struct chain chain = {.transforms = NULL};
    const struct setting setting = {.name = name, .value = "S3cr3t", .written = written};
    return masking_shown(&chain, section, &setting);
}

static void what_is_no_secret_is_shown_as_it_is_written(void **state)
{
    (void)state;
    assert_string_equal(shown("pipeline", "topics", "a, b"), "a, b");
    assert_string_equal(shown("kafka", "bootstrap.servers", "${env:HOST}:9092"), "${env:HOST}:9092");
    assert_string_equal(shown("kafka", "auto.offset.reset", "error"), "error"); /* a topic's */
    assert_string_equal(shown("kafka.producer", "sasl.username", "me"), "me");
    assert_string_equal(shown("sink.x", "plugin", "file"), "file");
    assert_string_equal(shown("sink.x", "plugin.sha256", "00ff"), "00ff");
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

static void the_last_part_of_a_librdkafka_propertys_name_tells_a_secret(void **state)
{
    static const char *const secrets[] = {
        "sasl.password",
        "ssl.key.password",
        "ssl.key.pem",
        "ssl.keystore.password",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.assertion.private.key.pem",
        "sasl.oauthbearer.assertion.private.key.passphrase",
        "sasl.oauthbearer.client.credentials.client.secret", /* newer versions have it */
        "sasl.oauthbearer.of.tomorrow.secret"};
    static const char *const certificates[] = {"ssl.ca.pem", "ssl.certificate.pem"};
    static const struct chain chain = {.transforms = NULL};
    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        char text[32], value[32];
        snprintf(value, sizeof value, "pl4nted-%c", 'A' + (int)i);
        strcpy(text, value);
        struct setting setting = {.name = secrets[i], .value = value};
        struct section section = {.name = "kafka", .settings = &setting, .count = 1};
        assert_string_equal(shown("kafka", secrets[i], "S3cr3t"), MASKED);
        masking_begin(&chain, &(struct settings){.sections = &section, .count = 1});
        redact(text);
        assert_string_equal(text, "****");
    }
    for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++)
        assert_string_equal(shown("kafka", certificates[i], "-----BEGIN CERTIFICATE-----"),
                            "-----BEGIN CERTIFICATE-----");
}

static void what_no_table_vouches_for_is_a_secret(void **state)
{
    (void)state;
    assert_string_equal(shown("sink.gone", "uri", "S3cr3t"), MASKED);
    assert_string_equal(shown("http", "admin.tokn", "S3cr3t"), MASKED);
    assert_string_equal(shown("kafka", "sasl.pasword", "S3cr3t"), MASKED);
    assert_string_equal(shown("kafkaesque", "sasl.username", "S3cr3t"), MASKED);
}

static void texts_lose_secrets_and_references_that_no_table_vouches_for(void **state)
{
    static const struct chain chain = {.transforms = NULL};
    struct setting kafka[] = {{.name = "sasl.password", .value = "pl4nted-1"},
                              {.name = "sasl.username", .value = "pl4nted-2", .has_secret = true}};
    struct setting gone[] = {{.name = "uri", .value = "pl4nted-3", .has_secret = true},
                             {.name = "database", .value = "pl4nted-4"}};
    struct section sections[] = {{.name = "kafka", .settings = kafka, .count = 2},
                                 {.name = "sink.gone", .settings = gone, .count = 2}};
    char text[] = "pl4nted-1 pl4nted-2 pl4nted-3 pl4nted-4";
    (void)state;
    masking_begin(&chain, &(struct settings){.sections = sections, .count = 2});
    redact(text);
    assert_string_equal(text, "**** pl4nted-2 **** pl4nted-4");
}

static char *text;
static size_t size;

static FILE *begin(void)
{
    free(text);
    text = NULL;
    return open_memstream(&text, &size);
}

static void ready_http_errors_and_problems_lose_them(void **state)
{
    static const char said[] = "refused: mongodb://u:pl4nted-1@h";
    struct problems *problems = problems_new();
    (void)state;
    FILE *out = begin();
    health_tell("sink", false, "%s", said);
    health_ready(out);
    fclose(out);
    assert_non_null(strstr(text, "\"detail\": \"refused: mongodb://u:****@h\""));

    struct http_response response = {.body = out = begin()};
    http_refuse(&response, 502, "%s", said);
    fclose(out);
    assert_string_equal(text, "{\"error_code\": 502, \"message\": \"refused: mongodb://u:****@h\"}\n");

    problems_error(problems, NULL, "%s", said);
    problems_print(problems, out = begin());
    fclose(out);
    assert_string_equal(text, "error: refused: mongodb://u:****@h\n");
    problems_free(problems);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_secret_is_shown_as_it_is_written),
        cmocka_unit_test(a_secret_is_shown_only_as_a_reference_to_it),
        cmocka_unit_test(the_last_part_of_a_librdkafka_propertys_name_tells_a_secret),
        cmocka_unit_test(what_no_table_vouches_for_is_a_secret),
        cmocka_unit_test(texts_lose_secrets_and_references_that_no_table_vouches_for),
        cmocka_unit_test(ready_http_errors_and_problems_lose_them),
    };
    return RUN(tests);
}

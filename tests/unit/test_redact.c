/* Secrets in texts: what is masked, in which forms, and what is not. */
#include "testing.h"

#include "ops/redact.h"

#include <nettle/base64.h>

static const char *redacted(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static const char *redacted(const char *fmt, ...)
{
    static char text[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    redact(text);
    return text;
}

static int plant(void **state)
{
    (void)state;
    redact_add("S3cr3t-Pl4nt");
    redact_add(
        "mongodb://user:p%40ss%2Fword@db.example:27017/leaves?replicaSet=rs0&tlsCertificateKeyFilePassword=k3yw0rd"
        "&authMechanismProperties=SERVICE_NAME:other,AWS_SESSION_TOKEN:t0k3n==&authSource=admin");
    redact_add("mongodb://user:wr0ng@pl/4c3@db.example/");
    redact_add("abc");
    redact_add("");
    return 0;
}

static void a_secret_is_masked_wherever_it_stands(void **state)
{
    (void)state;
    assert_string_equal(redacted("S3cr3t-Pl4nt"), "****");
    assert_string_equal(redacted("[S3cr3t-Pl4ntS3cr3t-Pl4nt] S3cr3t-Pl4n s3cr3t-pl4nt"),
                        "[********] S3cr3t-Pl4n s3cr3t-pl4nt");
    assert_string_equal(redacted("nothing of it, abc and %% and %%4"), "nothing of it, abc and % and %4");
    assert_string_equal(redacted("%s", ""), "");
}

static void percent_encoded_in_part_or_whole_it_is_masked_too(void **state)
{
    char every[64] = "";
    (void)state;
    for (const char *c = "S3cr3t-Pl4nt"; *c != '\0'; c++)
        snprintf(every + strlen(every), sizeof every - strlen(every), c[1] % 2 ? "%%%02x" : "%%%02X", *c);
    assert_string_equal(redacted("<%s>", every), "<****>");
    assert_string_equal(redacted("%s", "S3cr3t%2dPl4nt and S3cr3t%2DPl4nt"), "**** and ****");
}

static void in_base64_it_is_masked_at_every_position(void **state)
{
    (void)state;
    for (size_t before = 0; before < 9; before++) {
        char plain[64], encoded[128];
        snprintf(plain, sizeof plain, "%.*sS3cr3t-Pl4nt%s", (int)before, "~~~~~~~~~", before % 2 ? "" : "behind");
        size_t size = strlen(plain);
        base64_encode_raw(encoded, size, (const uint8_t *)plain);
        encoded[BASE64_ENCODE_RAW_LENGTH(size)] = '\0';
        const char *masked = strstr(redacted("%s", encoded), "****");
        assert_non_null(masked);
        assert_true(strlen(redacted("%s", encoded)) <= strlen(encoded) - 16 + 4 + 3);
    }
}

static void of_a_uri_the_password_and_what_its_query_says_of_secrets_are_masked_by_themselves(void **state)
{
    (void)state;
    assert_string_equal(redacted("%s", "p@ss/word p%40ss%2Fword p%40ss/word"), "**** **** ****");
    assert_string_equal(redacted("k3yw0rd t0k3n=="), "**** ****");
    assert_string_equal(redacted("wr0ng@pl/4c3 wr0ng pl/"), "**** **** pl/");
    assert_string_equal(redacted("user at db.example:27017, admin, rs0, other"),
                        "user at db.example:27017, admin, rs0, other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_masked_wherever_it_stands),
        cmocka_unit_test(percent_encoded_in_part_or_whole_it_is_masked_too),
        cmocka_unit_test(in_base64_it_is_masked_at_every_position),
        cmocka_unit_test(of_a_uri_the_password_and_what_its_query_says_of_secrets_are_masked_by_themselves),
    };
    return cmocka_run_group_tests(tests, plant, NULL);
}

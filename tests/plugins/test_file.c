/* file: each record as one line of JSON. */
#include "testing.h"

#include "harness.h"

#include <unistd.h>

static char path[64], option[128];

static struct harness *open_file(void)
{
    strcpy(path, "/tmp/sluice-file-XXXXXX");
    close(mkstemp(path));
    snprintf(option, sizeof option, "path=%s", path);
    struct harness *h = harness_open("file", option, NULL);
    assert_true(h->instance.open);
    return h;
}

static void content_is(const char *wanted)
{
    char content[4096] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    unlink(path);
    assert_string_equal(content, wanted);
}

static void a_record_is_a_line_that_tells_null_empty_and_binary_apart(void **state)
{
    struct harness *h = open_file();
    struct sluice_record *records[3] = {harness_record(h, "text", 4), harness_record(h, "\x00\xff", 2),
                                        harness_record(h, NULL, 0)};
    static struct record_header headers[] = {{"a", {"1", 1}}, {"a", {NULL, 0}}};
    (void)state;
    for (int i = 0; i < 3; i++)
        records[i]->view.offset = i;
    records[0]->view.key = (sluice_bytes){"", 0};
    records[0]->headers = headers;
    records[0]->view.header_count = 2;
    records[0]->view.timestamp_type = SLUICE_TIME_CREATE;
    records[0]->view.timestamp_ms = 5;
    assert_int_equal(harness_put(h, records, 3), SLUICE_OK);
    harness_close(h);
    content_is(
        "{\"topic\":\"potato\",\"partition\":0,\"offset\":0,\"timestamp\":5,\"key\":\"\",\"headers\":[{\"name\":\"a\","
        "\"value\":\"1\"},{\"name\":\"a\",\"value\":null}],\"value\":\"text\"}\n"
        "{\"topic\":\"potato\",\"partition\":0,\"offset\":1,\"timestamp\":null,\"key\":null,\"headers\":[],"
        "\"value\":{\"hex\":\"00ff\"}}\n"
        "{\"topic\":\"potato\",\"partition\":0,\"offset\":2,\"timestamp\":null,\"key\":null,\"headers\":[],"
        "\"value\":null}\n");
}

static void a_value_that_is_not_what_its_format_says_is_refused_alone(void **state)
{
    struct harness *h = open_file();
    struct sluice_record *records[2] = {harness_record(h, "no bson", 7), harness_record(h, "[1]", 3)};
    (void)state;
    records[0]->view.format = SLUICE_BSON;
    records[1]->view.format = SLUICE_JSON;
    records[1]->view.offset = 7;
    sluice_verdict returned = harness_put(h, records, 2);
    assert_int_equal(harness_verdict(h, returned, 0), SLUICE_REJECT);
    assert_int_equal(harness_verdict(h, returned, 1), SLUICE_OK);
    harness_close(h);
    content_is("{\"topic\":\"potato\",\"partition\":0,\"offset\":7,\"timestamp\":null,\"key\":null,\"headers\":[],"
               "\"value\":[1]}\n");
}

static void a_full_disk_is_retried(void **state)
{
    struct harness *h = harness_open("file", "path=/dev/full", NULL);
    struct sluice_record *record = harness_record(h, "x", 1);
    (void)state;
    assert_int_equal(harness_put(h, &record, 1), SLUICE_RETRY);
    assert_string_equal(h->code, "file.write");
    harness_close(h);
}

static void a_folder_that_is_not_there_fails_the_task(void **state)
{
    struct harness *h = harness_open("file", "path=/does/not/exist/x", NULL);
    (void)state;
    assert_false(h->instance.open);
    assert_string_equal(h->call.code, "file.open");
    harness_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_a_line_that_tells_null_empty_and_binary_apart),
        cmocka_unit_test(a_value_that_is_not_what_its_format_says_is_refused_alone),
        cmocka_unit_test(a_full_disk_is_retried),
        cmocka_unit_test(a_folder_that_is_not_there_fails_the_task),
    };
    return RUN(tests);
}

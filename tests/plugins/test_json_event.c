/* json-event: JSON objects to BSON with the producer's types; what is refused, and why. */
#include "testing.h"

#include "harness.h"

#include <bson/bson.h>
#include <jansson.h>

static struct harness *open_event(void)
{
    struct harness *h = harness_open("json-event", "required=id", "convert.id=int", "convert.data=hex",
                                     "convert.created_at=date", "convert.updated_at=date", NULL);
    assert_string_equal(h->problems, "");
    assert_true(h->instance.open);
    return h;
}

static void refused(struct harness *h, const void *value, size_t size, const char *code)
{
    struct sluice_record *record = harness_record(h, value, size);
    sluice_verdict verdict = harness_apply(h, record);
    if (verdict != SLUICE_REJECT || strcmp(h->code, code) != 0)
        fail_msg("%.*s: wanted REJECT %s, got %d %s: %s", (int)size, (const char *)value, code, verdict, h->code,
                 h->text);
    assert_ptr_equal(record->view.value.data, value); /* a refused record stays as it was */
    assert_true(h->text[0] != '\0');
}

static void refused_text(struct harness *h, const char *text, const char *code)
{
    refused(h, text, strlen(text), code);
}

/* wanted: the document as canonical extended JSON. */
static void becomes(struct harness *h, const char *text, const char *wanted)
{
    struct sluice_record *record = harness_record(h, text, strlen(text));
    bson_t document;
    if (harness_apply(h, record) != SLUICE_OK)
        fail_msg("%s: refused, %s: %s", text, h->code, h->text);
    assert_int_equal(record->view.format, SLUICE_BSON);
    assert_true(bson_init_static(&document, record->view.value.data, record->view.value.size));
    bson_t *expected = bson_new_from_json((const uint8_t *)wanted, -1, NULL);
    assert_non_null(expected);
    char *got = bson_as_canonical_extended_json(&document, NULL);
    if (!bson_equal(&document, expected))
        fail_msg("%s: wanted %s, got %s", text, wanted, got);
    bson_free(got);
    bson_destroy(expected);
}

static void numbers_no_type_can_hold_and_values_that_are_not_one_text_are_refused(void **state)
{
    struct harness *h = open_event();
    (void)state;
    refused_text(h, "{\"id\":18446744073709548794}", "json.number-range");
    refused_text(h, "{\"id\":9223372036854775808}", "json.number-range");
    refused_text(h, "{\"id\":1,\"percentage\":NaN}", "json.invalid");
    refused_text(h, "{\"id\":1,\"percentage\":-Infinity}", "json.invalid");
    refused_text(h, "{\"id\":1,\"percentage\":1e400}", "json.number-range");
    refused_text(h, "{\"id\":1}{\"id\":2}", "json.invalid");
    refused_text(h, "{\"id\":1}}", "json.invalid");
    refused(h, "{\"id\":1}", 9, "json.invalid"); /* with its NUL */
    refused_text(h, "", "json.empty");
    refused_text(h, " \t\n", "json.invalid");
    refused_text(h, "[1]", "json.not-object");
    refused_text(h, "7", "json.not-object");
    refused_text(h, "\xef\xbb\xbf{\"id\":1}", "json.invalid");
    refused(h, "\0\0\0\0\1{}", 7, "json.schema-framed");
    becomes(h, "{\"id\":9223372036854775807}", "{ \"id\" : { \"$numberLong\" : \"9223372036854775807\" } }");
    becomes(h, "{\"id\":3} \n", "{ \"id\" : { \"$numberInt\" : \"3\" } }");
    harness_close(h);
}

static void a_message_says_where(void **state)
{
    struct harness *h = open_event();
    char text[5000];
    (void)state;
    refused_text(h, "{\n  \"id\": 1,\n  nope }", "json.invalid");
    assert_non_null(strstr(h->text, "line 3, column 7 (byte 19)"));
    /* behind a string that was cut out */
    snprintf(text, sizeof text, "{\"id\":1,\"data\":\"%04000d\",\"x\":nope}", 0);
    refused_text(h, text, "json.invalid");
    assert_non_null(strstr(h->text, "(byte 4026)"));
    harness_close(h);
}

static void dates_are_those_that_python_prints_floored_to_milliseconds(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } dates[] = {
        {"2023-10-08T15:39:49", 1696779589000},           {"2023-10-08T15:39:49.1", 1696779589100},
        {"2023-10-08T15:39:49.008123", 1696779589008},    {"2023-10-08T15:39:49.001111", 1696779589001},
        {"2023-10-08T15:39:49.123456789", 1696779589123}, {"2023-12-31T23:59:59.999999", 1704067199999},
        {"2023-10-08T15:39:49.123123Z", 1696779589123},   {"2023-10-08T15:39:49.123123+02:00", 1696772389123},
        {"2018-10-01T17:17:04.117+0000", 1538414224117},  {"1969-12-31T23:59:59.9999", -1},
        {"0001-01-01T00:00:00", -62135596800000},         {"2024-02-29T00:00:00-23:59", 1709251140000},
    };
    static const char *const impossible[] = {"2023-02-29T00:00:00",
                                             "2023-10-08T24:00:01",
                                             "2023-10-08",
                                             "",
                                             "2023-10-08T15:39",
                                             "2023-10-08 15:39:49",
                                             "2023-10-08T15:39:49.",
                                             "2023-10-08T15:39:60",
                                             "0000-01-01T00:00:00",
                                             "2023-13-01T00:00:00",
                                             "2023-10-08T15:39:49+24:00",
                                             "2023-10-08T15:39:49Zx",
                                             "2023-10-08t15:39:49z",
                                             " 2023-10-08T15:39:49"};
    struct harness *h = open_event();
    char text[128], wanted[128];
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        snprintf(text, sizeof text, "{\"id\":1,\"updated_at\":\"%s\"}", dates[i].text);
        snprintf(
            wanted, sizeof wanted,
            "{ \"id\" : { \"$numberInt\" : \"1\" }, \"updated_at\" : { \"$date\" : { \"$numberLong\" : \"%lld\" } } }",
            (long long)dates[i].ms);
        becomes(h, text, wanted);
    }
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        snprintf(text, sizeof text, "{\"id\":1,\"updated_at\":\"%s\"}", impossible[i]);
        refused_text(h, text, "json.date");
    }
    refused_text(h, "{\"id\":1,\"updated_at\":1537375035222}", "json.type");
    becomes(h, "{\"id\":1,\"updated_at\":null}", "{ \"id\" : { \"$numberInt\" : \"1\" }, \"updated_at\" : null }");
    harness_close(h);
}

static void an_id_is_one_number_however_it_is_written(void **state)
{
    static const char *const good[] = {"7", "\"7\"", "7.0", "7e0"};
    static const char *const bad[] = {"\" 7\"", "\"07\"", "\"7x\"", "\"\"", "7.5",
                                      "true",   "\"-0\"", "[7]",    "1e30", "\"9223372036854775808\""};
    struct harness *h = open_event();
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(text, sizeof text, "{\"id\":%s}", good[i]);
        becomes(h, text, "{ \"id\" : { \"$numberInt\" : \"7\" } }");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "{\"id\":%s}", bad[i]);
        refused_text(h, text, "json.type");
    }
    becomes(h, "{\"id\":\"-9223372036854775808\"}", "{ \"id\" : { \"$numberLong\" : \"-9223372036854775808\" } }");
    becomes(h, "{\"id\":2147483648}", "{ \"id\" : { \"$numberLong\" : \"2147483648\" } }");
    refused_text(h, "{\"id\":null}", "json.missing-field");
    refused_text(h, "{\"a\":1}", "json.missing-field");
    harness_close(h);
}

static void types_are_those_that_the_producers_driver_writes(void **state)
{
    struct harness *h = open_event();
    (void)state;
    becomes(h, "{\"id\":1,\"b\":[48.0,16.5],\"c\":1e-05,\"d\":{\"z\":1,\"a\":[]},\"e\":false}",
            "{ \"id\" : { \"$numberInt\" : \"1\" }, \"b\" : [ { \"$numberDouble\" : \"48.0\" }, { \"$numberDouble\" : "
            "\"16.5\" } ], \"c\" : { \"$numberDouble\" : \"1.0000000000000000818e-05\" }, \"d\" : { \"z\" : { "
            "\"$numberInt\" "
            ": \"1\" }, \"a\" : [  ] }, \"e\" : false }");
    becomes(h, "{\"id\":1,\"data\":\"00fFA0\"}",
            "{ \"id\" : { \"$numberInt\" : \"1\" }, \"data\" : { \"$binary\" : { \"base64\" : \"AP+g\", \"subType\" : "
            "\"00\" "
            "} } }");
    harness_close(h);
}

static void a_nul_inside_a_string_is_stored(void **state)
{
    static const char text[] = "{\"id\":1,\"f\":\"\\u0000x\"}";
    struct harness *h = open_event();
    struct sluice_record *record = harness_record(h, text, strlen(text));
    bson_t document;
    bson_iter_t iter;
    uint32_t size;
    (void)state;
    assert_int_equal(harness_apply(h, record), SLUICE_OK);
    assert_true(bson_init_static(&document, record->view.value.data, record->view.value.size));
    assert_true(bson_iter_init_find(&iter, &document, "f"));
    assert_memory_equal(bson_iter_utf8(&iter, &size), "\0x", 3);
    assert_int_equal(size, 2);
    harness_close(h);
}

static void hex_takes_pairs_of_digits_and_nothing_else(void **state)
{
    struct harness *h = open_event();
    (void)state;
    refused_text(h, "{\"id\":1,\"data\":\"abc\"}", "json.hex");
    refused_text(h, "{\"id\":1,\"data\":\"0g\"}", "json.hex");
    assert_non_null(strstr(h->text, "data: character 2 is 0x67"));
    refused_text(h, "{\"id\":1,\"data\":\"0x\"}", "json.hex");
    refused_text(h, "{\"id\":1,\"data\":\"a b \"}", "json.hex");
    refused_text(h, "{\"id\":1,\"data\":7}", "json.type");
    harness_close(h);
}

static void names_and_text_are_utf_8_and_unique(void **state)
{
    struct harness *h = open_event();
    (void)state;
    refused_text(h, "{\"id\":1,\"a\":1,\"\\u0061\":2}", "json.duplicate-name");
    refused_text(h, "{\"id\":1,\"a\":{\"b\":1,\"b\":2}}", "json.duplicate-name");
    refused_text(h, "{\"id\":1,\"s\":\"\xff\"}", "json.utf8");
    refused_text(h, "{\"id\":1,\"s\":\"\xc0\x80\"}", "json.utf8");
    refused_text(h, "{\"id\":1,\"s\":\"\xed\xa0\xbc\"}", "json.utf8");
    refused_text(h, "{\"id\":1,\"s\":\"\\ud800\"}", "json.utf8");
    refused_text(h, "{\"id\":1,\"\xff\":1}", "json.utf8");
    refused_text(h, "{\"id\":1,\"a\\u0000b\":1}", "json.invalid");
    harness_close(h);
}

static void a_hundred_levels_pass_and_one_more_does_not(void **state)
{
    struct harness *h = open_event();
    char text[8000];
    (void)state;
    for (int depth = 100; depth <= 3000; depth = depth == 100 ? 101 : 3000) {
        char *at = text + sprintf(text, "{\"id\":1,\"d\":");
        for (int i = 1; i < depth; i++)
            *at++ = '[';
        for (int i = 1; i < depth; i++)
            *at++ = ']';
        strcpy(at, "}");
        if (depth == 100)
            assert_int_equal(harness_apply(h, harness_record(h, text, strlen(text))), SLUICE_OK);
        else
            refused_text(h, text, "json.too-deep");
        if (depth == 3000)
            break;
    }
    assert_non_null(strstr(h->text, "100"));
    harness_close(h);
}

/* ---- Cutting changes nothing ---------------------------------------------------------------------- */

/* The same event in a form that the plugin cannot cut: the first character of each string is written as an escape,
 * which changes no value. */
static size_t uncuttable(const char *text, size_t size, char *out)
{
    char *to = out;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        bool opens = c == '"' && !in_string;
        if (c == '\\' && in_string) {
            *to++ = text[i++];
            if (i < size)
                *to++ = text[i];
            continue;
        }
        if (c == '"')
            in_string = !in_string;
        *to++ = text[i];
        unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
        if (opens && next >= 0x20 && next < 0x7f && next != '"' && next != '\\') {
            to += sprintf(to, "\\u%04x", next);
            i++;
        }
    }
    return (size_t)(to - out);
}

static size_t random_string(char *to, uint32_t size)
{
    static const char *const pieces[] = {"\\n",  "\\u00e9", "\xc3\xa9",       "\\\"", "\\\\",
                                         "\x01", "\xff",    "\\ud83d\\ude00", " "};
    static const char hex[] = "0123456789abcdefABCDEF";
    uint32_t kind = random_below(6);
    char *at = to;
    *at++ = '"';
    for (uint32_t i = 0; i < size; i++)
        *at++ = kind == 5 ? (char)(' ' + random_below(95)) : hex[random_below(22)];
    for (char *c = to + 1; c < at; c++)
        if (*c == '"' || *c == '\\')
            *c = '-';
    if (kind == 0) {
        const char *piece = pieces[random_below(sizeof pieces / sizeof pieces[0])];
        memcpy(to + 1 + random_below(size > 16 ? size - 16 : 1), piece, size > 16 ? strlen(piece) : 0);
    }
    *at++ = '"';
    return (size_t)(at - to);
}

static size_t random_event(char *text)
{
    static const char *const names[] = {"id", "data", "updated_at", "note", "a", "data2"};
    static const char *const values[] = {"1",   "null",  "\"2023-10-08T15:39:49\"", "[1,\"x\"]", "{\"b\":\"c\"}",
                                         "7.0", "\"zz\""};
    static const char mutations[] = "\"{}[],:\\x";
    char *at = text;
    at += sprintf(at, "%s", random_below(8) == 0 ? "{\"x\":0" : "{\"id\":1");
    for (uint32_t i = 1 + random_below(5); i > 0; i--) {
        at += sprintf(at, ",%s\"%s", random_below(4) == 0 ? " " : "", names[random_below(6)]);
        if (random_below(2) == 0)
            at += sprintf(at, "%u", i);
        at += sprintf(at, "\":");
        if (random_below(2) == 0)
            at += random_string(at, 900 + random_below(400));
        else
            at += sprintf(at, "%s", values[random_below(7)]);
    }
    *at++ = '}';
    for (uint32_t i = random_below(8) == 0 ? 1 + random_below(3) : 0; i > 0; i--) /* a mutated one now and then */
        text[random_below((uint32_t)(at - text))] = mutations[random_below(9)];
    return (size_t)(at - text);
}

static void cutting_long_strings_out_changes_no_outcome(void **state)
{
    struct harness *h = open_event();
    static char text[16384], plain[65536];
    int stored = 0;
    (void)state;
    seed_random("json_event");
    for (int round = 0; round < 20000; round++) {
        size_t size = random_event(text), plain_size = uncuttable(text, size, plain);
        struct sluice_record *cut = harness_record(h, text, size), *whole = harness_record(h, plain, plain_size);
        sluice_verdict verdict = harness_apply(h, cut);
        char code[64];
        snprintf(code, sizeof code, "%s", h->code);
        sluice_verdict plain_verdict = harness_apply(h, whole);
        if (verdict != plain_verdict || strcmp(code, h->code) != 0)
            fail_msg("%.*s: cut %d %s, plain %d %s: %s", (int)size, text, verdict, code, plain_verdict, h->code,
                     h->text);
        if (verdict == SLUICE_OK) {
            stored++;
            assert_int_equal(cut->view.value.size, whole->view.value.size);
            assert_memory_equal(cut->view.value.data, whole->view.value.data, cut->view.value.size);
        }
        harness_reset(h);
    }
    assert_in_range(stored, 500, 19500);
    harness_close(h);
}

static void long_strings_are_stored_whole(void **state)
{
    struct harness *h = open_event();
    static char text[300000];
    (void)state;
    char *at = text + sprintf(text, "{\"note\":\"");
    memset(at, 'n', 5000);
    at += 5000;
    at += sprintf(at, "\",\"id\":1,\"data\":\"");
    for (int i = 0; i < 100000; i++)
        at += sprintf(at, "%02x", i & 255);
    strcpy(at, "\"}");
    struct sluice_record *record = harness_record(h, text, strlen(text));
    assert_int_equal(harness_apply(h, record), SLUICE_OK);
    bson_t document;
    bson_iter_t iter;
    uint32_t size;
    const uint8_t *bytes;
    bson_subtype_t subtype;
    assert_true(bson_init_static(&document, record->view.value.data, record->view.value.size));
    assert_true(bson_iter_init_find(&iter, &document, "note"));
    bson_iter_utf8(&iter, &size);
    assert_int_equal(size, 5000);
    assert_true(bson_iter_init_find(&iter, &document, "data"));
    bson_iter_binary(&iter, &subtype, &size, &bytes);
    assert_int_equal(size, 100000);
    for (uint32_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], i & 255);
    harness_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_no_type_can_hold_and_values_that_are_not_one_text_are_refused),
        cmocka_unit_test(a_message_says_where),
        cmocka_unit_test(dates_are_those_that_python_prints_floored_to_milliseconds),
        cmocka_unit_test(an_id_is_one_number_however_it_is_written),
        cmocka_unit_test(types_are_those_that_the_producers_driver_writes),
        cmocka_unit_test(a_nul_inside_a_string_is_stored),
        cmocka_unit_test(hex_takes_pairs_of_digits_and_nothing_else),
        cmocka_unit_test(names_and_text_are_utf_8_and_unique),
        cmocka_unit_test(a_hundred_levels_pass_and_one_more_does_not),
        cmocka_unit_test(cutting_long_strings_out_changes_no_outcome),
        cmocka_unit_test(long_strings_are_stored_whole),
    };
    return RUN(tests);
}

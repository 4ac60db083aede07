/* Bytes of unknown origin, shown: nothing reaches a terminal that could move it. */
#include "letters.h"

#include "dlq/letter_json.h"
#include "dlq/media.h"
#include "dlq/patch.h"
#include "dlq/payload.h"
#include "dlq/text.h"

static void shows(const char *bytes, size_t size, const char *expected)
{
    char *text = text_visible(bytes, size);
    assert_string_equal(text, expected);
    free(text);
}

static void what_cannot_be_seen_is_made_visible(void **state)
{
    (void)state;
    shows("plain", 5, "plain");
    shows("a\nb\tc\r", 6, "a\\nb\\tc\\r");
    shows("\x1b[31m\0\x7f", 7, "\\x1b[31m\\x00\\x7f");
    shows("\xff\xc0\x80", 3, "\\xff\\xc0\\x80");
    shows("\xe2\x80\xae"
          "x",
          4, "\\u202ex");
    shows("\xc2\x85", 2, "\\u0085");
    shows("\xd1\x8f\xf0\x9f\xa5\x94", 6, "\xd1\x8f\xf0\x9f\xa5\x94");
    shows("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");
    shows("\xf3\xa0\x81\x81", 4, "\\U000e0041");
    shows("\xe2\x82", 2, "\\xe2\\x82");
}

static void cells_are_cut_and_padded_by_columns(void **state)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    text_cell(out, "abc", 5, true);
    fputc('|', out);
    text_cell(out, "abcdef", 5, true);
    fputc('|', out);
    text_cell(out, "\xe6\xbc\xa2\xe5\xad\x97", 3, true); /* two columns each */
    fputc('|', out);
    text_cell(out, NULL, 3, true);
    fputc('|', out);
    fclose(out);
    assert_string_equal(text, "abc  |abcd…|\xe6\xbc\xa2…|-  |");
    free(text);
}

static void whatever_the_bytes_the_shown_text_is_harmless(void **state)
{
    static const unsigned char odd[] = {0xe2, 0x80, 0xae, 0xf0, 0x1b, 0xc2};
    (void)state;
    seed_random("text");
    for (int round = 0; round < 3000; round++) {
        unsigned char bytes[64];
        size_t size = random_below(sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = random_below(4) > 0 ? (unsigned char)random_below(256) : odd[random_below(sizeof odd)];
        char *text = text_visible(bytes, size);
        assert_true(text_is_utf8(text, strlen(text)));
        for (const char *at = text; *at != '\0'; at++)
            assert_false((unsigned char)*at < 0x20 || *at == 0x7f);
        free(text);
        char *base64 = text_base64(bytes, size);
        size_t back_size;
        void *back = text_base64_decode(base64, strlen(base64), &back_size);
        assert_int_equal(back_size, size);
        assert_memory_equal(back, bytes, size);
        free(back);
        free(base64);
    }
}

/* ---- A letter as JSON, and back ------------------------------------------------------------------- */

static void a_letter_comes_back_from_json_byte_for_byte(void **state)
{
    static const struct made_header headers[] = {
        {"a", "1", 0}, {"a", NULL, 0}, {"", "", 0}, {"bin", "\0\xff\x80", 3}, {"\xff", "x", 0}};
    (void)state;
    static const char *const texts[] = {NULL, "", "plain", "{\"\xc3\xa4\": 1}", "\xff\xfe"};
    for (size_t k = 0; k < 5; k++)
        for (size_t v = 0; v < 5; v++) {
            struct entry *entry = MAKE_ENTRY(texts[k], texts[v], headers), *back;
            struct error error;
            json_t *json = letter_json(entry, "t.dlq", NULL, true);
            char *line = json_dumps(json, JSON_COMPACT);
            json_t *parsed = json_loads(line, 0, NULL);
            if (letter_from_json(parsed, "t.dlq", &back, &error) != 0)
                fail_msg("%s: %s", line, error.text);
            const sluice_bytes pairs[][2] = {{entry->record->key, back->record->key},
                                             {entry->record->value, back->record->value}};
            for (size_t i = 0; i < 2; i++) {
                assert_int_equal(pairs[i][0].size, pairs[i][1].size);
                assert_true((pairs[i][0].data == NULL) == (pairs[i][1].data == NULL));
                if (pairs[i][0].size > 0)
                    assert_memory_equal(pairs[i][0].data, pairs[i][1].data, pairs[i][0].size);
            }
            assert_int_equal(entry_header_count(back), 5);
            for (size_t i = 0; i < 5; i++) {
                sluice_bytes value, value_back;
                assert_string_equal(entry_header(entry, i, &value), entry_header(back, i, &value_back));
                assert_int_equal(value.size, value_back.size);
                assert_true((value.data == NULL) == (value_back.data == NULL));
                if (value.size > 0)
                    assert_memory_equal(value.data, value_back.data, value.size);
            }
            assert_int_equal(back->record->timestamp_ms, entry->record->timestamp_ms);
            json_decref(json);
            json_decref(parsed);
            free(line);
            entry_free(entry);
            entry_free(back);
        }
}

static void a_line_that_is_no_letter_is_refused_in_words(void **state)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"[]", "wanted a JSON object"},
        {"{}", "letter: wanted"},
        {"{\"letter\":{\"topic\":\"x\",\"partition\":0,\"offset\":1}}", "got one of the topic 'x', wanted t.dlq"},
        {"{\"letter\":{\"topic\":\"t.dlq\",\"partition\":0,\"offset\":1}}", "timestamp: wanted"},
        {"{\"letter\":{\"topic\":\"t.dlq\",\"partition\":0,\"offset\":1},\"timestamp\":{\"type\":\"none\"},\"key\":"
         "null}",
         "value: wanted null"},
        {"{\"letter\":{\"topic\":\"t.dlq\",\"partition\":0,\"offset\":1},\"timestamp\":{\"type\":\"none\"},\"key\":"
         "null,"
         "\"value\":{\"base64\":\"*\"}}",
         "value: wanted null"},
        {"{\"letter\":{\"topic\":\"t.dlq\",\"partition\":0,\"offset\":1},\"timestamp\":{\"type\":\"none\"},\"key\":"
         "null,"
         "\"value\":null,\"headers\":[{\"name\":null}]}",
         "a header's name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct entry *entry;
        struct error error;
        json_t *json = json_loads(cases[i].line, 0, NULL);
        assert_non_null(json);
        assert_int_equal(letter_from_json(json, "t.dlq", &entry, &error), -1);
        if (strstr(error.text, cases[i].words) == NULL)
            fail_msg("%s: got '%s', wanted '%s'", cases[i].line, error.text, cases[i].words);
        json_decref(json);
    }
}

/* ---- Patches: the examples of RFC 7386, appendix A ------------------------------------------------- */

static void a_merge_patch_does_what_the_rfc_says(void **state)
{
    static const char *const cases[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    struct arena arena = {.newest = NULL};
    struct error error;
    sluice_bytes patched;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *patch = json_loads(cases[i][1], JSON_DECODE_ANY, NULL);
        assert_int_equal(patch_apply(patch, (sluice_bytes){cases[i][0], strlen(cases[i][0])}, &arena, &patched, &error),
                         0);
        assert_string_equal((const char *)patched.data, cases[i][2]);
        json_decref(patch);
    }
    json_t *patch = json_object();
    assert_int_equal(patch_apply(patch, (sluice_bytes){"{", 1}, &arena, &patched, &error), -1);
    assert_int_equal(patch_apply(patch, (sluice_bytes){NULL, 0}, &arena, &patched, &error), -1);
    json_decref(patch);
    arena_free(&arena);
}

static void only_what_differs_is_shown_of_a_patch(void **state)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const char before[] = "{\"a\":1,\"b\":{\"c\":\"\\u001b\",\"d\":2},\"e\":3}",
               after[] = "{\"a\":1,\"b\":{\"c\":\"x\",\"d\":2},\"f\":4}";
    (void)state;
    patch_show(out, (sluice_bytes){before, strlen(before)}, (sluice_bytes){after, strlen(after)});
    fclose(out);
    assert_string_equal(text, "  - b.c: \"\\u001B\"\n  + b.c: \"x\"\n  - e: 3\n  + f: 4\n");
    free(text);
}

/* ---- Payloads --------------------------------------------------------------------------------------- */

static char *payload(const char *value, size_t size, const char *reason)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    payload_write(out, value, size, reason);
    fclose(out);
    return text;
}

static void any_payload_and_reason_can_be_written(void **state)
{
    (void)state;
    seed_random("payload");
    for (int round = 0; round < 2000; round++) {
        char value[200], reason[32];
        size_t size = random_below(sizeof value);
        for (size_t i = 0; i < size; i++)
            value[i] = (char)(random_below(3) > 0 ? "{}[]\",:1a\n\\"[random_below(11)] : (char)random_below(256));
        snprintf(reason, sizeof reason, "at byte %u", random_below(250));
        char *text = payload(value, size, random_below(3) > 0 ? reason : NULL);
        assert_true(text_is_utf8(text, strlen(text)));
        free(text);
    }
}

static void the_caret_stands_below_the_byte_of_the_reason(void **state)
{
    char *text = payload("{\"\xc3\xa4\": x}", 9, "line 1, column 6 (byte 7): no");
    (void)state;
    assert_non_null(strstr(text, "at byte 7:\n  {\"\xc3\xa4\": x}\n        ^\n"));
    free(text);
    text = payload("{\"a\":1,\n\"b\" x}", 14, "(byte 12)");
    assert_non_null(strstr(text, "at byte 12:\n  \"b\" x}\n      ^\n"));
    free(text);
    text = payload("", 0, "at byte 0");
    assert_string_equal(text, "  (empty)\n");
    free(text);
}

static void pictures_are_known_by_how_they_begin(void **state)
{
    const struct media *media;
    (void)state;
    assert_string_equal(media_of("\xff\xd8\xff\xe0", 4)->name, "JPEG");
    assert_null(media_of("\xff\xd8", 2));
    assert_null(media_of("", 0));
    assert_true(media_is_hex("FFD8FFE000104a46494600010101006000", 34, &media));
    assert_string_equal(media->type, "image/jpeg");
    assert_false(media_is_hex("ffd8", 4, &media));
    assert_false(media_is_hex("ffd8ffe000104a4649460001010100600g", 34, &media));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_seen_is_made_visible),
        cmocka_unit_test(cells_are_cut_and_padded_by_columns),
        cmocka_unit_test(whatever_the_bytes_the_shown_text_is_harmless),
        cmocka_unit_test(a_letter_comes_back_from_json_byte_for_byte),
        cmocka_unit_test(a_line_that_is_no_letter_is_refused_in_words),
        cmocka_unit_test(a_merge_patch_does_what_the_rfc_says),
        cmocka_unit_test(only_what_differs_is_shown_of_a_patch),
        cmocka_unit_test(any_payload_and_reason_can_be_written),
        cmocka_unit_test(the_caret_stands_below_the_byte_of_the_reason),
        cmocka_unit_test(pictures_are_known_by_how_they_begin),
    };
    return RUN(tests);
}

/* Which letters are meant: coordinates, ranges, patterns, times. */
#include "letters.h"

#include "base/clock.h"
#include "dlq/filter.h"

static const struct made_header headers[] = {
    {"batch", "night", 0},
    {"trace", NULL, 0},
    {"__connect.errors.topic", "potato", 0},
    {"__connect.errors.partition", "3", 0},
    {"__connect.errors.offset", "17", 0},
    {"__connect.errors.stage", "TRANSFORMATION", 0},
    {"__sluice.error.code", "json.invalid", 0},
    {"__sluice.failed.at", "2026-11-25T10:00:00.000Z", 0},
};

/* Does a filter with one member set let the letter above (2:42, key "k") through?  -1: the text is refused. */
static int lets_through(const char *name, const char *text)
{
    struct filter filter;
    struct error error;
    filter_init(&filter);
    bool by_name = strcmp(name, "letter") == 0;
    int refused = by_name ? filter_add_coordinates(&filter, text, &error) : filter_set(&filter, name, text, &error);
    struct entry *entry = MAKE_ENTRY("k", "v", headers);
    int result = refused != 0 ? -1 : filter_matches(&filter, entry);
    entry_free(entry);
    filter_free(&filter);
    return result;
}

static void each_filter_lets_through_what_it_names(void **state)
{
    static const struct {
        const char *name, *text;
        int expected;
    } cases[] = {
        {"code", "json.invalid", 1},
        {"code", "json.*", 1},
        {"code", "json", 0},
        {"stage", "transformation", 1},
        {"stage", "TASK_PUT", 0},
        {"topic", "potato", 1},
        {"topic", "pot*", 1},
        {"topic", "tomato", 0},
        {"partition", "3", 1},
        {"partition", "2", 0},
        {"partition", "-1", -1},
        {"partition", "3x", -1},
        {"offset", "17", 1},
        {"offset", "16", 0},
        {"offset", "10-20", 1},
        {"offset", "17-17", 1},
        {"offset", "18-", 0},
        {"offset", "17-", 1},
        {"offset", "-17", 1},
        {"offset", "-16", 0},
        {"offset", "20-10", -1},
        {"offset", "-", -1},
        {"offset", "", -1},
        {"offset", "1-2-3", -1},
        {"offset", "99999999999999999999", -1},
        {"key", "k", 1},
        {"key", "", 0},
        {"header", "batch", 1},
        {"header", "trace", 1},
        {"header", "trace=", 0},
        {"header", "batch=night", 1},
        {"header", "batch=day", 0},
        {"header", "none", 0},
        {"since", "2026-11-25", 1},
        {"since", "2026-11-25T10:00:00Z", 1},
        {"since", "2026-11-25T10:00:00.001Z", 0},
        {"until", "2026-11-25T10:00:00Z", 0},
        {"until", "2026-11-26", 1},
        {"since", "yesterday", -1},
        {"since", "2026-02-30x", -1},
        {"since", "5 weeks", -1},
        {"letter", "2:42", 1},
        {"letter", "2:41", 0},
        {"letter", "potato:3:17", 1},
        {"letter", "potato:3:18", 0},
        {"letter", "tomato:3:17", 0},
        {"letter", "2", -1},
        {"letter", ":2:42", -1},
        {"letter", "2:42x", -1},
        {"letter", "a:b:c", -1},
        {"letter", "a:1:2:3", -1},
        {"letter", "", -1},
        {"letter", ":", -1},
        {"colour", "red", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int got = lets_through(cases[i].name, cases[i].text);
        if (got != cases[i].expected)
            fail_msg("%s '%s': got %d, wanted %d", cases[i].name, cases[i].text, got, cases[i].expected);
    }
}

static void an_age_counts_back_from_now(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } ages[] = {{"90 s", 90000}, {"15 min", 900000}, {"2h", 7200000}, {"3 d", 259200000}};
    struct error error;
    int64_t at_ms;
    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
        int64_t now_ms = clock_wall_ms();
        assert_int_equal(filter_parse_time(ages[i].text, &at_ms, &error), 0);
        assert_in_range(now_ms - at_ms + 1000, (uint64_t)ages[i].ms, (uint64_t)ages[i].ms + 2000);
    }
    assert_int_equal(filter_parse_time("9223372036854775807 d", &at_ms, &error), -1);
}

static void letters_by_their_own_coordinates_are_told_from_records(void **state)
{
    struct filter filter;
    struct error error;
    (void)state;
    filter_init(&filter);
    assert_false(filter_is_by_letter(&filter));
    filter_add_coordinates(&filter, "0:1", &error);
    assert_true(filter_is_by_letter(&filter));
    filter_add_coordinates(&filter, "potato:0:1", &error);
    assert_false(filter_is_by_letter(&filter));
    filter_free(&filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_filter_lets_through_what_it_names),
        cmocka_unit_test(an_age_counts_back_from_now),
        cmocka_unit_test(letters_by_their_own_coordinates_are_told_from_records),
    };
    return RUN(tests);
}

/* The log: what a line looks like whatever is in it, levels of areas, repeats. */
#include "testing.h"

#include "base/clock.h"
#include "config/pipeline_config.h"
#include "ops/log_line.h"
#include "ops/log_repeats.h"

#include <jansson.h>
#include <pthread.h>
#include <unistd.h>

/* ---- Lines ---------------------------------------------------------------------------------------- */

static const struct log_about about = {
    .area = "task", .plugin = "mongodb-image", .topic = "potato", .task = 1, .partition = 2, .offset = 41};

static char *line_of(enum log_style style, const struct log_about *of, const char *message)
{
    size_t size;
    const struct log_line line = {1696779589123, "WARN", "leaves", of, message, 0};
    return log_line(style, &line, &size);
}

static void a_time_is_the_calendar_s(void **state)
{
    char text[CLOCK_ISO8601_SIZE], wanted[64];
    (void)state;
    seed_random(__func__);
    for (int i = 0; i < 10000; i++) {
        int64_t seconds = (int64_t)random_below(1u << 31) * 100 + random_below(1u << 31) - 62000000000;
        struct tm utc;
        gmtime_r(&(time_t){seconds}, &utc);
        snprintf(wanted, sizeof wanted, "%04d-%02d-%02dT%02d:%02d:%02d.007Z", utc.tm_year + 1900, utc.tm_mon + 1,
                 utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
        clock_format(seconds * 1000 + 7, text);
        assert_string_equal(text, wanted);
    }
    clock_format(951827696789, text);
    assert_string_equal(text, "2000-02-29T12:34:56.789Z");
    clock_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    clock_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    clock_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

static void a_text_line_names_what_it_is_about(void **state)
{
    char *line = line_of(LOG_STYLE_TEXT, &about, "gone");
    (void)state;
    assert_string_equal(line, "2023-10-08T15:39:49.123Z WARN  task task=1 plugin=mongodb-image potato[2]@41: gone\n");
    free(line);
}

static void a_json_line_names_what_it_is_about(void **state)
{
    char *line = line_of(LOG_STYLE_JSON, &about, "\"quoted\"");
    (void)state;
    assert_string_equal(line,
                        "{\"time\":\"2023-10-08T15:39:49.123Z\",\"level\":\"WARN\",\"area\":\"task\",\"pipeline\":"
                        "\"leaves\",\"task\":1,\"plugin\":\"mongodb-image\",\"topic\":\"potato\",\"partition\":2,"
                        "\"offset\":41,\"message\":\"\\\"quoted\\\"\"}\n");
    free(line);
}

/* Escape sequences, in C0 and C1, also as UTF-8; what turns the writing direction; line ends of Unicode; broken UTF-8.
 */
static const char *const hostile[] = {"two\nlines",
                                      "\x1b[31mred",
                                      "\x9b"
                                      "31m",
                                      "\xc2\x9b"
                                      "31m",
                                      "\xe2\x80\xae"
                                      "drow",
                                      "\xe2\x80\xa8",
                                      "\xff\xfe",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "cut \xe2\x82",
                                      "\x7f\r\b"};

static void a_text_line_holds_no_control_character_whatever_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const struct log_about everywhere = {.area = "plugin", .plugin = hostile[i], .topic = hostile[i], .task = -1};
        char *line = line_of(LOG_STYLE_TEXT, &everywhere, hostile[i]);
        for (const char *c = line; *c != '\0'; c++)
            assert_true(((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f) || (*c == '\n' && c[1] == '\0'));
        free(line);
    }
    char *line = line_of(LOG_STYLE_TEXT, &about, "Blätter 葉 \xc2\x9b");
    assert_non_null(strstr(line, ": Blätter 葉 \\u009b\n"));
    free(line);
}

static void a_json_line_is_an_object_whatever_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const struct log_about everywhere = {.area = "plugin", .plugin = hostile[i], .topic = hostile[i], .task = -1};
        char *line = line_of(LOG_STYLE_JSON, &everywhere, hostile[i]);
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        assert_true(json_string_length(json_object_get(json, "message")) > 0);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        for (const char *c = line; *c != '\0'; c++)
            assert_true((unsigned char)*c < 0x80);
        json_decref(json);
        free(line);
    }
}

/* ---- Levels --------------------------------------------------------------------------------------- */

static void each_area_has_a_level_of_its_own_changeable_at_run_time(void **state)
{
    (void)state;
    log_setup(LOG_STYLE_TEXT, SLUICE_LOG_WARN, "leaves");
    assert_int_equal(log_setup_area("http", SLUICE_LOG_ERROR), 0);
    assert_int_equal(log_setup_area("htpp", SLUICE_LOG_ERROR), -1);
    assert_false(log_wanted("http", SLUICE_LOG_WARN));
    assert_true(log_wanted("task", SLUICE_LOG_WARN));
    for (size_t i = 0; i < log_area_count(); i++)
        assert_int_equal(log_area_changed_ms(i), 0);

    assert_int_equal(log_set_level("librdkafka", SLUICE_LOG_DEBUG), 0);
    assert_int_equal(log_set_level("librdkafak", SLUICE_LOG_DEBUG), -1);
    for (size_t i = 0; i < log_area_count(); i++) {
        bool changed = strcmp(log_area_name(i), "librdkafka") == 0;
        assert_int_equal(log_area_changed_ms(i) > 0, changed);
        assert_int_equal(log_area_level(i) == SLUICE_LOG_DEBUG, changed);
    }
    assert_int_equal(log_set_level("root", SLUICE_LOG_INFO), 0);
    assert_int_equal(log_set_level(NULL, SLUICE_LOG_INFO), 0);
    for (size_t i = 0; i < log_area_count(); i++)
        assert_int_equal(log_area_level(i), SLUICE_LOG_INFO);
}

static void levels_are_known_by_name_log4j_s_too(void **state)
{
    static const struct {
        const char *text;
        sluice_level level;
    } cases[] = {{"error", SLUICE_LOG_ERROR}, {"Warn", SLUICE_LOG_WARN},   {"INFO", SLUICE_LOG_INFO},
                 {"debug", SLUICE_LOG_DEBUG}, {"TRACE", SLUICE_LOG_DEBUG}, {"FATAL", SLUICE_LOG_ERROR},
                 {"OFF", SLUICE_LOG_ERROR}};
    sluice_level level;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(log_level_parse(cases[i].text, &level), 0);
        assert_int_equal(level, cases[i].level);
    }
    assert_int_equal(log_level_parse("verbose", &level), -1);
    assert_string_equal(log_level_name(SLUICE_LOG_ERROR), "ERROR");
    assert_string_equal(log_level_name(SLUICE_LOG_DEBUG), "DEBUG");
}

static void the_reference_names_every_area(void **state)
{
    (void)state;
    for (const struct host_section *section = host_sections; section->name != NULL; section++)
        for (size_t i = 0; i < section->table.count && strcmp(section->name, "log") == 0; i++) {
            sluice_option row = option_table_row(&section->table, i);
            for (size_t j = 0; j < log_area_count() && row.type == SLUICE_TYPE_MAP; j++)
                assert_non_null(strstr(row.doc, log_area_name(j)));
        }
}

/* ---- Repeats -------------------------------------------------------------------------------------- */

static char *told; /* what log_repeats_tell() has said */

static void hear(sluice_level level, const struct log_about *of, const char *message, uint64_t repeats)
{
    char *more;
    assert_true(asprintf(&more, "%s%s %s %s[%d]@%lld (%llu) %s\n", told != NULL ? told : "", log_level_name(level),
                         of->area, of->topic != NULL ? of->topic : "", (int)of->partition, (long long)of->offset,
                         (unsigned long long)repeats, message) > 0);
    free(told);
    told = more;
}

static const char *tell(int64_t now_ms, bool all)
{
    free(told);
    told = NULL;
    log_repeats_tell(now_ms, all, hear);
    return told != NULL ? told : "";
}

static int forget_repeats(void **state)
{
    (void)state;
    tell(0, true);
    free(told);
    told = NULL;
    return 0;
}

static void a_line_that_comes_too_often_is_counted_and_told_with_its_count(void **state)
{
    static const struct log_about of = {.area = "consumer", .task = -1, .offset = -1};
    size_t written = 0;
    (void)state;
    for (int64_t at = 100000; at < 109510; at += 30)
        written += !log_repeats_count(at, SLUICE_LOG_WARN, &of, "a commit failed");
    assert_int_equal(written, LOG_REPEATS_WRITTEN);
    assert_string_equal(tell(109999, false), "");
    assert_string_equal(tell(110000, false), "WARN consumer [0]@-1 (312) … 312 more in 10 s: a commit failed\n");
    assert_string_equal(tell(130000, true), "");
    assert_false(log_repeats_count(130000, SLUICE_LOG_WARN, &of, "a commit failed"));
}

static void a_new_window_begins_when_the_old_one_is_over(void **state)
{
    static const struct log_about of = {.area = "consumer", .task = -1, .offset = -1};
    (void)state;
    for (int64_t at = 300000; at < 360000; at += 2500)
        assert_false(log_repeats_count(at, SLUICE_LOG_WARN, &of, "now and then"));
    assert_string_equal(tell(400000, true), "");
}

static void repeats_are_about_the_same_thing(void **state)
{
    struct log_about of = {.area = "consumer", .topic = "potato", .task = -1};
    size_t written = 0;
    (void)state;
    for (int32_t i = 0; i < 50; i++) { /* partitions differ, offsets do not count */
        of.partition = i % 5;
        of.offset = i;
        written += !log_repeats_count(200000, SLUICE_LOG_WARN, &of, "failed");
    }
    assert_int_equal(written, 5 * LOG_REPEATS_WRITTEN);
    assert_non_null(strstr(tell(200000, true), "WARN consumer potato[4]@49 (5) … 5 more in 0 s: failed\n"));
}

static void numbers_make_no_difference_in_what_is_not_ours(void **state)
{
    static const struct log_about library = {.area = "librdkafka", .task = -1};
    static const struct log_about host = {.area = "config", .task = -1};
    char text[64];
    size_t written[2] = {0, 0};
    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "connect to 127.0.0.1:%d failed after %d ms", 9092 + i % 3, i);
        written[0] += !log_repeats_count(1000, SLUICE_LOG_ERROR, &library, text);
        written[1] += !log_repeats_count(1000, SLUICE_LOG_ERROR, &host, text);
    }
    assert_int_equal(written[0], LOG_REPEATS_WRITTEN);
    assert_int_equal(written[1], 20);
    assert_non_null(strstr(tell(1000, true), "… 15 more in 0 s: connect to 127.0.0.1:9093 failed after 19 ms"));
}

static void lines_of_one_format_are_repeats_whatever_stands_in_it(void **state)
{
    static const struct log_about of = {.area = "plugin", .plugin = "p", .repeats = "cannot store %s", .task = 0};
    size_t written = 0;
    (void)state;
    for (char text[] = "cannot store a"; text[13] <= 'z'; text[13]++)
        written += !log_repeats_count(1000, SLUICE_LOG_ERROR, &of, text);
    assert_int_equal(written, LOG_REPEATS_WRITTEN);
    assert_non_null(strstr(tell(1000, true), "… 21 more in 0 s: cannot store z"));
}

static void a_flood_of_different_lines_is_written_in_bounded_memory(void **state)
{
    static const struct log_about of = {.area = "config", .task = -1};
    char text[32];
    (void)state;
    for (int i = 0; i < 10 * LOG_REPEATS_WINDOWS; i++) {
        snprintf(text, sizeof text, "line %d", i);
        assert_false(log_repeats_count(1000, SLUICE_LOG_INFO, &of, text));
    }
    for (int i = 0; i < LOG_REPEATS_WINDOWS; i++) /* each window has something to tell */
        for (int j = 0; j <= LOG_REPEATS_WRITTEN; j++) {
            snprintf(text, sizeof text, "again %d", i);
            assert_int_equal(log_repeats_count(1000, SLUICE_LOG_INFO, &of, text), j == LOG_REPEATS_WRITTEN);
        }
    for (int j = 0; j < 20; j++)
        assert_false(log_repeats_count(1000, SLUICE_LOG_INFO, &of, "no room"));
    assert_non_null(strstr(tell(11000, false), "… 1 more in 0 s: again 127\n"));
}

/* ---- Written -------------------------------------------------------------------------------------- */

static int pipe_fds[2], saved;

/* What is written to standard error from here on. */
static void listen(enum log_style style)
{
    saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    close(pipe_fds[1]);
    log_setup(style, SLUICE_LOG_INFO, "leaves");
}

static const char *heard(void)
{
    static char text[65536];
    size_t size = 0;
    dup2(saved, STDERR_FILENO);
    close(saved);
    for (ssize_t got; (got = read(pipe_fds[0], text + size, sizeof text - 1 - size)) > 0;)
        size += (size_t)got;
    close(pipe_fds[0]);
    text[size] = '\0';
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void *repeat(void *unused)
{
    for (int i = 0; i < 25; i++)
        log_warn("task", "again");
    return unused;
}

static void repeats_of_all_threads_are_one_count_told_at_the_end(void **state)
{
    pthread_t threads[4];
    (void)state;
    listen(LOG_STYLE_JSON);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, repeat, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_flush(true);
    const char *text = heard();
    assert_int_equal(count_of(text, "\"message\":\"again\""), LOG_REPEATS_WRITTEN);
    assert_int_equal(count_of(text, "\"repeats\":95,\"message\":\"… 95 more in "), 1);
    assert_int_equal(count_of(text, "\n"), LOG_REPEATS_WRITTEN + 1);
}

static void what_counts_by_itself_and_what_was_asked_for_is_never_left_out(void **state)
{
    static const struct log_about each = {.area = "dead-letter", .task = 0, .topic = "t", .every = true};
    (void)state;
    listen(LOG_STYLE_TEXT);
    log_set_level("http", SLUICE_LOG_DEBUG);
    for (int i = 0; i < 50; i++) {
        log_write(SLUICE_LOG_ERROR, &each, "json.invalid");
        log_debug("http", "a detail");
        log_debug("task", "not wanted");
    }
    const char *text = heard();
    assert_int_equal(count_of(text, ": json.invalid\n"), 50);
    assert_int_equal(count_of(text, ": a detail\n"), 50);
    assert_int_equal(count_of(text, "\n"), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_the_calendar_s),
        cmocka_unit_test(a_text_line_names_what_it_is_about),
        cmocka_unit_test(a_json_line_names_what_it_is_about),
        cmocka_unit_test(a_text_line_holds_no_control_character_whatever_it_says),
        cmocka_unit_test(a_json_line_is_an_object_whatever_it_says),
        cmocka_unit_test(each_area_has_a_level_of_its_own_changeable_at_run_time),
        cmocka_unit_test(levels_are_known_by_name_log4j_s_too),
        cmocka_unit_test(the_reference_names_every_area),
        cmocka_unit_test_teardown(a_line_that_comes_too_often_is_counted_and_told_with_its_count, forget_repeats),
        cmocka_unit_test_teardown(a_new_window_begins_when_the_old_one_is_over, forget_repeats),
        cmocka_unit_test_teardown(repeats_are_about_the_same_thing, forget_repeats),
        cmocka_unit_test_teardown(numbers_make_no_difference_in_what_is_not_ours, forget_repeats),
        cmocka_unit_test_teardown(lines_of_one_format_are_repeats_whatever_stands_in_it, forget_repeats),
        cmocka_unit_test_teardown(a_flood_of_different_lines_is_written_in_bounded_memory, forget_repeats),
        cmocka_unit_test(repeats_of_all_threads_are_one_count_told_at_the_end),
        cmocka_unit_test(what_counts_by_itself_and_what_was_asked_for_is_never_left_out),
    };
    return RUN(tests);
}

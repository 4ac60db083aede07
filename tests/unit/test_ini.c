/* INI files: read whole, or refused at their line; merged, their references resolved in values only. */
#include "testing.h"

#include "config/ini.h"
#include "config/settings.h"

#include <unistd.h>

/* A file that is gone when the test ends. */
static char paths[4][64];
static int path_count;

static const char *file_of(const void *content, size_t size)
{
    char *path = paths[path_count++ % 4];
    snprintf(path, sizeof paths[0], "/tmp/sluice-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, size), (ssize_t)size);
    close(fd);
    return path;
}

struct reading {
    struct settings settings;
    struct problems *problems;
    char *told;
};

static struct reading read_files(const char *const *files, size_t count)
{
    struct reading reading = {.problems = problems_new()};
    size_t size;
    settings_load(&reading.settings, files, count, reading.problems);
    FILE *out = open_memstream(&reading.told, &size);
    problems_print(reading.problems, out);
    fclose(out);
    for (size_t i = 0; i < count; i++)
        unlink(files[i]);
    return reading;
}

static struct reading read_text(const char *text)
{
    const char *path = file_of(text, strlen(text));
    return read_files(&path, 1);
}

static void reading_free(struct reading *reading)
{
    settings_free(&reading->settings);
    problems_free(reading->problems);
    free(reading->told);
}

static const char *value_of(const struct reading *reading, const char *section, const char *name)
{
    const struct section *found = settings_section(&reading->settings, section);
    const struct setting *setting = found != NULL ? section_setting(found, name) : NULL;
    return setting != NULL ? setting->value : "(none)";
}

static void want_value(const char *text, const char *name, const char *value)
{
    struct reading reading = read_text(text);
    assert_string_equal(reading.told, "");
    assert_string_equal(value_of(&reading, "s", name), value);
    reading_free(&reading);
}

static void want_error(const char *text, int line, const char *words)
{
    struct reading reading = read_text(text);
    char place[16];
    snprintf(place, sizeof place, ":%d: error", line);
    if (strstr(reading.told, place) == NULL || strstr(reading.told, words) == NULL)
        fail_msg("wanted '%s' at line %d, told: %s", words, line, reading.told);
    reading_free(&reading);
}

static void values_are_taken_whole(void **state)
{
    (void)state;
    want_value("[s]\na = pa;ss\n", "a", "pa;ss");
    want_value("[s]\na = pa ;ss\n", "a", "pa ;ss");
    want_value("[s]\na = #pa\n", "a", "#pa");
    want_value("[s]\na = pa%ss\n", "a", "pa%ss");
    want_value("[s]\na = \"quoted\"\n", "a", "\"quoted\"");
    want_value("[s]\na = x = y: z\n", "a", "x = y: z");
    want_value("[s]\na=\n", "a", "");
    want_value("\xef\xbb\xbf[s]\r\na = b\r\n", "a", "b");
    want_value("[s]\na = last line without an end", "a", "last line without an end");
}

static void long_lines_arrive_whole_and_long_comments_stay_comments(void **state)
{
    char *text = calloc(1, 40000);
    (void)state;
    strcpy(text, "[s]\n; ");
    memset(text + strlen(text), 'x', 205);
    strcat(text, " name = evil\na = ");
    memset(text + strlen(text), 'v', 30000);
    struct reading reading = read_text(text);
    assert_string_equal(reading.told, "");
    assert_int_equal(strlen(value_of(&reading, "s", "a")), 30000);
    assert_int_equal(settings_section(&reading.settings, "s")->count, 1);
    reading_free(&reading);
    free(text);
}

static void a_line_above_the_limit_is_an_error(void **state)
{
    char *text = malloc(INI_LONGEST_LINE_BYTES + 100);
    (void)state;
    strcpy(text, "[s]\na = ");
    memset(text + 8, 'v', INI_LONGEST_LINE_BYTES + 10);
    strcpy(text + 8 + INI_LONGEST_LINE_BYTES + 10, "\nb = 1\n");
    want_error(text, 2, "at most 1048576 are read");
    free(text);
}

static void a_line_of_just_the_limit_arrives_whole(void **state)
{
    char *text = calloc(1, INI_LONGEST_LINE_BYTES + 100);
    (void)state;
    strcpy(text, "[s]\r\na = ");
    memset(text + strlen(text), 'v', INI_LONGEST_LINE_BYTES - 4);
    strcat(text, "\r\nb = 1\r\n");
    struct reading reading = read_text(text);
    assert_string_equal(reading.told, "");
    assert_int_equal(strlen(value_of(&reading, "s", "a")), INI_LONGEST_LINE_BYTES - 4);
    assert_string_equal(value_of(&reading, "s", "b"), "1");
    reading_free(&reading);
    free(text);
}

static void section_names_of_any_length_arrive_whole(void **state)
{
    (void)state;
    struct reading reading = read_text("[transform.a-name-that-is-longer-than-the-forty-nine-bytes-of-inih]\na = 1\n");
    assert_string_equal(value_of(&reading, "transform.a-name-that-is-longer-than-the-forty-nine-bytes-of-inih", "a"),
                        "1");
    reading_free(&reading);
}

static void what_a_person_could_mean_differently_is_an_error_with_its_line(void **state)
{
    (void)state;
    want_error("[s]\na = 1\n  b = 2\n", 3, "indented");
    want_error("[s]\nbootstrap.servers localhost:9092\n", 2, "neither a section");
    want_error("[s]\na: b = c\n", 2, "colon");
    want_error("[s]\na b = c\n", 2, "white space");
    want_error("[s]\n= c\n", 2, "no name");
    want_error("[s\na = 1\n", 1, "no closing ]");
    want_error("[s] ; comment\na = 1\n", 1, "text behind a section");
    want_error("[]\n", 1, "needs a name");
    want_error("a = 1\n", 1, "before the first [section]");
    want_error("[s]\na = 1\na = 2\n", 3, "twice in one file, first in line 2");
    want_error("[s]\na = 1\n[t]\n[s]\n", 4, "twice in one file, first in line 1");
}

static void a_nul_byte_and_utf_16_are_refused(void **state)
{
    static const char nul[] = "[s]\npl\0ant = 1\n", utf16[] = "\xff\xfe[\0s\0]\0\n\0";
    const char *path = file_of(nul, sizeof nul - 1);
    (void)state;
    struct reading reading = read_files(&path, 1);
    assert_non_null(strstr(reading.told, ":2: error: the line holds a NUL byte"));
    reading_free(&reading);
    path = file_of(utf16, sizeof utf16 - 1);
    reading = read_files(&path, 1);
    assert_non_null(strstr(reading.told, "UTF-16, wanted UTF-8"));
    reading_free(&reading);
}

static void files_that_cannot_be_read_are_named(void **state)
{
    static const char *const absent[] = {"/does/not/exist.ini"}, *const folder[] = {"/tmp"};
    (void)state;
    struct reading reading = {.problems = problems_new()};
    settings_load(&reading.settings, absent, 1, reading.problems);
    assert_int_equal(problems_errors(reading.problems), 1);
    settings_free(&reading.settings);
    settings_load(&reading.settings, folder, 1, reading.problems);
    assert_int_equal(problems_errors(reading.problems), 2);
    reading_free(&reading);
}

static void later_files_win_key_by_key(void **state)
{
    const char *files[] = {file_of("[s]\na = 1\nb = 1\n", 16), file_of("[s]\nb = 2\n[t]\nc = 3\n", 20)};
    (void)state;
    struct reading reading = read_files(files, 2);
    assert_string_equal(reading.told, "");
    assert_string_equal(value_of(&reading, "s", "a"), "1");
    assert_string_equal(value_of(&reading, "s", "b"), "2");
    assert_string_equal(value_of(&reading, "t", "c"), "3");
    reading_free(&reading);
}

static void a_reference_cannot_add_a_key_or_a_section(void **state)
{
    (void)state;
    setenv("SLUICE_TEST_A", "x\nb = 1\n[evil]", 1);
    struct reading reading = read_text("[s]\na = ${env:SLUICE_TEST_A}\n");
    assert_string_equal(reading.told, "");
    assert_string_equal(value_of(&reading, "s", "a"), "x\nb = 1\n[evil]");
    assert_int_equal(reading.settings.count, 1);
    assert_int_equal(reading.settings.sections[0].count, 1);
    reading_free(&reading);
}

static void a_reference_that_fails_is_told_at_its_line_and_leaves_the_setting_unresolved(void **state)
{
    (void)state;
    unsetenv("SLUICE_TEST_NONE");
    struct reading reading = read_text("[s]\n\na = ${env:SLUICE_TEST_NONE}\n");
    assert_non_null(
        strstr(reading.told, ":3: error: [s] a: ${env:SLUICE_TEST_NONE}: the environment variable is not set\n"));
    assert_true(section_setting(settings_section(&reading.settings, "s"), "a")->unresolved);
    reading_free(&reading);
}

static void what_a_reference_gave_is_shown_as_it_was_written(void **state)
{
    (void)state;
    setenv("SLUICE_TEST_A", "S3cr3t", 1);
    struct reading reading = read_text("[s]\na = x${env:SLUICE_TEST_A}\nb = x${topic}\n");
    const struct section *section = settings_section(&reading.settings, "s");
    const struct setting *a = section_setting(section, "a"), *b = section_setting(section, "b");
    assert_string_equal(a->value, "xS3cr3t");
    assert_string_equal(setting_shown(a, a->value), "x${env:SLUICE_TEST_A}");
    assert_string_equal(setting_shown(b, b->value), "x${topic}");
    assert_string_equal(setting_shown(NULL, "preset"), "preset");
    reading_free(&reading);
}

static void every_mistake_of_a_file_is_told_in_one_run(void **state)
{
    (void)state;
    struct reading reading = read_text("x = 1\n[s]\n y = 1\nz 1\na = 1\n");
    assert_int_equal(problems_errors(reading.problems), 3);
    assert_string_equal(value_of(&reading, "s", "a"), "1");
    reading_free(&reading);
}

static void a_section_written_wrongly_keeps_its_settings_from_the_one_above(void **state)
{
    static const char *const headers[] = {"[t", "[t ; comment", "[t] ; comment", "  [t]"};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "[s]\na = 1\n%s\na = 2\n", headers[i]);
        struct reading reading = read_text(text);
        assert_int_equal(problems_errors(reading.problems), 1);
        assert_non_null(strstr(reading.told, ":3: error: "));
        assert_string_equal(value_of(&reading, "s", "a"), "1");
        assert_string_equal(value_of(&reading, "t", "a"), "2");
        reading_free(&reading);
    }
}

static void a_wrong_line_is_not_shown_since_it_may_hold_a_secret(void **state)
{
    static const char *const lines[] = {"uri mongodb://u:S3cr3t@h/",
                                        "uri: mongodb://u:S3cr3t@h/?w=1",
                                        "sasl.password S3cr3t=",
                                        "S3cr3t",
                                        "  S3cr3t of the line above",
                                        "[S3cr3t",
                                        "= S3cr3t",
                                        "[s] S3cr3t"};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "[r]\n%s\n", lines[i]);
        struct reading reading = read_text(text);
        assert_int_equal(problems_errors(reading.problems), 1);
        assert_null(strstr(reading.told, "S3cr3t"));
        reading_free(&reading);
    }
}

static void told_lines_hold_no_control_characters(void **state)
{
    (void)state;
    struct reading reading = read_text("[s]\na = ${env:\x1b[2J\xc2\x9b}\n");
    assert_non_null(strstr(reading.told, ":2: error: [s] a: ${env:\\x1b[2J\\u009b}: "));
    reading_free(&reading);
}

static void random_bytes_never_crash_it(void **state)
{
    static const char alphabet[] = "[]=;#: \t\r\nab${}\0\xff\xfe-./env:file:";
    (void)state;
    seed_random("ini");
    for (int round = 0; round < 2000; round++) {
        char content[400];
        size_t size = random_below(sizeof content);
        for (size_t i = 0; i < size; i++)
            content[i] = alphabet[random_below(sizeof alphabet - 1)];
        const char *path = file_of(content, size);
        struct reading reading = read_files(&path, 1);
        reading_free(&reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_taken_whole),
        cmocka_unit_test(long_lines_arrive_whole_and_long_comments_stay_comments),
        cmocka_unit_test(a_line_above_the_limit_is_an_error),
        cmocka_unit_test(section_names_of_any_length_arrive_whole),
        cmocka_unit_test(what_a_person_could_mean_differently_is_an_error_with_its_line),
        cmocka_unit_test(a_nul_byte_and_utf_16_are_refused),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(later_files_win_key_by_key),
        cmocka_unit_test(a_reference_cannot_add_a_key_or_a_section),
        cmocka_unit_test(a_reference_that_fails_is_told_at_its_line_and_leaves_the_setting_unresolved),
        cmocka_unit_test(what_a_reference_gave_is_shown_as_it_was_written),
        cmocka_unit_test(every_mistake_of_a_file_is_told_in_one_run),
        cmocka_unit_test(a_section_written_wrongly_keeps_its_settings_from_the_one_above),
        cmocka_unit_test(a_wrong_line_is_not_shown_since_it_may_hold_a_secret),
        cmocka_unit_test(a_line_of_just_the_limit_arrives_whole),
        cmocka_unit_test(told_lines_hold_no_control_characters),
        cmocka_unit_test(random_bytes_never_crash_it),
    };
    return RUN(tests);
}

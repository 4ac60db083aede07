/* References in values: what they give, what they refuse, and that they are resolved once. */
#include "testing.h"

#include "config/interpolate.h"

#include <sys/stat.h>
#include <unistd.h>

/* value NULL: wanted is a part of the error's words. */
static void want(const char *written, const char *value, const char *words)
{
    struct arena arena = {.newest = NULL};
    struct error error = {""};
    const char *got;
    bool resolved;
    int failure = interpolate(written, &arena, &got, &resolved, &error);
    if (value == NULL && (failure == 0 || strstr(error.text, words) == NULL))
        fail_msg("%s: wanted the error '%s', got '%s'", written, words, failure == 0 ? got : error.text);
    if (value != NULL && (failure != 0 || strcmp(got, value) != 0))
        fail_msg("%s: wanted '%s', got '%s'", written, value, failure == 0 ? got : error.text);
    arena_free(&arena);
}

static void want_value(const char *written, const char *value)
{
    want(written, value, NULL);
}

static void want_error(const char *written, const char *words)
{
    want(written, NULL, words);
}

static void variables_have_a_default_as_the_shell_s(void **state)
{
    (void)state;
    setenv("SLUICE_TEST_A", "a b", 1);
    setenv("SLUICE_TEST_EMPTY", "", 1);
    unsetenv("SLUICE_TEST_NONE");
    want_value("x${env:SLUICE_TEST_A}y${env:SLUICE_TEST_A}", "xa bya b");
    want_value("${env:SLUICE_TEST_NONE:-two words}", "two words");
    want_value("${env:SLUICE_TEST_EMPTY:-preset}", "preset");
    want_value("${env:SLUICE_TEST_NONE:-}", "");
    want_value("${env:SLUICE_TEST_EMPTY}", "");
    want_error("${env:SLUICE_TEST_NONE}", "${env:SLUICE_TEST_NONE}: the environment variable is not set");
}

static void what_a_reference_gave_is_not_read_again(void **state)
{
    (void)state;
    setenv("SLUICE_TEST_A", "${env:SLUICE_TEST_B} $${x}", 1);
    want_value("${env:SLUICE_TEST_A}", "${env:SLUICE_TEST_B} $${x}");
}

static void templates_of_plugins_and_dollars_stay(void **state)
{
    (void)state;
    want_value("image-${topic}", "image-${topic}");
    want_value("$${env:X}", "${env:X}");
    want_value("pa$$word$", "pa$$word$");
    want_value("", "");
}

static void a_reference_nobody_can_resolve_is_refused(void **state)
{
    (void)state;
    want_error("${vault:x}", "unknown provider 'vault', wanted env or file");
    want_error("${:x}", "unknown provider ''");
    want_error("${env:X", "without its '}'");
    want_error("${env:X:-${env:Y}}", "do not nest");
}

static void want_file(const void *content, size_t size, const char *value, const char *words)
{
    char path[] = "/tmp/sluice-test-XXXXXX", written[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, size), (ssize_t)size);
    close(fd);
    snprintf(written, sizeof written, "${file:%s}", path);
    want(written, value, words);
    unlink(path);
}

static void a_file_is_taken_verbatim_but_for_one_line_end(void **state)
{
    (void)state;
    want_file("pa ;ss\n", 7, "pa ;ss", NULL);
    want_file("pa\r\n", 4, "pa", NULL);
    want_file("pa\n\n", 4, "pa\n", NULL);
    want_file(" pa ", 4, " pa ", NULL);
}

static void a_file_that_holds_no_value_is_refused(void **state)
{
    static char large[INTERPOLATE_LARGEST_FILE_BYTES + 1];
    (void)state;
    want_file("", 0, NULL, "the file is empty");
    want_file("\n", 1, NULL, "the file is empty");
    want_file("a\0b", 3, NULL, "holds a NUL byte");
    memset(large, 'x', sizeof large);
    want_file(large, sizeof large, NULL, "larger than");
    want_error("${file:/does/not/exist}", "No such file");
    want_error("${file:/tmp}", "not a file");
}

static void a_fifo_that_nobody_writes_is_refused_not_waited_for(void **state)
{
    char folder[] = "/tmp/sluice-test-XXXXXX", path[64], written[80];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(written, sizeof written, "${file:%s}", path);
    want_error(written, "not a file");
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_have_a_default_as_the_shell_s),
        cmocka_unit_test(what_a_reference_gave_is_not_read_again),
        cmocka_unit_test(templates_of_plugins_and_dollars_stay),
        cmocka_unit_test(a_reference_nobody_can_resolve_is_refused),
        cmocka_unit_test(a_file_is_taken_verbatim_but_for_one_line_end),
        cmocka_unit_test(a_file_that_holds_no_value_is_refused),
        cmocka_unit_test(a_fifo_that_nobody_writes_is_refused_not_waited_for),
    };
    return RUN(tests);
}

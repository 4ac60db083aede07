/* The syntaxes that Kafka Connect configurations are written in: Java's properties, its regular expressions, JAAS. */
#include "testing.h"

#include "import/jaas.h"
#include "import/properties.h"
#include "import/regex.h"

#include <regex.h>

static void note_property(void *out, const char *name, const char *value)
{
    fprintf(out, "<%s|%s>", name, value);
}

static void want_properties(const char *text, const char *told)
{
    char *got = NULL;
    size_t size;
    struct error error = {.text = ""};
    FILE *out = open_memstream(&got, &size);
    int failure = properties_read(text, strlen(text), note_property, out, &error);
    fclose(out);
    assert_string_equal(failure == 0 ? got : error.text, told);
    free(got);
}

static void properties_are_read_as_java_reads_them(void **state)
{
    (void)state;
    want_properties("a=b\nc:d\ne f\n g = h \n", "<a|b><c|d><e|f><g|h >");
    want_properties("# a=b\n! c=d\n\n  # e=f\r\ng=#h\r", "<g|#h>");
    want_properties("a=b\\\n   c\\\r\nd\n# no \\\ne=f", "<a|bcd><e|f>");
    want_properties("a\\ b\\=\\:=c\\\\", "<a b=:|c\\>");
    want_properties("a=\\t\\n\\q\\u00e9\\ud83c\\udf31", "<a|\t\nq\u00e9\xf0\x9f\x8c\xb1>");
    want_properties("a=caf\xe9", "<a|caf\u00e9>");
    want_properties("a\nb=", "<a|><b|>");
    want_properties("a=\\", "<a|>");
    want_properties("", "");
    want_properties("a=b\nc=\\u12g4", "line 2: \\u wants four hexadecimal digits");
    want_properties("a=\\ud83cb", "line 1: \\ud83c is no character");
}

static void a_regular_expression_is_said_as_posix_has_it(void **state)
{
    static const struct {
        const char *java, *ere;
    } cases[] = {
        {"sensors-.*", "sensors-.*"},    {"a\\.b\\-c", "a\\.b-c"},
        {"(?:a|b)\\d+", "(a|b)[0-9]+"},  {"\\w+?\\W\\s{2}?", "[A-Za-z0-9_]+[^A-Za-z0-9_][[:space:]]{2}"},
        {"[\\w.-]+", "[A-Za-z0-9_.-]+"}, {"[a\\-z\\]\\^]", "[]az^-]"},
        {"[^\\d-]", "[^0-9-]"},          {"[\\^]", "\\^"},
        {"\\Qa.b|\\Ec", "a\\.b\\|c"},
    };
    (void)state;
    struct arena arena = {.newest = NULL};
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *ere = regex_from_java(cases[i].java, &arena, &error);
        assert_non_null(ere);
        assert_string_equal(ere, cases[i].ere);
    }
    arena_free(&arena);
}

static void what_posix_cannot_say_is_refused_by_its_name(void **state)
{
    static const struct {
        const char *java, *construct;
    } cases[] = {
        {"(?!a).*", "(?!"},
        {"(?i)a", "(?i"},
        {"a\\b", "\\b"},
        {"(a)\\1", "\\1"},
        {"a*+b", "*+"},
        {"[a-z&&[^b]]", "&& in [...]"},
        {"[[a]b]", "[ in [...]"},
        {"[\\D]", "\\D in [...]"},
        {"[a", "[ without its ]"},
        {"\\p{Alpha}", "\\p"},
        {"(a", "POSIX does not take it"},
    };
    (void)state;
    struct arena arena = {.newest = NULL};
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(regex_from_java(cases[i].java, &arena, &error));
        assert_string_equal(error.text, cases[i].construct);
    }
    arena_free(&arena);
}

static void a_login_module_and_its_options_are_unquoted(void **state)
{
    static const char text[] = " a.b.PlainLoginModule\n  required username=\"u ; \\\"v\\\"\" password='p=\\\\q' x=1;";
    (void)state;
    struct arena arena = {.newest = NULL};
    assert_string_equal(jaas_module(text, &arena), "a.b.PlainLoginModule");
    assert_string_equal(jaas_option(text, "username", &arena), "u ; \"v\"");
    assert_string_equal(jaas_option(text, "password", &arena), "p=\\q");
    assert_string_equal(jaas_option(text, "x", &arena), "1");
    assert_string_equal(jaas_option("a.B required x = 1 y= '2' ;", "x", &arena), "1");
    assert_string_equal(jaas_option("a.B required x = 1 y= '2' ;", "y", &arena), "2");
    assert_null(jaas_option(text, "y", &arena));
    assert_null(jaas_option("", "y", &arena));
    assert_null(jaas_module(";", &arena));
    arena_free(&arena);
}

static void a_login_module_takes_no_more_memory_than_its_text(void **state)
{
    enum { OPTIONS = 10000 };
    (void)state;
    struct arena arena = {.newest = NULL};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "a.b.PlainLoginModule required");
    for (int i = 0; i < OPTIONS; i++)
        fprintf(out, " x%d=y", i);
    fclose(out);
    assert_string_equal(jaas_option(text, "x9999", &arena), "y");
    assert_true(arena.used_bytes < 2 * size);
    free(text);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_are_read_as_java_reads_them),
        cmocka_unit_test(a_regular_expression_is_said_as_posix_has_it),
        cmocka_unit_test(what_posix_cannot_say_is_refused_by_its_name),
        cmocka_unit_test(a_login_module_and_its_options_are_unquoted),
        cmocka_unit_test(a_login_module_takes_no_more_memory_than_its_text),
    };
    return RUN(tests);
}

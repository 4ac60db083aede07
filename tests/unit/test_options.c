/* Typed options: one table gives values, ranges, and errors that say what was wanted. */
#include "testing.h"

#include "config/nearest.h"
#include "config/options.h"
#include "config/pipeline_config.h"
#include "sluice/sluice.h"

struct config {
    const char *text, *pattern, *secret, *token;
    int64_t number, duration_ms;
    double fraction;
    bool flag;
    int mode;
    uint64_t size;
    sluice_list list;
    sluice_map map;
};

static const sluice_option rows[] = {
    SLUICE_STRING_OPTION(struct config, text, "text", "preset", "A text."),
    SLUICE_REGEX_OPTION(struct config, pattern, "pattern", NULL, "A regex."),
    SLUICE_STRING_OPTION(struct config, secret, "secret", NULL, "A secret.", .flags = SLUICE_SECRET),
    {.name = "token",
     .type = SLUICE_TYPE_STRING,
     .offset = offsetof(struct config, token),
     .choices = "a|b",
     .doc = "A secret with choices.",
     .flags = SLUICE_SECRET},
    SLUICE_INT_OPTION(struct config, number, "number", "7", "A number.", .flags = SLUICE_HAS_MIN | SLUICE_HAS_MAX,
                      .min = 1, .max = 64),
    SLUICE_DURATION_OPTION(struct config, duration_ms, "duration.ms", "5 s", "A duration."),
    SLUICE_DOUBLE_OPTION(struct config, fraction, "fraction", "0.5", "A fraction."),
    SLUICE_BOOL_OPTION(struct config, flag, "flag", "true", "A flag."),
    SLUICE_ENUM_OPTION(struct config, mode, "mode", "one|two|three", "two", "A mode."),
    SLUICE_SIZE_OPTION(struct config, size, "size", "4 MiB", "A size."),
    SLUICE_LIST_OPTION(struct config, list, "list", "a, b", "A list."),
    SLUICE_MAP_OPTION(struct config, map, "convert", "hex|date", "A map."),
};
static const struct option_table table = {rows, SLUICE_LENGTH(rows), sizeof(sluice_option)};

struct bound {
    struct config config;
    struct arena arena;
    char *told;
};

static bool told_as_written; /* the value comes from a reference */

/* Binds one setting (name NULL: none) to config, a cleared struct of the table's. */
static struct bound bind_to(const struct option_table *options, const char *name, const char *value, void *config)
{
    static struct setting setting;
    static struct section section;
    struct bound bound = {.told = NULL};
    struct problems *problems = problems_new();
    size_t size;
    setting = (struct setting){.name = name,
                               .value = value,
                               .written = told_as_written ? "${env:X}" : value,
                               .has_secret = told_as_written,
                               .place = {"x.ini", 2}};
    section = (struct section){.name = "s", .place = {"x.ini", 1}, .settings = &setting, .count = name != NULL};
    options_bind(options, &section, "s", NULL, &bound.arena, config, problems);
    FILE *out = open_memstream(&bound.told, &size);
    problems_print(problems, out);
    fclose(out);
    problems_free(problems);
    return bound;
}

static struct bound bind(const char *name, const char *value)
{
    struct config config = {.text = NULL};
    struct bound bound = bind_to(&table, name, value, &config);
    bound.config = config;
    return bound;
}

static void bound_free(struct bound *bound)
{
    arena_free(&bound->arena);
    free(bound->told);
}

static void want_told(const char *name, const char *value, const char *told)
{
    struct bound bound = bind(name, value);
    assert_string_equal(bound.told, told);
    bound_free(&bound);
}

static void what_is_not_written_has_its_default(void **state)
{
    struct bound bound = bind(NULL, NULL);
    const struct config *config = &bound.config;
    (void)state;
    assert_string_equal(bound.told, "");
    assert_string_equal(config->text, "preset");
    assert_null(config->pattern);
    assert_int_equal(config->number, 7);
    assert_int_equal(config->duration_ms, 5000);
    assert_true(config->fraction == 0.5 && config->flag);
    assert_int_equal(config->mode, 1);
    assert_int_equal(config->size, 4 << 20);
    assert_int_equal(config->list.count, 2);
    assert_string_equal(config->list.items[1], "b");
    assert_int_equal(config->map.count, 0);
    bound_free(&bound);
}

static void units_are_understood(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } durations[] = {{"250", 250},   {"250 ms", 250},   {"10 s", 10000},
                     {"10s", 10000}, {"5 min", 300000}, {"1 h", 3600000}};
    (void)state;
    for (size_t i = 0; i < SLUICE_LENGTH(durations); i++) {
        struct bound bound = bind("duration.ms", durations[i].text);
        assert_string_equal(bound.told, "");
        assert_int_equal(bound.config.duration_ms, durations[i].ms);
        bound_free(&bound);
    }
    struct bound bound = bind("size", "64 KiB");
    assert_int_equal(bound.config.size, 65536);
    bound_free(&bound);
}

static void a_map_has_an_entry_for_each_key_of_it(void **state)
{
    struct bound bound = bind("convert.data", "hex");
    (void)state;
    assert_int_equal(bound.config.map.count, 1);
    assert_string_equal(bound.config.map.items[0].name, "data");
    assert_string_equal(bound.config.map.items[0].value, "hex");
    bound_free(&bound);
    want_told("convert.data", "octal", "x.ini:2: error: [s] convert.data: got 'octal', wanted hex or date\n");
}

static void mistakes_say_what_was_got_and_what_was_wanted(void **state)
{
    (void)state;
    want_told("number", "two",
              "x.ini:2: error: [s] number: got 'two', wanted a whole number, at least 1, at most 64\n");
    want_told("number", "65", "x.ini:2: error: [s] number: got '65', wanted a whole number, at least 1, at most 64\n");
    want_told(
        "number", "99999999999999999999",
        "x.ini:2: error: [s] number: got '99999999999999999999', wanted a whole number, at least 1, at most 64\n");
    want_told("number", " 7", "x.ini:2: error: [s] number: got ' 7', wanted a whole number, at least 1, at most 64\n");
    want_told("flag", "yes", "x.ini:2: error: [s] flag: got 'yes', wanted true or false\n");
    want_told("mode", "four", "x.ini:2: error: [s] mode: got 'four', wanted one, two or three\n");
    want_told("size", "-1", "x.ini:2: error: [s] size: got '-1', wanted a size (4096, 64 KiB, 4 MiB, 1 GiB)\n");
    want_told("size", "9000000000 GiB",
              "x.ini:2: error: [s] size: got '9000000000 GiB', wanted a size (4096, 64 KiB, 4 MiB, 1 GiB)\n");
    want_told("duration.ms", "10 days",
              "x.ini:2: error: [s] duration.ms: got '10 days', wanted a duration (250, 250 ms, 10 s, 5 min, 1 h)\n");
    want_told("pattern", "(", "x.ini:2: error: [s] pattern: got '(', wanted a POSIX extended regular expression\n");
    want_told("list", "a,,b", "x.ini:2: error: [s] list: got 'a,,b', wanted a list (a, b, c)\n");
    want_told("fraction", "nan", "x.ini:2: error: [s] fraction: got 'nan', wanted a number\n");
    want_told("fraction", "0x10", "x.ini:2: error: [s] fraction: got '0x10', wanted a number\n");
    want_told("fraction", " 1", "x.ini:2: error: [s] fraction: got ' 1', wanted a number\n");
}

static void what_a_reference_gave_is_never_told(void **state)
{
    (void)state;
    told_as_written = true;
    want_told("number", "S3cr3t",
              "x.ini:2: error: [s] number: got '${env:X}', wanted a whole number, at least 1, at most 64\n");
    want_told("convert.data", "S3cr3t", "x.ini:2: error: [s] convert.data: got '${env:X}', wanted hex or date\n");
    told_as_written = false;
}

static void a_secret_s_value_is_never_told(void **state)
{
    (void)state;
    want_told("token", "S3cr3t", "x.ini:2: error: [s] token: the value is wrong (not shown), wanted a or b\n");
}

static void a_required_option_is_told_when_it_is_missing_or_blank(void **state)
{
    struct required {
        sluice_list list;
        sluice_map map;
    };
    static const sluice_option required_rows[] = {
        SLUICE_LIST_OPTION(struct required, list, "list", NULL, "A list.", .flags = SLUICE_REQUIRED),
        SLUICE_MAP_OPTION(struct required, map, "map", NULL, "A map.", .flags = SLUICE_REQUIRED),
    };
    const struct option_table required = {required_rows, 2, sizeof(sluice_option)};
    (void)state;
    struct bound bound = bind_to(&required, NULL, NULL, &(struct required){.list = {NULL, 0}});
    assert_string_equal(bound.told, "x.ini:1: error: [s] list is missing\nx.ini:1: error: [s] map.<name> is missing\n");
    bound_free(&bound);
    bound = bind_to(&required, "list", " ", &(struct required){.list = {NULL, 0}});
    assert_non_null(strstr(bound.told, "x.ini:2: error: [s] list is empty\n"));
    bound_free(&bound);
    bound = bind_to(&required, "map.a", "b", &(struct required){.list = {NULL, 0}});
    assert_string_equal(bound.told, "x.ini:1: error: [s] list is missing\n");
    bound_free(&bound);
}

static void no_name_is_near_one_of_hundreds_of_bytes(void **state)
{
    static const char *const names[] = {"number", NULL};
    char name[400] = "";
    (void)state;
    memset(name, 'x', sizeof name - 1);
    assert_null(nearest_name(names, name));
    assert_string_equal(nearest_name(names, "nubmer"), "number");
}

static void a_range_ends_where_its_row_says(void **state)
{
    (void)state;
    want_told("number", "1", "");
    want_told("number", "64", "");
    want_told("number", "0", "x.ini:2: error: [s] number: got '0', wanted a whole number, at least 1, at most 64\n");
}

static void the_markdown_reference_has_a_row_for_each_option(void **state)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    options_markdown(&table, out);
    fclose(out);
    assert_non_null(strstr(text, "| `number` | int | `7` | A number. (a whole number, at least 1, at most 64) |\n"));
    assert_non_null(strstr(text, "| `convert.<name>` | map |  | A map. (hex or date) |\n"));
    assert_non_null(strstr(text, "| `secret` | string |  | A secret. Secret: never shown. |\n"));
    free(text);
}

static void an_unknown_key_names_the_nearest_known_one(void **state)
{
    (void)state;
    want_told("numbr", "1", "x.ini:2: error: [s] numbr: no such option, did you mean number?\n");
    want_told("something.else", "1", "x.ini:2: error: [s] something.else: no such option\n");
    want_told("convrt.data", "hex", "x.ini:2: error: [s] convrt.data: no such option, did you mean convert.data?\n");
    want_told("convert.", "hex", "x.ini:2: error: [s] convert.: no such option, did you mean convert.<name>?\n");
    want_told("convert", "hex", "x.ini:2: error: [s] convert: no such option, did you mean convert.<name>?\n");
}

static void every_default_of_the_host_is_one_of_its_own(void **state)
{
    (void)state;
    for (size_t s = 0; host_sections[s].name != NULL; s++) {
        struct problems *problems = problems_new();
        struct arena arena = {.newest = NULL};
        for (size_t i = 0; i < host_sections[s].table.count; i++) {
            sluice_option row = option_table_row(&host_sections[s].table, i);
            if (row.default_value == NULL)
                continue;
            char config[1024] = {0};
            struct setting setting = {.name = row.name, .value = row.default_value, .place = {"x", 1}};
            struct section section = {.name = "s", .place = {"x", 1}, .settings = &setting, .count = 1};
            const struct option_table one = {&row, 1, sizeof row};
            options_bind(&one, &section, "s", NULL, &arena, config, problems);
            if (problems_errors(problems) > 0)
                fail_msg("[%s] %s: its default '%s' is refused", host_sections[s].name, row.name, row.default_value);
        }
        arena_free(&arena);
        problems_free(problems);
    }
}

static void a_longer_row_of_a_newer_plugin_is_read_as_far_as_we_know_it(void **state)
{
    struct longer {
        sluice_option row;
        void *unknown;
    } longer[2] = {{.row = rows[0]}, {.row = rows[4]}};
    const struct option_table newer = {longer, 2, sizeof longer[0]};
    (void)state;
    assert_string_equal(option_table_row(&newer, 1).name, "number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_written_has_its_default),
        cmocka_unit_test(units_are_understood),
        cmocka_unit_test(a_map_has_an_entry_for_each_key_of_it),
        cmocka_unit_test(mistakes_say_what_was_got_and_what_was_wanted),
        cmocka_unit_test(what_a_reference_gave_is_never_told),
        cmocka_unit_test(a_secret_s_value_is_never_told),
        cmocka_unit_test(a_required_option_is_told_when_it_is_missing_or_blank),
        cmocka_unit_test(no_name_is_near_one_of_hundreds_of_bytes),
        cmocka_unit_test(a_range_ends_where_its_row_says),
        cmocka_unit_test(the_markdown_reference_has_a_row_for_each_option),
        cmocka_unit_test(an_unknown_key_names_the_nearest_known_one),
        cmocka_unit_test(every_default_of_the_host_is_one_of_its_own),
        cmocka_unit_test(a_longer_row_of_a_newer_plugin_is_read_as_far_as_we_know_it),
    };
    return RUN(tests);
}

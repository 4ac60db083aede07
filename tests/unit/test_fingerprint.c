/* The configuration's hash: the same for the same configuration, another for another, and silent about secrets. */
#include "testing.h"

#include "plugin/fingerprint.h"

#include <unistd.h>

static char folder[] = "/tmp/sluice-fingerprint-XXXXXX";
static char secret_path[64];

/* The hash of the files with these texts, the second NULL: of one. */
static const char *hash_of(const char *first, const char *second)
{
    static char hashes[2][FINGERPRINT_SIZE];
    static size_t turn;
    char paths[2][64];
    const char *const texts[] = {first, second}, *const files[] = {paths[0], paths[1]};
    size_t count = second != NULL ? 2 : 1;
    struct settings settings;
    struct chain chain = {.transform_count = 0}; /* no plugin: nothing but the host's own sections is vouched for */
    struct problems *problems = problems_new();
    for (size_t i = 0; i < count; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%zu.ini", folder, i);
        FILE *out = fopen(paths[i], "w");
        fputs(texts[i], out);
        fclose(out);
    }
    settings_load(&settings, files, count, problems);
    assert_int_equal(problems_errors(problems), 0);
    char *hash = hashes[turn++ % 2];
    fingerprint(&settings, &chain, hash);
    settings_free(&settings);
    problems_free(problems);
    assert_int_equal(strlen(hash), 16);
    return hash;
}

static void the_order_of_sections_keys_and_files_does_not_matter(void **state)
{
    (void)state;
    const char *text = "[pipeline]\nname = a\nsink = b\n[kafka]\nbootstrap.servers = x:1\n";
    assert_string_equal(hash_of(text, NULL),
                        hash_of("; another\n[kafka]\nbootstrap.servers=x:1\n[pipeline]\nsink = b\nname = a\n", NULL));
    assert_string_equal(hash_of(text, NULL), hash_of("[pipeline]\nname = z\nsink = b\n",
                                                     "[kafka]\nbootstrap.servers = x:1\n[pipeline]\nname = a\n"));
}

static void another_value_key_or_section_is_another_hash(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[pipeline]\nname = a\n",
        "[pipeline]\nname = b\n",
        "[pipeline]\nsink = a\n",
        "[kafka]\nname = a\n",
        "[pipeline]\nname = a\n[log]\nlevel = info\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(hash_of(texts[i], NULL), hash_of(texts[j], NULL));
}

static void what_the_environment_says_counts(void **state)
{
    (void)state;
    const char *text = "[kafka]\nbootstrap.servers = ${env:SLUICE_TEST_BROKER}\n";
    setenv("SLUICE_TEST_BROKER", "x:1", 1);
    assert_string_equal(hash_of(text, NULL), hash_of("[kafka]\nbootstrap.servers = x:1\n", NULL));
    char first[FINGERPRINT_SIZE];
    strcpy(first, hash_of(text, NULL));
    setenv("SLUICE_TEST_BROKER", "y:1", 1);
    assert_string_not_equal(hash_of(text, NULL), first);
}

static void no_secret_can_be_guessed_from_it(void **state)
{
    static const char *const pairs[][2] = {
        {"[http]\nadmin.token = one\n", "[http]\nadmin.token = another\n"},
        {"[kafka]\nsasl.password = one\n", "[kafka]\nsasl.password = another\n"},
        {"[sink.x]\nanything = one\n", "[sink.x]\nanything = another\n"}, /* a plugin that is not there */
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_string_equal(hash_of(pairs[i][0], NULL), hash_of(pairs[i][1], NULL));
    char text[256], first[FINGERPRINT_SIZE];
    snprintf(text, sizeof text, "[kafka]\nsasl.username = ${file:%s}\n", secret_path); /* no secret by its name */
    strcpy(first, hash_of(text, NULL));
    FILE *out = fopen(secret_path, "w");
    fputs("another", out);
    fclose(out);
    assert_string_equal(hash_of(text, NULL), first);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(secret_path, sizeof secret_path, "%s/secret", folder);
    FILE *out = fopen(secret_path, "w");
    fputs("one", out);
    return fclose(out);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"0.ini", "1.ini", "secret"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_sections_keys_and_files_does_not_matter),
        cmocka_unit_test(another_value_key_or_section_is_another_hash),
        cmocka_unit_test(what_the_environment_says_counts),
        cmocka_unit_test(no_secret_can_be_guessed_from_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

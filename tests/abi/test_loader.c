/* The ABI from both sides: plugins that are refused, each with its reason, and odd ones that work. */
#include "testing.h"

#include "base/read.h"
#include "harness.h"

#include <sys/stat.h>
#include <unistd.h>

static void refused(const char *fixture, const char *words)
{
    struct plugin *plugin;
    struct error error;
    char path[512];
    snprintf(path, sizeof path, "%s/broken-%s.so", SLUICE_TEST_FIXTURES, fixture);
    if (plugin_open(path, NULL, &plugin, &error) == 0)
        fail_msg("%s was taken", fixture);
    if (strstr(error.text, words) == NULL || strstr(error.text, path) == NULL)
        fail_msg("%s: wanted '%s' and the path, got: %s", fixture, words, error.text);
}

static void another_abi_is_refused_with_both_versions(void **state)
{
    (void)state;
    refused("major", "wants ABI 2.0, this host provides 1.0");
    refused("minor", "wants ABI 1.1, this host provides 1.0");
}

static void what_is_no_plugin_is_refused_in_words(void **state)
{
    (void)state;
    refused("no_query", "exports no sluice_plugin_query");
    refused("null", "its query returned no descriptor");
    refused("magic", "not a Sluice plugin: magic 0x0000002a");
    refused("undefined", "undefined symbol: nobody_has_this");
}

static void a_query_that_hangs_crashes_or_exits_takes_nobody_along(void **state)
{
    (void)state;
    refused("garbage", "it crashed");
    refused("crash", "it crashed: Aborted");
    refused("exit", "ended the process with exit code 0");
    refused("hang", "did not return within 5000 ms");
}

static void a_descriptor_that_contradicts_itself_is_refused_by_name(void **state)
{
    (void)state;
    refused("size", "lacks name, version or bind");
    refused("stride", "stride of 0 bytes is shorter than a row of ABI 1.0");
    refused("config_size", "option number: its member ends at byte 8 of a config_size of 4");
    refused("both", "exactly one of sink and transform must be set, it has both");
    refused("neither", "it has neither");
    refused("no_put", "a sink needs open, put and close");
    refused("produces", "produces must be set for a transform and only there");
    refused("accepts", "accepts names no format");
    refused("twice", "option number is there twice");
    refused("default", "option number: its default 'seven' is none of its own");
    refused("type", "option number: type 77 does not exist");
}

/* ---- The file ------------------------------------------------------------------------------------- */

enum { FOREIGN_ID = 12345 };

/* A good plugin in a folder of its own, once more for each test. */
static char *copy_of_a_plugin(void)
{
    static char path[64];
    char folder[] = "/tmp/sluice-plugin-XXXXXX";
    size_t size;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/copy.so", folder);
    FILE *in = fopen(SLUICE_TEST_FIXTURES "/longer.so", "r"), *out = fopen(path, "w");
    char *content = read_all(in, &size);
    assert_int_equal(fwrite(content, 1, size, out), size);
    fclose(in);
    fclose(out);
    free(content);
    return path;
}

static void remove_copy(char *path)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void a_file_or_folder_that_somebody_else_may_change_is_refused(void **state)
{
    static const struct {
        mode_t file, folder;
        uid_t file_owner, folder_owner;
        gid_t file_group, folder_group;
        const char *words; /* NULL: it is fine */
    } cases[] = {
        {.file = 0644, .folder = 0755},
        {.file = 0664, .folder = 0775},
        {.file = 0646,
         .folder = 0755,
         .words = "others may write to it (mode 0646); chmod o-w, or put it into a folder of its own"},
        {.file = 0644, .folder = 0757, .words = "(mode 0757); chmod o-w, or put it into a folder of its own"},
        {.file = 0644, .folder = 01777}, /* as /tmp */
        {.file = 0646, .folder = 01777, .words = "others may write to it (mode 0646)"},
        {.file = 0664, .folder = 0755, .file_group = FOREIGN_ID, .words = "group 12345 may write to it (mode 0664)"},
        {.file = 0644,
         .folder = 0775,
         .folder_group = FOREIGN_ID,
         .words = "group 12345 may write to its folder /tmp/"},
        {.file = 0444, .folder = 0555, .file_owner = FOREIGN_ID, .words = "it belongs to user 12345, who could change"},
        {.file = 0444, .folder = 0555, .folder_owner = FOREIGN_ID, .words = " belongs to user 12345, who could change"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plugin *plugin;
        struct error error = {.text = ""};
        char *path = copy_of_a_plugin(), folder[64];
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
        bool changed = cases[i].file_owner + cases[i].folder_owner + cases[i].file_group + cases[i].folder_group == 0 ||
                       (chown(path, cases[i].file_owner, cases[i].file_group) == 0 &&
                        chown(folder, cases[i].folder_owner, cases[i].folder_group) == 0);
        assert_true(changed || geteuid() != 0); /* only root can give away */
        chmod(path, cases[i].file);
        chmod(folder, cases[i].folder);
        int failure = plugin_open(path, NULL, &plugin, &error);
        if (changed && cases[i].words == NULL)
            assert_string_equal(error.text, "");
        else if (changed &&
                 (failure == 0 || strstr(error.text, cases[i].words) == NULL || strstr(error.text, path) == NULL))
            fail_msg("wanted '%s' and the path, got: %s", cases[i].words, error.text);
        remove_copy(path);
    }
}

static void folders_of_the_environment_come_behind_plugin_path_and_before_sluices_own(void **state)
{
    static const char *const fixtures[] = {SLUICE_TEST_FIXTURES};
    const sluice_list plugin_path = {fixtures, 1};
    struct plugin *plugin;
    struct error error;
    char *path = copy_of_a_plugin(), folder[64], value[128];
    (void)state;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    snprintf(value, sizeof value, "/nowhere::%s", folder);
    unsetenv(PLUGIN_PATH_VARIABLE);
    assert_int_equal(plugin_open("copy", NULL, &plugin, &error), -1);
    setenv(PLUGIN_PATH_VARIABLE, value, 1);
    assert_int_equal(plugin_open("copy", NULL, &plugin, &error), 0);
    assert_string_equal(plugin->path, path);

    snprintf(value, sizeof value, "%s/longer.so", folder);
    assert_int_equal(rename(path, value), 0);
    assert_int_equal(plugin_open("longer", &plugin_path, &plugin, &error), 0);
    assert_string_equal(plugin->path, SLUICE_TEST_FIXTURES "/longer.so");
    assert_int_equal(rename(value, path), 0);

    snprintf(value, sizeof value, "%s:%s/.", folder, folder);
    setenv(PLUGIN_PATH_VARIABLE, value, 1);
    assert_int_equal(plugin_open("copy", NULL, &plugin, &error), -1);
    assert_non_null(strstr(error.text, "plugin copy is in two folders of " PLUGIN_PATH_VARIABLE ": "));
    assert_int_equal(plugin_open("gone", NULL, &plugin, &error), -1);
    assert_non_null(strstr(error.text, "plugin gone not found: looked for /tmp/sluice-plugin-"));
    unsetenv(PLUGIN_PATH_VARIABLE);
    remove_copy(path);
}

static void a_pinned_plugin_is_taken_by_its_sha256_alone(void **state)
{
    struct plugin *plugin;
    struct error error;
    char *path = copy_of_a_plugin(), sha256[PLUGIN_SHA256_SIZE], words[256];
    (void)state;
    assert_int_equal(plugin_file_check(path, sha256, &error), 0);
    sha256[0] = sha256[0] == 'f' ? '0' : 'f';
    snprintf(words, sizeof words, ", wanted %s: it is not the file that was pinned", sha256);
    assert_int_equal(plugin_open_pinned(path, NULL, sha256, &plugin, &error), -1);
    assert_non_null(strstr(error.text, words));
    assert_int_equal(plugin_open(path, NULL, &plugin, &error), 0);
    assert_int_equal(plugin_open_pinned(path, NULL, plugin->sha256, &plugin, &error), 0);
    assert_int_equal(plugin_open_pinned(path, NULL, sha256, &plugin, &error), -1); /* an open one, too */
    remove_copy(path);
}

static void a_plugin_of_a_longer_header_loads_and_works(void **state)
{
    struct harness *h = harness_open(SLUICE_TEST_FIXTURES "/longer.so", NULL);
    struct sluice_record *record = harness_record(h, "x", 1);
    (void)state;
    assert_true(h->instance.open);
    assert_int_equal(harness_put(h, &record, 1), SLUICE_OK);
    harness_close(h);
}

static void a_plugin_in_cxx_works(void **state)
{
    struct harness *h = harness_open(SLUICE_TEST_FIXTURES "/cxx-sink.so", "limit=1", NULL);
    struct sluice_record *records[] = {harness_record(h, "x", 1), harness_record(h, "y", 1)};
    (void)state;
    assert_true(h->instance.open);
    assert_int_equal(harness_put(h, records, 1), SLUICE_OK);
    sluice_verdict returned = harness_put(h, records, 2);
    assert_int_equal(returned, SLUICE_REJECT);
    assert_int_equal(harness_verdict(h, returned, 0), SLUICE_OK); /* its own report wins */
    assert_string_equal(h->call.code, "cxx.limit");
    assert_string_equal(h->call.text, "2 records, at most 1");
    harness_close(h);
}

/* ---- Edits ---------------------------------------------------------------------------------------- */

static void edits_show_once_a_transform_has_answered_ok(void **state)
{
    static struct record_header headers[] = {{"debug", {"1", 1}}, {"keep", {"2", 1}}, {"debug", {"3", 1}}};
    struct harness *h = harness_open(SLUICE_TEST_FIXTURES "/filter.so", "topic=elsewhere", NULL);
    struct sluice_record *record = harness_record(h, "value", 5);
    (void)state;
    record->headers = headers;
    record->view.header_count = 3;
    assert_int_equal(harness_apply(h, record), SLUICE_OK);
    assert_string_equal(record->view.topic, "elsewhere");
    assert_string_equal(record->view.original_topic, "potato");
    assert_int_equal(record->view.header_count, 2);
    assert_string_equal(record->headers[0].name, "keep");
    assert_string_equal(record->headers[1].name, "filtered");
    assert_memory_equal(record->view.key.data, "new", 3);
    assert_memory_equal(record->view.value.data, "static", 6);
    assert_int_equal(record->view.format, SLUICE_BYTES); /* SLUICE_SAME */
    assert_string_equal(headers[0].name, "debug");       /* the record's own array is untouched */
    harness_close(h);
}

static void edits_of_a_refused_record_never_happened(void **state)
{
    static struct record_header headers[] = {{"refuse", {"1", 1}}};
    struct harness *h = harness_open(SLUICE_TEST_FIXTURES "/filter.so", "topic=elsewhere", NULL);
    struct sluice_record *record = harness_record(h, "value", 5);
    (void)state;
    record->headers = headers;
    record->view.header_count = 1;
    assert_int_equal(harness_apply(h, record), SLUICE_REJECT);
    assert_string_equal(h->code, "filter.refused");
    assert_string_equal(record->view.topic, "potato");
    assert_int_equal(record->view.header_count, 1);
    assert_memory_equal(record->view.value.data, "value", 5);
    harness_close(h);
}

/* ---- Answers -------------------------------------------------------------------------------------- */

static struct harness *scripted(const char *script)
{
    static char script_option[64], log_option[64];
    char path[] = "/tmp/sluice-script-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs(script, file);
    fclose(file);
    snprintf(script_option, sizeof script_option, "script.file=%s", path);
    snprintf(log_option, sizeof log_option, "log.file=/dev/null");
    return harness_open(SLUICE_TEST_FIXTURES "/scripted-sink.so", script_option, log_option, NULL);
}

static void answers_that_cannot_be_fail_the_call_with_the_plugins_name(void **state)
{
    static const struct {
        const char *script, *words;
    } cases[] = {
        {"nonsense-index", "plugin scripted-sink: put() reported record 1000000 of a call with 3"},
        {"nonsense-verdict", "plugin scripted-sink: put() reported verdict 4 for record 0, which no record can have"},
        {"nonsense-return", "plugin scripted-sink: put() returned 99, which is no verdict"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct harness *h = scripted(cases[i].script);
        struct sluice_record *records[] = {harness_record(h, "a", 1), harness_record(h, "b", 1),
                                           harness_record(h, "c", 1)};
        assert_int_equal(harness_put(h, records, 3), SLUICE_FATAL);
        assert_non_null(h->nonsense);
        assert_string_equal(h->nonsense, cases[i].words);
        harness_close(h);
    }
}

static void of_two_reports_of_a_record_the_last_counts(void **state)
{
    struct harness *h = scripted("twice");
    struct sluice_record *record = harness_record(h, "a", 1);
    (void)state;
    sluice_verdict returned = harness_put(h, &record, 1);
    assert_int_equal(harness_verdict(h, returned, 0), SLUICE_OK);
    assert_null(h->nonsense);
    harness_close(h);
}

static void a_flight_note_names_the_call_under_way(void **state)
{
    struct flight_note *note = flight_note_new();
    char text[256];
    (void)state;
    assert_false(flight_note_tell(note, text, sizeof text));
    atomic_store(&note->section, "sink.images");
    atomic_store(&note->call, "put");
    atomic_store(&note->records, 1200);
    atomic_store(&note->plugin, "mongodb-image");
    assert_true(flight_note_tell(note, text, sizeof text));
    assert_non_null(strstr(text, "mongodb-image [sink.images] put(), 1200 records"));
    flight_note_free(note);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_abi_is_refused_with_both_versions),
        cmocka_unit_test(what_is_no_plugin_is_refused_in_words),
        cmocka_unit_test(a_query_that_hangs_crashes_or_exits_takes_nobody_along),
        cmocka_unit_test(a_descriptor_that_contradicts_itself_is_refused_by_name),
        cmocka_unit_test(a_file_or_folder_that_somebody_else_may_change_is_refused),
        cmocka_unit_test(folders_of_the_environment_come_behind_plugin_path_and_before_sluices_own),
        cmocka_unit_test(a_pinned_plugin_is_taken_by_its_sha256_alone),
        cmocka_unit_test(a_plugin_of_a_longer_header_loads_and_works),
        cmocka_unit_test(a_plugin_in_cxx_works),
        cmocka_unit_test(edits_show_once_a_transform_has_answered_ok),
        cmocka_unit_test(edits_of_a_refused_record_never_happened),
        cmocka_unit_test(answers_that_cannot_be_fail_the_call_with_the_plugins_name),
        cmocka_unit_test(of_two_reports_of_a_record_the_last_counts),
        cmocka_unit_test(a_flight_note_names_the_call_under_way),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

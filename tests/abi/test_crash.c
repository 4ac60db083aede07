/* A plugin that crashes: what is told of it, and how the process ends. */
#include "testing.h"

#include "harness.h"
#include "ops/log.h"
#include "ops/redact.h"
#include "plugin/crash.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct harness *scripted(const char *word)
{
    static char path[64], option[96];
    strcpy(path, "/tmp/sluice-script-XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    fprintf(file, "%s\n", word);
    fclose(file);
    snprintf(option, sizeof option, "script.file=%s", path);
    return harness_open(SLUICE_TEST_FIXTURES "/scripted-sink.so", option, "log.file=/dev/null", NULL);
}

static void *put_three(void *word)
{
    struct crash_stack stack;
    struct harness *h = scripted(word);
    struct sluice_record *records[] = {harness_record(h, "a", 1), harness_record(h, "S3cr3t", 6),
                                       harness_record(h, "c", 1)};
    for (size_t i = 0; i < 3; i++)
        records[i]->view.offset = 17 + (int64_t)i;
    records[2]->view.topic = "to\"ma\nto";
    crash_stack_open(&stack);
    harness_put(h, records, 3);
    crash_stack_close(&stack);
    harness_close(h);
    return NULL;
}

static void *crash_elsewhere(void *unused)
{
    (void)unused;
    put_three("ok");
    abort();
}

static void *live_and_crash(void *call)
{
    setenv("SLUICE_CRASH_IN", call, 1);
    struct harness *h = harness_open(SLUICE_TEST_FIXTURES "/crashing.so", NULL);
    harness_examine(h, harness_record(h, "a", 1));
    harness_close(h);
    plugins_unload_all();
    return NULL;
}

/* In a child: what it says on standard error; how it ended is in *status. */
static const char *told_by(void *(*run)(void *), const char *word, enum log_style style, int *status)
{
    static char text[65536];
    int fds[2];
    size_t size = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
        for (size_t i = 0; i < 5; i++)
            signal(numbers[i], SIG_DFL); /* a sanitizer's */
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(fds[1], STDERR_FILENO);
        log_setup(style, SLUICE_LOG_INFO, "leaves");
        crash_tell();
        run((void *)word);
        _exit(0);
    }
    close(fds[1]);
    for (ssize_t got; (got = read(fds[0], text + size, sizeof text - 1 - size)) > 0;)
        size += (size_t)got;
    text[size] = '\0';
    close(fds[0]);
    waitpid(child, status, 0);
    return text;
}

static void a_crash_names_plugin_call_task_and_records_and_ends_by_its_signal(void **state)
{
    static const struct {
        const char *word, *name;
        int number;
    } cases[] = {{"crash", "SIGSEGV", SIGSEGV}, {"abort", "SIGABRT", SIGABRT}, {"recurse", "SIGSEGV", SIGSEGV}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status;
        char wanted[256];
        const char *text = told_by(put_three, cases[i].word, LOG_STYLE_TEXT, &status);
        snprintf(wanted, sizeof wanted,
                 "ERROR plugin task=0 plugin=scripted-sink: %s in put() of [test], 3 records from potato[0]@17 to "
                 "to?ma?to[0]@19\n",
                 cases[i].name);
        assert_string_equal(text + strlen("2023-10-08T15:39:49.123Z "), wanted);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), cases[i].number);
    }
}

static void calls_that_are_no_instances_are_named_as_well_and_the_main_thread_has_a_stack_for_it(void **state)
{
    static const struct {
        const char *call, *where;
    } cases[] = {{"load", "load()"},
                 {"check", "check() of [test]"},
                 {"examine", "examine() of [test], 1 record, potato[0]@0"},
                 {"unload", "unload()"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status;
        char wanted[128];
        const char *text = told_by(live_and_crash, cases[i].call, LOG_STYLE_TEXT, &status);
        snprintf(wanted, sizeof wanted, "ERROR plugin plugin=crashing: SIGSEGV in %s\n", cases[i].where);
        assert_non_null(strstr(text, wanted));
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
}

static void a_collector_gets_it_as_json(void **state)
{
    int status;
    (void)state;
    const char *text = told_by(put_three, "crash", LOG_STYLE_JSON, &status);
    assert_non_null(strstr(text,
                           "\",\"level\":\"ERROR\",\"area\":\"plugin\",\"pipeline\":\"leaves\",\"task\":0,\"plugin\":"
                           "\"scripted-sink\",\"message\":\"SIGSEGV in put() of [test], 3 records from potato[0]@17 "
                           "to to?ma?to[0]@19\"}\n"));
    assert_int_equal(strchr(text, '\n') - text, (long)strlen(text) - 1);
}

static void a_crash_outside_of_plugins_says_so(void **state)
{
    int status;
    (void)state;
    const char *text = told_by(crash_elsewhere, NULL, LOG_STYLE_TEXT, &status);
    assert_non_null(strstr(text, "ERROR pipeline: SIGABRT outside of any plugin's call\n"));
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_names_plugin_call_task_and_records_and_ends_by_its_signal),
        cmocka_unit_test(calls_that_are_no_instances_are_named_as_well_and_the_main_thread_has_a_stack_for_it),
        cmocka_unit_test(a_collector_gets_it_as_json),
        cmocka_unit_test(a_crash_outside_of_plugins_says_so),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

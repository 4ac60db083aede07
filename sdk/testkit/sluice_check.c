/* sdk/testkit/sluice_check.c - `sluice-check PLUGIN.so [option=value]...`: does a plugin keep the contract, as far as
 * can be seen without its server?  Loads it as the host does, then tries it, each check in a process of its own, so
 * that one that crashes or hangs says nothing about the others. Neighbours: host/plugin/ (the loader and the calls are
 * the host's own), host/plugin/probe.h. */
#include "base/alloc.h"
#include "ops/log.h"
#include "plugin/instance.h"
#include "plugin/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_TIMEOUT_MS = 20000, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

struct subject {
    const char *path;
    char **options; /* "name=value", NULL at the end */
    struct plugin *plugin;
    struct stage stage;
    struct arena arena;
    struct call_limits limits;
};

/* ---- What a check needs --------------------------------------------------------------------------- */

static void print_problem(void *text, enum problem_severity severity, const char *file, int line, const char *problem)
{
    (void)severity, (void)file, (void)line;
    struct error *error = text;
    if (error->text[0] == '\0')
        error_set(error, "%s", problem);
}

static void tell_option(void *error_, const char *option, const char *code, const char *text)
{
    struct error *error = error_;
    (void)code;
    if (error->text[0] == '\0')
        error_set(error, "%s: %s", option, text);
}

/* Binds the options of the command line, and lets check() look at them. */
static int bind(struct subject *subject, struct error *error)
{
    struct problems *problems = problems_new();
    struct section section = {.name = "check"};
    while (subject->options[section.count] != NULL)
        section.count++;
    section.settings = arena_zeroed(&subject->arena, (section.count + 1) * sizeof *section.settings);
    for (size_t i = 0; i < section.count; i++) {
        const char *equals = strchr(subject->options[i], '=');
        section.settings[i].name =
            arena_copy(&subject->arena, subject->options[i], (size_t)(equals - subject->options[i]));
        section.settings[i].value = equals + 1;
    }
    subject->stage = (struct stage){.section = "check", .plugin = subject->plugin};
    subject->stage.config = arena_zeroed(&subject->arena, (size_t)subject->plugin->descriptor.config_size + 1);
    options_bind(&subject->plugin->options, &section, "check", NULL, &subject->arena, subject->stage.config, problems);
    error->text[0] = '\0';
    problems_each(problems, print_problem, error);
    size_t errors = problems_errors(problems);
    problems_free(problems);
    sluice_report report = {.arena = &subject->arena, .option = tell_option, .opaque = error};
    if (errors == 0)
        plugin_check(subject->plugin, subject->stage.section, subject->stage.config, &report);
    return error->text[0] == '\0' ? 0 : -1;
}

static int open_instance(struct subject *subject, struct instance *instance, struct error *error)
{
    sluice_report report = {.arena = &subject->arena};
    atomic_store(&subject->limits.deadline_ms, INT64_MAX);
    if (bind(subject, error) != 0 || plugin_load(subject->plugin, error) != 0)
        return -1;
    instance_init(instance, &subject->stage, "check", 0, &subject->limits, NULL);
    if (instance_open(instance, &report) == SLUICE_OK)
        return 0;
    return error_set(error, "open() failed: %s",
                     report.nonsense != NULL    ? report.nonsense
                     : report.call.text != NULL ? report.call.text
                                                : "no reason given");
}

static struct sluice_record record_with(sluice_bytes value, sluice_format format)
{
    return (struct sluice_record){.view = {.size = sizeof(sluice_record_view),
                                           .topic = "check",
                                           .original_topic = "check",
                                           .format = format,
                                           .value = value}};
}

/* The first format that the plugin accepts. */
static sluice_format format_of(const struct subject *subject)
{
    static const sluice_format formats[] = {SLUICE_BYTES, SLUICE_JSON, SLUICE_BSON};
    for (size_t i = 0; i < 3; i++)
        if (subject->plugin->descriptor.accepts & formats[i])
            return formats[i];
    return SLUICE_BYTES;
}

/* One record through put() or apply(): any verdict will do, but it must be one. */
static int show(struct subject *subject, sluice_bytes value, struct error *error)
{
    struct instance instance;
    struct report_entry entry = {.set = false};
    sluice_report report = {.arena = &subject->arena, .records = &entry, .record_count = 1};
    struct sluice_record record = record_with(value, format_of(subject)), *records[] = {&record};
    const sluice_batch batch = {.records = records, .count = 1};
    if (open_instance(subject, &instance, error) != 0)
        return -1;
    sluice_verdict returned = subject->plugin->descriptor.sink != NULL
                                  ? instance_put(&instance, &batch, &report)
                                  : instance_apply(&instance, &record, &subject->arena, &report);
    instance_close(&instance);
    if (report.nonsense != NULL)
        return error_set(error, "%s", report.nonsense);
    sluice_verdict verdict = entry.set ? entry.verdict : returned;
    if (verdict == SLUICE_REJECT && (entry.set ? entry.code : report.call.code) == NULL)
        return error_set(error, "REJECT without a code: a dead letter needs one");
    return 0;
}

/* ---- The checks ------------------------------------------------------------------------------------ */

static int check_options(struct subject *subject, struct error *error)
{
    return bind(subject, error);
}

static int check_open(struct subject *subject, struct error *error)
{
    struct instance instance;
    if (open_instance(subject, &instance, error) != 0)
        return -1;
    instance_close(&instance);
    return 0;
}

static int check_two(struct subject *subject, struct error *error)
{
    struct instance first, second;
    if (open_instance(subject, &first, error) != 0 || open_instance(subject, &second, error) != 0)
        return -1;
    instance_close(&first);
    instance_close(&second);
    return 0;
}

static int check_null(struct subject *subject, struct error *error)
{
    return show(subject, (sluice_bytes){NULL, 0}, error);
}

static int check_empty(struct subject *subject, struct error *error)
{
    return show(subject, (sluice_bytes){"", 0}, error);
}

static int check_rubbish(struct subject *subject, struct error *error)
{
    return show(subject, (sluice_bytes){"\xff\x00{\"\xfe", 6}, error);
}

static int check_empty_batch(struct subject *subject, struct error *error)
{
    struct instance instance;
    sluice_report report = {.arena = &subject->arena};
    const sluice_batch batch = {.count = 0};
    if (subject->plugin->descriptor.sink == NULL)
        return 0;
    if (open_instance(subject, &instance, error) != 0)
        return -1;
    instance_put(&instance, &batch, &report);
    instance_close(&instance);
    return report.nonsense != NULL ? error_set(error, "%s", report.nonsense) : 0;
}

static const struct check {
    const char *name;
    int (*run)(struct subject *subject, struct error *error);
} checks[] = {
    {"its options are complete and fit together", check_options},
    {"an instance opens and closes", check_open},
    {"two instances are open at once", check_two},
    {"a null value gets a verdict", check_null},
    {"an empty value gets a verdict", check_empty},
    {"rubbish gets a verdict", check_rubbish},
    {"an empty batch is nothing", check_empty_batch},
};
enum { CHECK_COUNT = sizeof checks / sizeof checks[0] };

struct attempt {
    const struct check *check;
    struct subject *subject;
};

static int run_attempt(const void *attempt_, struct error *error)
{
    const struct attempt *attempt = attempt_;
    return attempt->check->run(attempt->subject, error);
}

int main(int argc, char **argv)
{
    struct error error;
    size_t failed = 0;
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(argc < 2 ? stderr : stdout,
                "Usage: sluice-check PLUGIN.so [option=value]...\n"
                "Loads a plugin as the host does and tries it, each check in a process of its own.\n");
        return argc < 2 ? EXIT_USAGE : 0;
    }
    for (int i = 2; i < argc; i++)
        if (strchr(argv[i], '=') == NULL) {
            fprintf(stderr, "sluice-check: '%s': wanted option=value\n", argv[i]);
            return EXIT_USAGE;
        }
    char *path = strchr(argv[1], '/') != NULL ? alloc_text(argv[1]) : alloc_printf("./%s", argv[1]);
    struct subject subject = {.path = path, .options = argv + 2};
    log_setup(LOG_STYLE_TEXT, SLUICE_LOG_ERROR, NULL);
    if (plugin_open(path, NULL, &subject.plugin, &error) != 0) {
        printf("FAIL it loads: %s\n", error.text);
        free(path);
        return EXIT_REFUSED;
    }
    printf("ok   it loads: %s %s\n", subject.plugin->descriptor.name, subject.plugin->descriptor.version);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        const struct attempt attempt = {&checks[i], &subject};
        int failure = probe(run_attempt, &attempt, CHECK_TIMEOUT_MS, &error);
        printf("%s %s%s%s\n", failure == 0 ? "ok  " : "FAIL", checks[i].name, failure == 0 ? "" : ": ",
               failure == 0 ? "" : error.text);
        failed += failure != 0;
    }
    printf("%zu passed, %zu failed\n", CHECK_COUNT + 1 - failed, failed);
    plugins_close_all();
    free(path);
    return failed == 0 ? 0 : EXIT_REFUSED;
}

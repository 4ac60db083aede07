/* commands/validate.c - `sluice validate`: every mistake in one run, with file and line; with --connect what the
 * servers say too, else none is asked. */
#include "base/alloc.h"
#include "check/check.h"
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "config/option_types.h"
#include "ops/log.h"
#include "plugin/masking.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

enum { KEY_CONNECT = KEY_OWN, KEY_TIMEOUT };
enum { DEFAULT_TIMEOUT_MS = 10000 };

struct arguments {
    struct file_list files;
    bool print, json, connect;
    int64_t timeout_ms;
};

static void parse_timeout(int64_t *timeout_ms, const char *text, struct argp_state *state)
{
    static const sluice_option row = {.name = "timeout", .type = SLUICE_TYPE_DURATION_MS};
    struct arena arena = {.newest = NULL};
    double number;
    if (!option_type(row.type)->parse(&row, text, &arena, timeout_ms, &number) || *timeout_ms <= 0)
        argp_error(state, "--timeout: got '%s', wanted a duration above 0, such as 10 s", text);
    arena_free(&arena);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'c': argument_config(&arguments->files, argument, state); return 0;
    case KEY_PRINT: arguments->print = true; return 0;
    case KEY_JSON: arguments->json = true; return 0;
    case KEY_CONNECT: arguments->connect = true; return 0;
    case KEY_TIMEOUT: parse_timeout(&arguments->timeout_ms, argument, state); return 0;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected", argument); return 0;
    case ARGP_KEY_END: argument_need_config(&arguments->files, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    ARGUMENT_CONFIG,
    {.name = "print", .key = KEY_PRINT, .doc = "Print the merged settings, each with its place; secrets are masked"},
    {.name = "json", .key = KEY_JSON, .doc = "Print the problems as a JSON array"},
    {.name = "connect",
     .key = KEY_CONNECT,
     .doc = "Ask the servers too: brokers, topics, the group, the dead letter topic, the sink. Nothing is written, no "
            "group is joined"},
    {.name = "timeout",
     .key = KEY_TIMEOUT,
     .arg = "DURATION",
     .doc = "How long Kafka, and then the sink, may take to answer (10 s)"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Checks a pipeline's files: syntax, options, plugins, formats, and what Kafka's clients say of their "
           "settings. Asks no server unless --connect says so. Exits with 2 when the files have an error, with 3 when "
           "only a server has.\v"
           "Examples:\n"
           "  sluice validate -c plant-images.ini\n"
           "  sluice validate -c plant-images.ini --connect\n"
           "  sluice validate -c base.ini -c production.ini --print\n",
};

/* ---- --print -------------------------------------------------------------------------------------- */

static void print_settings(const struct loaded *loaded)
{
    for (size_t i = 0; i < loaded->settings.count; i++) {
        const struct section *section = &loaded->settings.sections[i];
        printf("%s[%s]\n", i > 0 ? "\n" : "", section->name);
        for (size_t j = 0; j < section->count; j++) {
            const struct setting *setting = &section->settings[j];
            printf("; %s:%d\n%s = %s\n", setting->place.file, setting->place.line, setting->name,
                   masking_shown(&loaded->chain, section->name, setting));
        }
    }
}

/* ---- --json --------------------------------------------------------------------------------------- */

static void append_problem(void *array, enum problem_severity severity, const char *file, int line, const char *text)
{
    json_t *problem = json_pack("{s:s, s:s?, s:i, s:s%}", "severity", severity == PROBLEM_ERROR ? "error" : "warning",
                                "file", file, "line", line, "message", text, strlen(text));
    if (problem == NULL)
        problem = json_pack("{s:s, s:i, s:s}", "severity", "error", "line", line, "message", "(not text)");
    json_array_append_new(array, problem);
}

static void print_json(const struct problems *problems)
{
    json_t *array = json_array();
    problems_each(problems, append_problem, array);
    json_dumpf(array, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(array);
}

/* ---- --connect ------------------------------------------------------------------------------------ */

/* False: a plugin is still inside a call. */
static bool ask_servers(const struct arguments *arguments, const struct loaded *loaded)
{
    struct check check = {
        .config = &loaded->config,
        .settings = &loaded->settings,
        .chain = &loaded->chain,
        .timeout_ms = arguments->timeout_ms,
        .problems = loaded->problems,
        .passed = arguments->json || arguments->print ? NULL : stdout,
        .progress = isatty(STDERR_FILENO) ? stderr : NULL,
    };
    log_setup(LOG_STYLE_TEXT, SLUICE_LOG_ERROR, loaded->config.pipeline.name);
    return check_servers(&check);
}

static void print_summary(const struct loaded *loaded)
{
    size_t errors = problems_errors(loaded->problems), warnings = problems_warnings(loaded->problems);
    const char *name = loaded->config.pipeline.name;
    if (errors == 0 && warnings == 0)
        printf("%s: fine\n", name);
    else
        printf("%s: %zu error%s, %zu warning%s\n", name != NULL ? name : "(no name)", errors, errors == 1 ? "" : "s",
               warnings, warnings == 1 ? "" : "s");
}

static void print(const struct arguments *arguments, const struct loaded *loaded)
{
    if (arguments->json)
        print_json(loaded->problems);
    else
        problems_print(loaded->problems, stderr);
    if (arguments->print)
        print_settings(loaded);
    else if (!arguments->json)
        print_summary(loaded);
    fflush(stdout);
}

int command_validate(int argc, char **argv)
{
    struct arguments arguments = {.timeout_ms = DEFAULT_TIMEOUT_MS};
    struct loaded loaded;
    int exit_code = EXIT_FINE;
    bool back = true;
    arguments_parse(&argp, argc, argv, &arguments);
    load(&loaded, &arguments.files, true);
    if (problems_errors(loaded.problems) > 0)
        exit_code = EXIT_CONFIGURATION;
    else if (arguments.connect) {
        back = ask_servers(&arguments, &loaded);
        exit_code = problems_errors(loaded.problems) > 0 ? EXIT_ENVIRONMENT : EXIT_FINE;
    }
    print(&arguments, &loaded);
    if (!back) /* nothing under the plugin may be freed */
        _exit(exit_code);
    plugins_unload_all();
    load_free(&loaded);
    plugins_close_all();
    return exit_code;
}

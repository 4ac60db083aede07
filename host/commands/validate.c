/* commands/validate.c - `sluice validate`: every mistake in one run, with file and line; no server is asked. */
#include "base/alloc.h"
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "plugin/secrets.h"

#include <jansson.h>
#include <string.h>

struct arguments {
    struct file_list files;
    bool print, json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'c': argument_config(&arguments->files, argument, state); return 0;
    case KEY_PRINT: arguments->print = true; return 0;
    case KEY_JSON: arguments->json = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected", argument); return 0;
    case ARGP_KEY_END: argument_need_config(&arguments->files, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    ARGUMENT_CONFIG,
    {.name = "print", .key = KEY_PRINT, .doc = "Print the merged settings, each with its place; secrets are masked"},
    {.name = "json", .key = KEY_JSON, .doc = "Print the problems as a JSON array"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Checks a pipeline's files: syntax, options, plugins, formats, and what Kafka's clients say of their "
           "settings. Asks no server. Exits with 2 when there is an error.\v"
           "Examples:\n"
           "  sluice validate -c plant-images.ini\n"
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
                   secret_shown(&loaded->chain, section->name, setting));
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

int command_validate(int argc, char **argv)
{
    struct arguments arguments = {.print = false};
    struct loaded loaded;
    arguments_parse(&argp, argc, argv, &arguments);
    load(&loaded, &arguments.files, true);
    size_t errors = problems_errors(loaded.problems);
    if (arguments.json)
        print_json(loaded.problems);
    else
        problems_print(loaded.problems, stderr);
    if (arguments.print)
        print_settings(&loaded);
    else if (errors == 0 && !arguments.json)
        printf("%s: fine\n", loaded.config.pipeline.name);
    load_free(&loaded);
    plugins_close_all();
    return errors == 0 ? EXIT_FINE : EXIT_CONFIGURATION;
}

/* commands/try.c - `sluice try`: events through the chain without Kafka or a database, to see what would be stored and
 * what would become a dead letter, with the same code and message. */
#include "base/read.h"
#include "commands/arguments.h"
#include "commands/commands.h"
#include "commands/table.h"
#include "pipeline/solo.h"

#include <bson/bson.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct file_list config;
    const char *topic, *key;
    const char **inputs;
    size_t input_count;
    bool whole, json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'c': argument_config(&arguments->config, argument, state); return 0;
    case KEY_TOPIC: arguments->topic = argument; return 0;
    case KEY_KEY: arguments->key = argument; return 0;
    case KEY_WHOLE: arguments->whole = true; return 0;
    case KEY_JSON: arguments->json = true; return 0;
    case ARGP_KEY_ARGS:
        arguments->inputs = (const char **)state->argv + state->next;
        arguments->input_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END: argument_need_config(&arguments->config, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    ARGUMENT_CONFIG,
    {.name = "topic",
     .key = KEY_TOPIC,
     .arg = "TOPIC",
     .doc = "The topic they come from (the first of [pipeline] topics)"},
    {.name = "key", .key = KEY_KEY, .arg = "KEY", .doc = "The Kafka key they have (none)"},
    {.name = "whole", .key = KEY_WHOLE, .doc = "A file is one event, line ends and all"},
    {.name = "json",
     .key = KEY_JSON,
     .doc = "Print an object for each event: verdict, then document or code and message"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[FILE...]",
    .doc =
        "Sends events, one a line, from files or standard input through the transforms and the sink's own checks. "
        "Prints the resulting document as canonical extended JSON, or REJECT with the dead letter's code and message, "
        "or DROP. Asks no server. Exits with 1 when an event is rejected.\v"
        "An empty line is an empty value; null values cannot be written as lines.\n\n"
        "Examples:\n"
        "  sluice try -c plant-images.ini events.ndjson\n"
        "  kcat -C -b localhost -t potato -c 5 | sluice try -c plant-images.ini\n"
        "  sluice try -c plant-images.ini --whole one-event.json\n",
};

struct trial {
    const struct arguments *arguments;
    struct solo solo;
    const char *topic;
    int64_t offset;
    size_t rejected;
};

/* ---- Telling -------------------------------------------------------------------------------------- */

static char *document_of(const sluice_record_view *view)
{
    bson_t document;
    if (view->format != SLUICE_BSON)
        return strndup(view->value.data, view->value.size);
    if (!bson_init_static(&document, view->value.data, view->value.size))
        return strdup("(the chain produced no valid BSON)");
    char *text = bson_as_canonical_extended_json(&document, NULL);
    char *copy = strdup(text != NULL ? text : "(not printable)");
    bson_free(text);
    return copy;
}

static void tell(struct trial *trial, const struct solo_result *result, const sluice_record_view *view)
{
    static const char *const names[] = {"OK", "DROP", "RETRY", "REJECT", "FATAL"};
    const char *code = result->code != NULL ? result->code : "", *text = result->text != NULL ? result->text : "";
    char *document = result->verdict == SLUICE_OK ? document_of(view) : NULL;
    trial->rejected += result->verdict != SLUICE_OK && result->verdict != SLUICE_DROP;
    if (trial->arguments->json) {
        json_t *line = json_pack("{s:s}", "verdict", names[result->verdict]);
        json_t *value = document != NULL ? json_loads(document, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
        if (document != NULL)
            json_object_set_new(line, "document", value != NULL ? value : json_string(document));
        else
            json_object_update_new(line, json_pack("{s:s*, s:s*}", "code", result->code, "message", result->text));
        json_dumpf(line, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(line);
    } else if (document != NULL) {
        printf("%s\n", document);
    } else {
        printf("%s%s%s%s%s\n", names[result->verdict], code[0] ? " " : "", code, text[0] ? ": " : "", text);
    }
    free(document);
}

/* ---- One event ------------------------------------------------------------------------------------ */

static struct sluice_record record_of(const struct trial *trial, const char *value, size_t size)
{
    const char *key = trial->arguments->key;
    return (struct sluice_record){
        .view = {.size = sizeof(sluice_record_view),
                 .offset = trial->offset,
                 .topic = trial->topic,
                 .original_topic = trial->topic,
                 .original_offset = trial->offset,
                 .format = SLUICE_BYTES,
                 .key = {key, key != NULL ? strlen(key) : 0},
                 .value = {value, size}},
    };
}

static void try_event(struct trial *trial, const char *value, size_t size)
{
    struct sluice_record record = record_of(trial, value, size);
    struct solo_result result;
    solo_run(&trial->solo, &record, &result);
    tell(trial, &result, &record.view);
    trial->offset++;
}

static void try_input(struct trial *trial, FILE *in)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    if (trial->arguments->whole) {
        size_t whole;
        line = read_all(in, &whole);
        try_event(trial, line, whole);
    } else {
        while ((size = getline(&line, &capacity, in)) >= 0)
            try_event(trial, line, (size_t)size - (line[size - 1] == '\n'));
    }
    free(line);
}

/* ---- All of them ----------------------------------------------------------------------------------- */

static int try_inputs(struct trial *trial)
{
    const struct arguments *arguments = trial->arguments;
    if (arguments->input_count == 0)
        try_input(trial, stdin);
    for (size_t i = 0; i < arguments->input_count; i++) {
        FILE *in = strcmp(arguments->inputs[i], "-") == 0 ? stdin : fopen(arguments->inputs[i], "re");
        if (in == NULL) {
            fprintf(stderr, "sluice try: %s: %s\n", arguments->inputs[i], strerror(errno));
            return EXIT_CONFIGURATION;
        }
        try_input(trial, in);
        if (in != stdin)
            fclose(in);
    }
    return trial->rejected > 0 ? EXIT_RUNTIME : EXIT_FINE;
}

static const char *topic_of(const struct arguments *arguments, const struct pipeline_options *pipeline)
{
    if (arguments->topic != NULL)
        return arguments->topic;
    return pipeline->topics.count > 0 ? pipeline->topics.items[0] : pipeline->topics_regex;
}

static int run_trial(const struct arguments *arguments, const struct loaded *loaded)
{
    struct error error;
    struct trial trial = {.arguments = arguments, .topic = topic_of(arguments, &loaded->config.pipeline)};
    sluice_verdict verdict;
    int exit_code = EXIT_RUNTIME;
    if (solo_open(&trial.solo, &loaded->chain, &loaded->config, SOLO_EXAMINE, &verdict, &error) == 0) {
        exit_code = try_inputs(&trial);
        solo_close(&trial.solo);
    } else {
        fprintf(stderr, "sluice try: %s\n", error.text);
    }
    plugins_unload_all();
    return exit_code;
}

int command_try(int argc, char **argv)
{
    struct arguments arguments = {.whole = false};
    struct loaded loaded;
    int exit_code = EXIT_CONFIGURATION;
    arguments_parse(&argp, argc, argv, &arguments);
    load(&loaded, &arguments.config, false);
    problems_print(loaded.problems, stderr);
    if (problems_errors(loaded.problems) == 0)
        exit_code = run_trial(&arguments, &loaded);
    load_free(&loaded);
    plugins_close_all();
    return exit_code;
}

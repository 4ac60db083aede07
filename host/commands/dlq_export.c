/* commands/dlq_export.c - `sluice dlq export`: letters as lines of JSON, byte for byte. */
#include "commands/dlq.h"
#include "dlq/letter_json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct arguments {
    struct dlq_selection selection;
    const char *output;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'o': arguments->output = argument; return 0;
    default: return dlq_parse(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {.name = "output", .key = 'o', .arg = "FILE", .doc = "Write there instead of standard output"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc = "Writes open letters, a line of JSON each. Keys, values and headers are null, {\"text\": …}, or "
           "{\"base64\": …} "
           "where they are no UTF-8, so that nothing is lost on the way; `sluice dlq replay --from` takes them back, "
           "edited "
           "or not.\v"
           "Examples:\n"
           "  sluice dlq export -c plant-images.ini -o letters.ndjson\n"
           "  sluice dlq export -c plant-images.ini --code json.date | jq -r .value.text\n",
};

struct export
{
    const struct dlq_work *work;
    FILE *out;
    uint64_t count;
};

static bool write_one(void *export_, struct entry *entry)
{
    struct export *export = export_;
    json_t *json =
        letter_json(entry, export->work->letters.topic, decisions_about(export->work->letters.decisions, entry), true);
    json_dumpf(json, export->out, JSON_COMPACT);
    putc('\n', export->out);
    json_decref(json);
    entry_free(entry);
    export->count++;
    return ferror(export->out) == 0;
}

static int export_all(struct dlq_work *work, void *arguments)
{
    const char *output = ((const struct arguments *)arguments)->output;
    struct error error;
    struct export export = {.work = work, .out = output != NULL ? fopen(output, "we") : stdout};
    if (export.out == NULL) {
        fprintf(stderr, "%s: %s: %s\n", work->program, output, strerror(errno));
        return EXIT_RUNTIME;
    }
    int exit_code = dlq_walk(work, NULL, write_one, &export, &error) == 0 ? EXIT_FINE : dlq_fail(work, &error);
    bool failed = fflush(export.out) != 0 || ferror(export.out) != 0;
    if (output != NULL)
        failed |= fclose(export.out) != 0;
    if (failed) {
        fprintf(stderr, "%s: %s could not be written\n", work->program, output != NULL ? output : "standard output");
        exit_code = EXIT_RUNTIME;
    }
    fprintf(stderr, "%s written%s\n", dlq_letters(export.count),
            atomic_load(work->stop) ? "; stopped before the end" : "");
    return exit_code;
}

int dlq_export(int argc, char **argv)
{
    struct arguments arguments = {.output = NULL};
    return dlq_verb(&argp, argc, argv, &arguments, export_all);
}

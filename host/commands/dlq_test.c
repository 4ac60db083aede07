/* commands/dlq_test.c - `sluice dlq test`: letters through today's chain, nothing written. */
#include "commands/dlq_send.h"

enum { KEY_AS_TOPIC = KEY_OWN, KEY_FOREIGN };

struct arguments {
    struct dlq_selection selection;
    const char *as_topic;
    bool foreign;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_AS_TOPIC: arguments->as_topic = argument; return 0;
    case KEY_FOREIGN: arguments->foreign = true; return 0;
    default: return dlq_parse(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {.name = "as-topic", .key = KEY_AS_TOPIC, .arg = "TOPIC", .doc = "Where letters come from that do not tell"},
    {.name = "foreign",
     .key = KEY_FOREIGN,
     .doc = "Also letters of other pipelines, and about topics that this one does not consume"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc = "Sends letters through the transforms and the sink's own checks, as they are configured today. Nothing is "
           "written, and the sink's server is not asked. Exits with 1 when one would be rejected.\v"
           "Examples:\n"
           "  sluice dlq test -c plant-images.ini 0:42\n"
           "  sluice dlq test -c mended.ini --code json.date\n",
};

static int test(struct dlq_work *work, void *arguments_)
{
    const struct arguments *arguments = arguments_;
    const struct dlq_order order = {.how = {.target = REPLAY_TO_SINK,
                                            .as_topic = arguments->as_topic,
                                            .foreign = arguments->foreign,
                                            .max_replay_count = INT64_MAX,
                                            .dry_run = true,
                                            .stop = work->stop},
                                    .verbose = true};
    return dlq_send(work, &order);
}

int dlq_test(int argc, char **argv)
{
    struct arguments arguments = {.as_topic = NULL};
    return dlq_verb(&argp, argc, argv, &arguments, test);
}

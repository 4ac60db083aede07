/* commands/dlq_stats.c - `sluice dlq stats`: letters counted, as a table with bars. */
#include "base/clock.h"
#include "commands/dlq.h"
#include "dlq/survey.h"
#include "dlq/text.h"

#include <inttypes.h>

enum { KEY_BY = KEY_OWN, KEY_NEW_SINCE };
enum { BAR = 30 };

struct arguments {
    struct dlq_selection selection;
    struct survey survey;
    int64_t new_since_ms; /* INT64_MAX: not asked */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct error error;
    switch (key) {
    case KEY_BY:
        if (survey_parse_by(&arguments->survey, argument, &error) != 0)
            argp_error(state, "--by: %s", error.text);
        return 0;
    case KEY_NEW_SINCE:
        if (filter_parse_time(argument, &arguments->new_since_ms, &error) != 0)
            argp_error(state, "--new-since: %s", error.text);
        return 0;
    default: return dlq_parse(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {.name = "by", .key = KEY_BY, .arg = "WHAT,...", .doc = "Some of code (unless given), topic, stage, hour"},
    {.name = "new-since", .key = KEY_NEW_SINCE, .arg = "TIME", .doc = "Mark groups whose first letter failed since"},
    {.name = NULL},
};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .children = dlq_selection_children,
    .args_doc = "[LETTER...]",
    .doc = "Counts open letters by what they have in common. Letters about a record that another letter is about are "
           "counted apart, as repeats.\v"
           "Examples:\n"
           "  sluice dlq stats -c plant-images.ini\n"
           "  sluice dlq stats -c plant-images.ini --by code,topic --new-since '1 d'\n"
           "  sluice dlq stats -c plant-images.ini --by hour --code json.date\n",
};

/* "3 h", "2 d": the largest unit that gives two at least. */
static const char *age_of(int64_t at_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}};
    static char text[32];
    int64_t age_ms = clock_wall_ms() - at_ms;
    size_t i = 0;
    while (i < 3 && age_ms < 2 * units[i].ms)
        i++;
    snprintf(text, sizeof text, "%" PRId64 " %s", age_ms / units[i].ms, units[i].name);
    return text;
}

static void print_table(const struct arguments *arguments, const struct letters *letters)
{
    const struct survey *survey = &arguments->survey;
    const struct letter_counts *counts = &survey->counts;
    char at[CLOCK_ISO8601_SIZE];
    printf("%" PRIu64 " %sletters match, of %" PRIu64 " in %s (%" PRIu64 " decided, %" PRIu64 " repeats, %" PRIu64
           " others)\n",
           counts->matched, arguments->selection.filter.all ? "" : "open ", counts->read, letters->topic,
           counts->decided, counts->repeats, counts->others);
    if (survey->oldest_ms >= 0) {
        clock_format(survey->oldest_ms, at);
        printf("oldest %s, %s ago; ", at, age_of(survey->oldest_ms));
        clock_format(survey->newest_ms, at);
        printf("newest %s, %s ago\n", at, age_of(survey->newest_ms));
    }
    uint64_t largest = 1;
    for (size_t i = 0; i < survey->group_count; i++)
        largest = survey->groups[i].count > largest ? survey->groups[i].count : largest;
    if (survey->group_count > 0)
        putchar('\n');
    for (size_t i = 0; i < survey->group_count; i++) {
        const struct survey_group *group = &survey->groups[i];
        for (size_t value = 0; value < survey->by_count; value++) {
            text_cell(stdout, group->values[value], 28, true);
            putchar(' ');
        }
        printf("%9" PRIu64 " ", group->count);
        for (uint64_t bar = 0; bar < (group->count * BAR + largest - 1) / largest; bar++)
            fputs("█", stdout);
        puts(group->oldest_ms >= arguments->new_since_ms ? " new" : "");
    }
}

static void print_json(const struct arguments *arguments, const struct letters *letters)
{
    json_t *json = survey_json(&arguments->survey, letters->topic, arguments->new_since_ms);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int stats(struct dlq_work *work, void *arguments_)
{
    struct arguments *arguments = arguments_;
    struct error error;
    int exit_code = EXIT_FINE;
    if (survey_run(&arguments->survey, &work->letters, &arguments->selection.filter, &error) != 0)
        exit_code = dlq_fail(work, &error);
    else if (atomic_load(work->stop))
        fprintf(stderr, "%s: stopped; nothing is told of a part\n", work->program);
    else
        (arguments->selection.json ? print_json : print_table)(arguments, &work->letters);
    survey_free(&arguments->survey);
    return exit_code;
}

int dlq_stats(int argc, char **argv)
{
    struct arguments arguments = {.new_since_ms = INT64_MAX, .survey = {.by = {SURVEY_CODE}, .by_count = 1}};
    return dlq_verb(&argp, argc, argv, &arguments, stats);
}

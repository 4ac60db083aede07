/* dlq/survey.h - letters counted by what they have in common: the numbers behind `dlq stats` and the page's chart.
 * Streams the topic; memory is bounded by the different groups, of which it keeps 10,000 and counts the rest together.
 * Neighbours: letters.h (reads), entry.h. */
#ifndef SLUICE_DLQ_SURVEY_H
#define SLUICE_DLQ_SURVEY_H

#include "dlq/letters.h"

#include <jansson.h>

enum survey_by { SURVEY_CODE, SURVEY_TOPIC, SURVEY_STAGE, SURVEY_HOUR, SURVEY_BY_COUNT };
extern const char *const survey_by_names[SURVEY_BY_COUNT]; /* "code", ... */

struct survey_group {
    const char *values[SURVEY_BY_COUNT]; /* in the order of survey->by; "(others)" once there are too many groups */
    uint64_t count;
    int64_t oldest_ms, newest_ms; /* of the failures; -1: none is told */
};

struct survey {
    enum survey_by by[SURVEY_BY_COUNT];
    size_t by_count;
    struct letter_counts counts;
    struct survey_group *groups; /* the largest first; by hour alone: in the order of time */
    size_t group_count;
    int64_t oldest_ms, newest_ms;
    struct arena arena;
};

/* "code,topic": each once. */
int survey_parse_by(struct survey *survey, const char *text, struct error *error);
int survey_run(struct survey *survey, struct letters *letters, const struct filter *filter, struct error *error);
/* As --json and the page have it; groups whose first letter failed at new_since_ms or later are marked.  The caller's.
 */
json_t *survey_json(const struct survey *survey, const char *topic, int64_t new_since_ms);
void survey_free(struct survey *survey);

#endif

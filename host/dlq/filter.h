/* dlq/filter.h - which letters: by coordinates, error, origin, key, header and time; what is left open lets all
 * through.  Also how those are written on a command line and in a URL.  Pure.
 * Neighbours: letters.h (which applies it), commands/dlq_work.c and admin/letters.c (which fill it). */
#ifndef SLUICE_DLQ_FILTER_H
#define SLUICE_DLQ_FILTER_H

#include "base/error.h"
#include "dlq/entry.h"

enum { FILTER_MOST_COORDINATES = 1000 };

/* Of a letter ("PARTITION:OFFSET" in the dead letter topic), or with a topic of the record it is about. */
struct coordinates {
    char *topic; /* NULL: the letter's own */
    int32_t partition;
    int64_t offset;
};

/* Texts are the filter's own; filter_init() first. */
struct filter {
    struct coordinates *coordinates; /* any of them; none: all letters */
    size_t coordinate_count;
    char *code;     /* a shell pattern, "json.*" */
    char *stage;    /* case does not matter */
    char *pipeline; /* that wrote it, a shell pattern */
    char *topic;    /* of the origin, a shell pattern */
    int64_t partition;
    int64_t offset_from, offset_to; /* of the origin, both included */
    char *key;                      /* the Kafka key's bytes as text */
    char *header_name, *header_value;
    int64_t since_ms, until_ms; /* of the failure */
    bool all;                   /* those that are decided too */
};

void filter_init(struct filter *filter);
void filter_free(struct filter *filter);

/* Does it ask for nothing but letters by their own coordinates? */
bool filter_is_by_letter(const struct filter *filter);
/* Everything but `all`, which is not the letter's to know. */
bool filter_matches(const struct filter *filter, const struct entry *entry);

/* The names below, NULL behind the last. */
const char *filter_name(size_t i);
/* Each sets one member from text by its name: "code", "stage", "pipeline", "topic", "partition",
 * "offset" (17, 10-20, 10-, -20), "key", "header" (NAME or NAME=VALUE), "since", "until" (2026-11-25,
 * 2026-11-25T10:00:00Z, or an age: 90 s, 15 min, 2 h, 3 d).  Says what was wanted otherwise. */
int filter_set(struct filter *filter, const char *name, const char *text, struct error *error);
int filter_add_coordinates(struct filter *filter, const char *text, struct error *error);
/* A point in time as above, in wall clock ms. */
int filter_parse_time(const char *text, int64_t *ms, struct error *error);

#endif

/* dlq/letters.h - a pipeline's dead letters as one looks at them: the topic, the decisions, and the letters a filter
 * lets through.  The one reading path of command line and page. A letter is open until a decision closes it.  Letters
 * about a record that was seen already in the same look are repeats (delivery is at-least-once) and are left out; so
 * that memory stays bounded, the last 131,072 records are remembered for that. Neighbours: reader.h, decisions.h,
 * filter.h; survey.h, which is made of it. */
#ifndef SLUICE_DLQ_LETTERS_H
#define SLUICE_DLQ_LETTERS_H

#include "dlq/decisions.h"
#include "dlq/filter.h"

#include <stdio.h>

struct letters {
    const struct pipeline_config *config;
    const struct settings *settings;
    const char *topic;
    char *state_topic;
    bool state_is_there;
    const atomic_bool *stop; /* the watch's */
    struct reader *reader;
    struct decisions *decisions;
};

/* Of the letters the topic holds. */
struct letter_counts {
    uint64_t read;    /* looked at */
    uint64_t decided; /* of them, and left out for it */
    uint64_t others;  /* not let through by the filter */
    uint64_t repeats; /* about a record that another letter is about */
    uint64_t matched;
};

/* The configuration has a dead letter topic, and lives longer.  Fails when no broker answers or the topic is not
 * there; letters_close() in any case. */
int letters_open(struct letters *letters, const struct pipeline_config *config, const struct settings *settings,
                 const struct reader_watch *watch, struct error *error);
void letters_close(struct letters *letters);

/* Every letter that the filter lets through, in log order of each partition.  each() takes the entry over, and answers
 * whether to go on.  counts may be NULL. */
int letters_each(struct letters *letters, const struct filter *filter, bool (*each)(void *opaque, struct entry *entry),
                 void *opaque, struct letter_counts *counts, struct error *error);

/* The same from the lines of an export, in their order; name: of the file, for what is wrong with a line, which ends
 * it. */
int letters_each_line(struct letters *letters, const struct filter *filter, FILE *in, const char *name,
                      bool (*each)(void *opaque, struct entry *entry), void *opaque, struct letter_counts *counts,
                      struct error *error);

/* The newest `limit` of them by their place in the topic, newest first, without their values (value_bytes tells their
 * sizes).  *more: there are others.  The caller frees each entry and the array. */
int letters_newest(struct letters *letters, const struct filter *filter, size_t limit, struct entry ***entries,
                   size_t *count, bool *more, struct error *error);

#endif

/* config/problems.h - everything that is wrong with a configuration, collected so that one run tells it all.
 * Neighbours: settings.h and options.h fill it, commands/ prints it. */
#ifndef SLUICE_CONFIG_PROBLEMS_H
#define SLUICE_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where a setting stands.  file NULL: nowhere in a file (a default, the command line). */
struct place {
    const char *file; /* lives as long as the settings */
    int line;         /* from 1; 0: the file as a whole */
};

enum problem_severity { PROBLEM_ERROR, PROBLEM_WARNING };

struct problems; /* [main] */

struct problems *problems_new(void);
void problems_free(struct problems *problems);

/* place may be NULL.  The text says what, got and wanted, without the place and without a full stop. */
void problems_error(struct problems *problems, const struct place *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void problems_warning(struct problems *problems, const struct place *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

size_t problems_errors(const struct problems *problems);
size_t problems_warnings(const struct problems *problems);

/* In the order of files and lines; file NULL: nowhere in particular, line 0: the file as a whole. */
void problems_each(const struct problems *problems,
                   void (*tell)(void *opaque, enum problem_severity severity, const char *file, int line,
                                const char *text),
                   void *opaque);
/* One a line, "FILE:LINE: error: TEXT". */
void problems_print(const struct problems *problems, FILE *out);

#endif

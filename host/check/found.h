/* check/found.h - how a check tells what it found.  Both clients and several topics can run into one cause: what has
 * been told in the same words is not told again. */
#ifndef SLUICE_CHECK_FOUND_H
#define SLUICE_CHECK_FOUND_H

#include "check/check.h"

/* Where section has key, else where the section begins; NULL: nowhere. */
const struct place *found_at(const struct check *check, const char *section, const char *key);

void found_fine(struct check *check, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Not asked, since something else failed. */
void found_skipped(struct check *check, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void found_warning(struct check *check, const struct place *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void found_error(struct check *check, const struct place *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void found_progress(const struct check *check, const char *what);
void found_free(struct check *check);

#endif

/* base/error.h - why something failed, in words a person can act on: what, which object, got, wanted, where.
 * Functions that fail return -1 and fill the error they were given; success is 0. */
#ifndef SLUICE_BASE_ERROR_H
#define SLUICE_BASE_ERROR_H

struct error {
    char text[1024];
};

/* [any] Always returns -1, so that a failure can be told and returned in one line. */
int error_set(struct error *error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

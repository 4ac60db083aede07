/* base/plain.h - text made in a buffer at hand, for a signal handler: every function is async-signal-safe.  What does
 * not fit is left out.  Neighbours: plugin/crash.c, ops/log_plain.c. */
#ifndef SLUICE_BASE_PLAIN_H
#define SLUICE_BASE_PLAIN_H

#include <stddef.h>
#include <stdint.h>

struct plain {
    char text[1024]; /* ends with a NUL when it began cleared */
    size_t size;
};

/* [any] */
void plain_add(struct plain *plain, const char *text);
/* The same with a question mark for what is not printable ASCII, and for quotes and backslashes. */
void plain_add_shown(struct plain *plain, const char *text);
void plain_add_number(struct plain *plain, int64_t number);

#endif

/* base/read.h - a file as a whole. */
#ifndef SLUICE_BASE_READ_H
#define SLUICE_BASE_READ_H

#include <stdio.h>

/* [any] All that is left of it, with a NUL behind; the caller frees it.  ferror() tells whether that was the end. */
char *read_all(FILE *in, size_t *size);

#endif

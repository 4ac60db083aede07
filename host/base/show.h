/* base/show.h - unknown bytes made fit to be shown, a character at a time or a whole text: valid UTF-8, no control
 * character, nothing that turns the writing direction.  What cannot be shown as it is becomes \n, \x1b, \u202e or (an
 * invalid byte) \xff.
 * Neighbours: dlq/text.h (a record's texts), ops/log_line.h (the log's), config/problems.h and import/findings.h (what
 * files say). */
#ifndef SLUICE_BASE_SHOW_H
#define SLUICE_BASE_SHOW_H

#include <stddef.h>
#include <stdio.h>

enum { SHOW_SIZE = 16 };

/* [any] Of data, size bytes of it and at least one: its text, the columns it takes on a terminal (columns may be NULL),
 * and how many bytes of data it was. */
size_t show_character(const void *data, size_t size, char shown[SHOW_SIZE], size_t *columns);
void show_text(FILE *out, const char *text);

#endif

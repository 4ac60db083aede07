/* dlq/text.h - bytes of unknown origin made fit to be shown: valid UTF-8, no control characters, nothing that turns the
 * writing direction.
 * Neighbours: base/show.h (the rule), letter_json.h and the commands, which show nothing of a record in any other way.
 */
#ifndef SLUICE_DLQ_TEXT_H
#define SLUICE_DLQ_TEXT_H

#include "sluice/abi.h"

#include <stdio.h>

/* Line ends stay line ends with keep_lines. */
void text_write(FILE *out, const void *data, size_t size, bool keep_lines);
/* At most `columns` wide, an ellipsis for the rest; padded to it when pad is set.  text may be NULL: "-". */
void text_cell(FILE *out, const char *text, size_t columns, bool pad);
/* The same as text of one's own; the caller frees it. */
char *text_visible(const void *data, size_t size);

bool text_is_utf8(const void *data, size_t size);

/* The caller frees what they return.  text_base64_decode(): NULL when it is none. */
char *text_base64(const void *data, size_t size);
void *text_base64_decode(const char *text, size_t length, size_t *size);

#endif

/* dlq/payload.h - a letter's value for people: indented JSON with long strings folded to their size and kind, text, or
 * a hex dump; and where in it the reason points to. Neighbours: text.h, media.h; commands/dlq_show.c. */
#ifndef SLUICE_DLQ_PAYLOAD_H
#define SLUICE_DLQ_PAYLOAD_H

#include <stddef.h>
#include <stdio.h>

/* reason: the letter's message, or NULL: a field it begins with ("updated_at: got …") or a position in it ("(byte 17)",
 * "at byte 17") is marked. */
void payload_write(FILE *out, const void *data, size_t size, const char *reason);

#endif

/* plugins/json_event/hex.h - pairs of hex digits to bytes. */
#ifndef SLUICE_JSON_EVENT_HEX_H
#define SLUICE_JSON_EVENT_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* text: size characters, size even; bytes: room for size / 2.  False: a character is no hex digit; bytes hold nothing
 * of use then. */
bool hex_decode(const char *text, size_t size, uint8_t *bytes);
/* The position of the first character that is no hex digit; size: all are. */
size_t hex_span(const char *text, size_t size);

#endif

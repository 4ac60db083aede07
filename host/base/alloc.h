/* base/alloc.h - memory that is never refused: a host that cannot have a few bytes says so and aborts, since a
 * half-made structure would cost a record.  Large, bounded memory (payloads, arenas) goes the same way: it is
 * kept within buffer.max.bytes by whoever asks.
 * Neighbour: arena.h, for what is freed together. */
#ifndef SLUICE_BASE_ALLOC_H
#define SLUICE_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* [any] Each never returns NULL; the caller frees with free(). */
void *alloc_zeroed(size_t count, size_t size);
void *alloc_resized(void *block, size_t count, size_t size); /* realloc() of count * size bytes */
void *alloc_copy(const void *data, size_t size);             /* size bytes and a NUL behind them */
char *alloc_text(const char *text);
/* What cannot be formatted (a plugin's %ls of what is no text, say) is the format itself. */
char *alloc_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *alloc_vprintf(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#endif

/* base/arena.h - memory that is freed together: a batch's transformed values, a configuration's texts.
 * Neighbour: alloc.h, which it takes its chunks from. */
#ifndef SLUICE_BASE_ARENA_H
#define SLUICE_BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_chunk *newest;
    size_t chunk_bytes; /* the size of an ordinary chunk; 0: a default */
    size_t used_bytes;  /* handed out since the last reset */
};

/* [task] An arena belongs to one thread at a time.  A zeroed struct is an empty arena. */
void *arena_alloc(struct arena *arena, size_t size); /* aligned for any type, not cleared; never NULL */
void *arena_zeroed(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size); /* with a NUL behind it */
char *arena_text(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void arena_reset(struct arena *arena); /* keeps one ordinary chunk, frees the rest */
void arena_free(struct arena *arena);  /* back to a zeroed struct (chunk_bytes kept) */

#endif

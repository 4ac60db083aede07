#include "base/arena.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_CHUNK_BYTES = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size, used;
    max_align_t data[];
};

static struct arena_chunk *chunk_new(struct arena_chunk *older, size_t size)
{
    struct arena_chunk *chunk = alloc_resized(NULL, 1, sizeof *chunk + size);
    *chunk = (struct arena_chunk){.older = older, .size = size};
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    size = (size + align - 1) / align * align;
    size_t ordinary = arena->chunk_bytes > 0 ? arena->chunk_bytes : DEFAULT_CHUNK_BYTES;
    struct arena_chunk *chunk = arena->newest;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        if (chunk != NULL && size > ordinary / 2) { /* of its own, behind the one being filled */
            chunk = chunk->older = chunk_new(chunk->older, size);
        } else {
            chunk = arena->newest = chunk_new(chunk, size > ordinary ? size : ordinary);
        }
    }
    void *block = (char *)chunk->data + chunk->used;
    chunk->used += size;
    arena->used_bytes += size;
    return block;
}

void *arena_zeroed(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = arena_alloc(arena, (size_t)(size > 0 ? size : 0) + 1);
    vsnprintf(text, (size_t)(size > 0 ? size : 0) + 1, fmt, again);
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena)
{
    size_t ordinary = arena->chunk_bytes > 0 ? arena->chunk_bytes : DEFAULT_CHUNK_BYTES;
    struct arena_chunk *kept = NULL;
    for (struct arena_chunk *chunk = arena->newest, *older; chunk != NULL; chunk = older) {
        older = chunk->older;
        if (kept == NULL && chunk->size == ordinary)
            kept = chunk;
        else
            free(chunk);
    }
    if (kept != NULL)
        *kept = (struct arena_chunk){.size = kept->size};
    arena->newest = kept;
    arena->used_bytes = 0;
}

void arena_free(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->newest, *older; chunk != NULL; chunk = older) {
        older = chunk->older;
        free(chunk);
    }
    arena->newest = NULL;
    arena->used_bytes = 0;
}

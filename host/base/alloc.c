#include "base/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "sluice: out of memory: %zu bytes refused\n", size);
    abort();
}

void *alloc_zeroed(size_t count, size_t size)
{
    void *block = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (block == NULL)
        out_of_memory(count * size);
    return block;
}

void *alloc_resized(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    void *resized = realloc(block, bytes > 0 ? bytes : 1);
    if (resized == NULL)
        out_of_memory(bytes);
    return resized;
}

void *alloc_copy(const void *data, size_t size)
{
    char *copy = alloc_resized(NULL, size + 1, 1);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *alloc_text(const char *text)
{
    return alloc_copy(text, strlen(text));
}

char *alloc_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = alloc_vprintf(fmt, args);
    va_end(args);
    return text;
}

char *alloc_vprintf(const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) >= 0)
        return text;
    if (errno == ENOMEM)
        out_of_memory(strlen(fmt));
    return alloc_text(fmt);
}

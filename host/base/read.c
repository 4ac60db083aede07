#include "base/read.h"

#include "base/alloc.h"

enum { FIRST_BYTES = 4096 };

char *read_all(FILE *in, size_t *size)
{
    size_t capacity = FIRST_BYTES, got;
    char *data = alloc_resized(NULL, capacity, 1);
    *size = 0;
    while ((got = fread(data + *size, 1, capacity - *size - 1, in)) > 0) {
        *size += got;
        if (capacity - *size < FIRST_BYTES)
            data = alloc_resized(data, capacity *= 2, 1);
    }
    data[*size] = '\0';
    return data;
}

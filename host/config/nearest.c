#include "config/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST_NAME = 96 };

/* Levenshtein's distance: insertions, deletions and substitutions. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_NAME + 1], a_size = strlen(a), b_size = strlen(b);
    if (a_size > LONGEST_NAME || b_size > LONGEST_NAME)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = substituted < shifted ? substituted : shifted;
        }
    }
    return row[b_size];
}

const char *nearest_name(const char *const *names, const char *name)
{
    const char *nearest = NULL;
    size_t limit = strlen(name) / 3 > 2 ? strlen(name) / 3 : 2, least = limit + 1;
    for (; *names != NULL; names++) {
        size_t d = distance(*names, name);
        if (d < least && d < strlen(name)) {
            least = d;
            nearest = *names;
        }
    }
    return nearest;
}

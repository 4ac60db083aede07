/* config/option_types.h - the types of options: how each is written, parsed and told.
 * Neighbour: options.h, which binds whole tables. */
#ifndef SLUICE_CONFIG_OPTION_TYPES_H
#define SLUICE_CONFIG_OPTION_TYPES_H

#include "base/arena.h"
#include "sluice/abi.h"

struct option_type {
    const char *name;   /* "duration", as `describe` says it */
    const char *wanted; /* "a duration (250, 250 ms, 10 s, 5 min, 1 h)" */
    size_t size;        /* of the member */
    /* Stores text in the member, with what it needs from the arena; false: it is none of these.  number: what a range
     * is checked against. */
    bool (*parse)(const sluice_option *row, const char *text, struct arena *arena, void *member, double *number);
};

/* NULL for no type. */
const struct option_type *option_type(sluice_type type);

#endif

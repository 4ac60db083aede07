/* import/draft.h - the INI in the making: settings by section, each with the key it comes from.
 * Neighbours: mapping.h fills it, commands/import.c prints it. */
#ifndef SLUICE_IMPORT_DRAFT_H
#define SLUICE_IMPORT_DRAFT_H

#include "base/arena.h"

#include <stdio.h>

struct draft_setting {
    const char *section, *name, *value;
    const char *comment; /* NULL: none */
};

struct draft {
    struct draft_setting *settings; /* in the order of their first appearance */
    size_t count;
    struct arena arena; /* all texts but sections, which are constants */
};

/* [main] A zeroed struct is an empty one.  A later value takes the place of the earlier.  NULL, or what of it an INI
 * cannot hold: then nothing is set. */
const char *draft_set(struct draft *draft, const char *section, const char *name, const char *value,
                      const char *comment);
/* NULL when it is not there. */
const char *draft_value(const struct draft *draft, const char *section, const char *name);
/* Leaves out of section what base, which comes before it, says already. */
void draft_leave_out_repeated(struct draft *draft, const char *section, const char *base);
void draft_print(const struct draft *draft, FILE *out);
void draft_free(struct draft *draft);

#endif

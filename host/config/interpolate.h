/* config/interpolate.h - ${env:NAME}, ${env:NAME:-default} and ${file:PATH} in values, resolved once and never again
 * in what they gave: a secret can never add a key, or another reference.  $${ is a literal ${; ${topic} and other bare
 * names are the plugins' own templates and stay. */
#ifndef SLUICE_CONFIG_INTERPOLATE_H
#define SLUICE_CONFIG_INTERPOLATE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

enum { INTERPOLATE_LARGEST_FILE_BYTES = 1 << 20 };

/* [main] *value is in the arena; *resolved: a reference took part in it.  The error names the variable or path, never
 * what it holds. */
int interpolate(const char *written, struct arena *arena, const char **value, bool *resolved, struct error *error);

#endif

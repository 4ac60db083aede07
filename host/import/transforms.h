/* import/transforms.h - single message transforms (transforms = a, b): what json-event can do instead.
 * Neighbour: framework.c, whose row this is. */
#ifndef SLUICE_IMPORT_TRANSFORMS_H
#define SLUICE_IMPORT_TRANSFORMS_H

#include "import/mapping.h"

/* Those of the list that give top-level fields of the value another type become [transform.event] convert.FIELD; the
 * others have no counterpart. */
void map_transforms(struct import *import, const struct mapped *at);

#endif

/* import/reference.h - ${provider:path:key} of Kafka's config providers as Sluice's ${env:NAME} and ${file:PATH}. */
#ifndef SLUICE_IMPORT_REFERENCE_H
#define SLUICE_IMPORT_REFERENCE_H

#include "import/mapping.h"

/* [main] The entry's value with its references translated, in the import's arena.  One that cannot be said stays as it
 * is, so that `sluice validate` refuses it, and is told. */
const char *reference_translate(struct import *import, const struct entry *entry);

#endif

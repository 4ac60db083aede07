/* import/reference.h - ${provider:path:key} of Kafka's config providers as Sluice's ${env:NAME} and ${file:PATH}. */
#ifndef SLUICE_IMPORT_REFERENCE_H
#define SLUICE_IMPORT_REFERENCE_H

#include "import/mapping.h"

/* [main] Translates those in the entry's value, which is in the import's arena then.  One that cannot be said stays as
 * it is, so that `sluice validate` refuses it, or, behind a $, leaves the value empty; the entry has the reason. */
void reference_translate(struct import *import, struct entry *entry);

#endif

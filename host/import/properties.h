/* import/properties.h - Java's .properties syntax, as java.util.Properties.load(InputStream) takes it: ISO 8859-1,
 * backslashes that escape and continue lines, = : or white space behind the name. */
#ifndef SLUICE_IMPORT_PROPERTIES_H
#define SLUICE_IMPORT_PROPERTIES_H

#include "base/error.h"

#include <stddef.h>

/* [main] Tells each name and value, in UTF-8, in the order of the text; what tell is given is gone when it returns. */
int properties_read(const char *text, size_t size, void (*tell)(void *opaque, const char *name, const char *value),
                    void *opaque, struct error *error);

#endif

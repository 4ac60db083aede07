/* import/jaas.h - sasl.jaas.config: the login module and its options. */
#ifndef SLUICE_IMPORT_JAAS_H
#define SLUICE_IMPORT_JAAS_H

#include "base/arena.h"

/* [main] "com.example.SomeLoginModule required name="value" ...;".  The module's class, and an option of it, in the
 * arena; NULL when there is none. */
const char *jaas_module(const char *text, struct arena *arena);
const char *jaas_option(const char *text, const char *name, struct arena *arena);

#endif

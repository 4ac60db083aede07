/* import/regex.h - a regular expression of java.util.regex for whole topic names as a POSIX extended one, which is what
 * topics.regex takes. */
#ifndef SLUICE_IMPORT_REGEX_H
#define SLUICE_IMPORT_REGEX_H

#include "base/arena.h"
#include "base/error.h"

/* [main] What matches the same names, in the arena; NULL where POSIX cannot say it, with the construct in the error. */
const char *regex_from_java(const char *java, struct arena *arena, struct error *error);

#endif

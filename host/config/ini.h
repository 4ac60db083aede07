/* config/ini.h - one INI file as a stream of sections and settings, parsed by inih through a reader of our own that
 * refuses whatever a person could mean differently: indentation, a missing '=', white space or a colon in a name, an
 * unclosed '[', text after a section, NUL, UTF-16, a line above the limit.  Comments stand on lines of their own;
 * values are taken whole. Neighbour: settings.h, which merges files. */
#ifndef SLUICE_CONFIG_INI_H
#define SLUICE_CONFIG_INI_H

#include "config/problems.h"

enum { INI_LONGEST_LINE_BYTES = 1 << 20 };

struct ini_events {
    void (*section)(void *opaque, const char *name, const struct place *place);
    void (*setting)(void *opaque, const char *name, const char *value, const struct place *place);
    void *opaque;
};

/* [main] path lives as long as the places made from it.  What can be read is told, whatever else is wrong. */
void ini_read(const char *path, const struct ini_events *events, struct problems *problems);

#endif

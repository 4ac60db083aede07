/* config/nearest.h - the known name that a mistyped one probably meant. */
#ifndef SLUICE_CONFIG_NEAREST_H
#define SLUICE_CONFIG_NEAREST_H

/* names: NULL-terminated.  NULL when none is near (more than a third of the name differs). */
const char *nearest_name(const char *const *names, const char *name);

#endif

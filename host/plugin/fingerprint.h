/* plugin/fingerprint.h - a short name for what a process was configured with, so that members that were not configured
 * alike are seen.
 * Neighbours: masking.h (what is left out), config/settings.h. */
#ifndef SLUICE_PLUGIN_FINGERPRINT_H
#define SLUICE_PLUGIN_FINGERPRINT_H

#include "plugin/chain.h"

enum { FINGERPRINT_SIZE = 17 };

/* [main] The first 16 hexadecimal digits of a SHA-256 over every setting after merging and interpolation, whatever
 * the order of sections, keys and files.  Nothing secret can be guessed from it: of a secret option only its name goes
 * in, of what comes from a ${file:} only the reference. */
void fingerprint(const struct settings *settings, const struct chain *chain, char text[FINGERPRINT_SIZE]);

#endif

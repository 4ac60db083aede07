/* plugin/secrets.h - which settings are secrets: the host's options and the plugins' by their tables, librdkafka's by
 * name.
 * Neighbours: chain.h (whose tables), fingerprint.h, commands/validate.c (who mask them). */
#ifndef SLUICE_PLUGIN_SECRETS_H
#define SLUICE_PLUGIN_SECRETS_H

#include "plugin/chain.h"

/* [main] What nobody vouches for is one: a section whose plugin could not be loaded may hold anything, a misspelt key
 * too. */
bool secrets_include(const struct chain *chain, const char *section, const char *name);

#endif

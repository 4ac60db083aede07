/* plugin/masking.h - which settings are secrets, and what may be shown of them: those that their table flags, those of
 * librdkafka, and those that nobody vouches for, since a misspelt key, or a section whose plugin could not be loaded,
 * may hold anything.  One rule for `validate --print`, the REST API and the texts that redact() goes through.
 * Neighbours: chain.h (whose tables say what is secret), config/settings.h, ops/redact.h. */
#ifndef SLUICE_PLUGIN_MASKING_H
#define SLUICE_PLUGIN_MASKING_H

#include "plugin/chain.h"

#define MASKED "***"

/* [any] Is it to be treated as a secret? */
bool masking_hides(const struct chain *chain, const char *section, const char *name);

/* [any] The setting as it is written; for a secret, and for what no table vouches for, MASKED, but a reference as it is
 * (it names a variable or file, not what that holds).  It lives as long as the settings. */
const char *masking_shown(const struct chain *chain, const char *section, const struct setting *setting);

/* [main] Before threads start: from here on redact() masks the values of secrets, and those of references that no table
 * vouches for. */
void masking_begin(const struct chain *chain, const struct settings *settings);

#endif

/* plugin/masking.h - what may be shown of a setting: one rule for `validate --print` and the REST API.
 * Neighbours: chain.h (whose tables say what is secret), config/settings.h. */
#ifndef SLUICE_PLUGIN_MASKING_H
#define SLUICE_PLUGIN_MASKING_H

#include "plugin/chain.h"

#define MASKED "***"

/* [any] The setting as it is written; for a secret, and for what no table vouches for, MASKED, but a reference as it is
 * (it names a variable or file, not what that holds).  It lives as long as the settings. */
const char *masking_shown(const struct chain *chain, const char *section, const struct setting *setting);

#endif

/* plugin/secrets.h - which settings are secrets: those that their table flags, those of librdkafka, and those that
 * nobody vouches for, since a misspelt key, or a section whose plugin could not be loaded, may hold anything.
 * Neighbours: ops/redact.h masks them in texts; commands/validate.c and
 * admin/connect.h show the others. */
#ifndef SLUICE_PLUGIN_SECRETS_H
#define SLUICE_PLUGIN_SECRETS_H

#include "plugin/chain.h"

enum secrecy {
    SECRECY_NONE,
    SECRECY_SECRET,
    SECRECY_UNKNOWN /* nobody vouches for it: to be treated as a secret where it would be shown */
};

/* [any] Of an option by its section and name, such as "sink.images" and "connection.uri". */
enum secrecy secrecy_of(const struct chain *chain, const char *section, const char *name);

/* [any] What may be shown of a setting: as it is written; of a secret, and of what nobody vouches for, nothing
 * (MASKED), but a reference as it is: it names a variable or file, not what that holds.  It lives as long as the
 * settings. */
#define MASKED "***"
const char *secret_shown(const struct chain *chain, const char *section, const struct setting *setting);

/* [main] Before threads start: from here on, secrets are masked wherever redact() is. */
void secrets_mask(const struct settings *settings, const struct chain *chain);

#endif

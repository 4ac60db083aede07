/* admin/config_infos.h - an option table as Kafka Connect tells one (ConfigKeyInfo, ConfigInfos of Kafka 4.1), and what
 * is wrong with values for it.  Pure. Neighbours: config/options.h, connect_plugins.c. */
#ifndef SLUICE_ADMIN_CONFIG_INFOS_H
#define SLUICE_ADMIN_CONFIG_INFOS_H

#include "config/options.h"

#include <jansson.h>

/* Appends a ConfigKeyInfo for each row; of a map one, "convert.<name>". */
void config_infos_keys(const struct option_table *table, const char *group, json_t *keys);

/* Appends a ConfigInfo for each row, with the value that is given for it in values (text to text), and for each entry
 * of a map.  The number of errors.  A reference (${env:…}) is not resolved, and nothing is said of it; secrets are
 * masked. */
size_t config_infos_values(const struct option_table *table, const char *group, const json_t *values, json_t *infos);
/* Likewise one for a key that no table knows: an error, with the table's nearest name. */
size_t config_infos_unknown(const struct option_table *table, const char *key, json_t *infos);

#endif

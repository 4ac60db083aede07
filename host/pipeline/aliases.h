/* pipeline/aliases.h - [metrics] alias.*: metrics shown under a second name, for dashboards that know another.
 * Neighbours: families.h (the host's metrics), plugin/host_api.h (a plugin's), ops/metrics.h (who shows them). */
#ifndef SLUICE_PIPELINE_ALIASES_H
#define SLUICE_PIPELINE_ALIASES_H

#include "config/pipeline_config.h"

/* [main] After every family has been registered: counters_init(), and the chain has been built.  Each alias that
 * cannot be is told with its place. */
void aliases_bind(const struct pipeline_config *config, const struct settings *settings, struct problems *problems);

#endif

/* plugin/probe.h - tries something in a forked child that may hang or crash, so that the host does not.
 * Neighbour: loader.h, which tries dlopen and the query this way. */
#ifndef SLUICE_PLUGIN_PROBE_H
#define SLUICE_PLUGIN_PROBE_H

#include "base/error.h"

/* [main] Before there are threads.  Runs attempt in a child; what it answered, or that it crashed (with the signal's
 * name) or did not return in time. */
int probe(int (*attempt)(const void *argument, struct error *error), const void *argument, int timeout_ms,
          struct error *error);

#endif

/* plugin/inspect.h - is this a descriptor we can work with?  Reads, calls nothing.
 * Neighbour: loader.h, which asks first in a child process, since a bad pointer may lie anywhere. */
#ifndef SLUICE_PLUGIN_INSPECT_H
#define SLUICE_PLUGIN_INSPECT_H

#include "base/error.h"
#include "sluice/abi.h"

/* 0, or -1 with the reason in words. */
int plugin_inspect(const sluice_plugin *descriptor, struct error *error);

const char *format_name(sluice_format format); /* of a single bit */

#endif

/* check/sink.h - do the plugins open, and does the sink find its server, its privileges and what the topics need there?
 * Neighbours: plugin/instance.h (the calls), sluice/abi.h (verify(), which changes nothing here). */
#ifndef SLUICE_CHECK_SINK_H
#define SLUICE_CHECK_SINK_H

#include "check/check.h"

/* In a thread of its own, since only the plugin can end its calls.  False: it has not come back within the time. */
bool sink_check(struct check *check, const sluice_list *topics);

#endif

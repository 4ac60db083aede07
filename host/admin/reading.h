/* admin/reading.h - the read side: what the sink holds, for everybody, on a listener that carries nothing else, so that
 * an Ingress may point at it.  GET of /ping, PATH/{topic}/{key} and PATH/{topic}/total/ (the trailing slash is as good
 * as none), of the pipeline's own topics.
 * Neighbours: lookup.h (who is asked), commands/listeners.c (opens it), admin.h (the guarded one). */
#ifndef SLUICE_ADMIN_READING_H
#define SLUICE_ADMIN_READING_H

#include "base/error.h"
#include "plugin/chain.h"

struct reading;

/* [main] The chain's plugins are loaded; both live longer.  [http] read.listen is set. */
int reading_open(struct reading **reading, const struct pipeline_config *config, const struct chain *chain,
                 struct error *error);

/* [any] Its end is near: /ping says so, everything else goes on.  NULL is fine. */
void reading_stopping(struct reading *reading);
void reading_close(struct reading *reading); /* NULL is fine; ends what is under way */

#endif

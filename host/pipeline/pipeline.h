/* pipeline/pipeline.h - one pipeline: Kafka topics -> transforms -> one sink, running in threads of its own.
 * Read on in the order of a record's journey: consumer, rebalance, start, intake, unit, batch, task, transforms,
 * delivery, settle, dead_letter, offsets, commits; poller drives them, shutdown ends them.
 * Neighbours: commands/run.c (who runs it), plugin/chain.h and config/ (what it is made of). */
#ifndef SLUICE_PIPELINE_PIPELINE_H
#define SLUICE_PIPELINE_PIPELINE_H

#include "base/error.h"
#include "pipeline/control.h"
#include "plugin/chain.h"

struct pipeline;

/* [main] The chain must be loaded; config, settings, chain and control live until pipeline_join() has returned. */
int pipeline_start(struct pipeline **pipeline, const struct pipeline_config *config, const struct settings *settings,
                   const struct chain *chain, struct control *control, struct error *error);
/* [any] Asks it to drain and end. */
void pipeline_stop(struct pipeline *pipeline);
/* Readable once it has ended. */
int pipeline_fd(const struct pipeline *pipeline);
/* [main] Waits for its end and frees it.  The exit code: 0, or 1 with the reason in the log.  *hung: a plugin is still
 * running, so that nothing has been freed and the process must end without unloading anything. */
int pipeline_join(struct pipeline *pipeline, bool *hung);

#endif

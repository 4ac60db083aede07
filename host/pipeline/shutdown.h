/* pipeline/shutdown.h - a pipeline's end: nothing more is taken in, what is inside plugins and in flight drains within
 * task.shutdown.graceful.timeout.ms, watermarks are committed, the group is left.
 * Neighbours: poller.h (what it ends), pipeline.c (who calls). */
#ifndef SLUICE_PIPELINE_SHUTDOWN_H
#define SLUICE_PIPELINE_SHUTDOWN_H

#include "pipeline/poller.h"

/* [poller] Returns the exit code: 0, or 1 when the pipeline has failed or a plugin hung (poller->hung: named in the
 * log; then nothing may be freed). */
int shutdown_run(struct poller *poller);

#endif

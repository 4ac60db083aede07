/* admin/admin.h - the admin listener of a running pipeline: the dead letter page and its API, and what the sink holds.
 * It answers Kafka Connect's REST API for the pipeline (connect.h).
 * Neighbours: ops/http.h (the server and its guard), dlq/ (letters), pipeline/control.h, commands/run.c (opens it). */
#ifndef SLUICE_ADMIN_ADMIN_H
#define SLUICE_ADMIN_ADMIN_H

#include "base/error.h"
#include "pipeline/control.h"
#include "plugin/chain.h"

struct admin;

/* [main] The chain's plugins are loaded; all four live longer.  [http] admin.listen is set. */
int admin_open(struct admin **admin, const struct pipeline_config *config, const struct settings *settings,
               const struct chain *chain, struct control *control, struct error *error);
void admin_close(struct admin *admin); /* NULL is fine; ends what is under way */

#endif

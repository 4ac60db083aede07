/* commands/listeners.h - the HTTP listeners of `sluice run`, each there if [http] has its *.listen: the read-only one
 * (ops/probes.h), the admin's (admin/admin.h), the read side (admin/reading.h).
 * Neighbour: run.c. */
#ifndef SLUICE_COMMANDS_LISTENERS_H
#define SLUICE_COMMANDS_LISTENERS_H

#include "admin/admin.h"
#include "admin/reading.h"
#include "commands/load.h"

struct listeners {
    struct http *probes;
    struct admin *admin;
    struct reading *reading;
};

/* How old the poller's last sign of life may be before /live is red: it never blocks for more than a few seconds. */
enum { LIVE_LIMIT_MS = 30000 };

/* [main] loaded and control live longer.  -1: one could not be opened; listeners_close() then, too. */
int listeners_open(struct listeners *listeners, const struct loaded *loaded, struct control *control,
                   struct error *error);
void listeners_close_admin(struct listeners *listeners); /* there is nothing to be administered any more */
void listeners_close(struct listeners *listeners);       /* all that are open */

#endif

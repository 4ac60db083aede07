/* ops/notify.h - what the service manager is told (systemd, Type=notify): that it has started, what it is doing, that
 * it is alive, that it stops.  Without one (NOTIFY_SOCKET is not set) nothing happens. Source: sd_notify(3),
 * sd_watchdog_enabled(3).  Neighbours: health.h (the same truth as on /live and /ready), commands/run.c (who drives
 * it), conf/sluice@.service. */
#ifndef SLUICE_OPS_NOTIFY_H
#define SLUICE_OPS_NOTIFY_H

#include <stdint.h>

/* [main] All of these.
 * Listeners are open and threads run.  Servers may come later: that is what /ready is about. */
void notify_started(void);
/* Configuration is being looked at again; notify_started() ends it. */
void notify_reloading(void);
/* It drains, and will have ended within that time: the manager waits for as long, whatever its own timeout is. */
void notify_stopping(int64_t longest_ms);

/* The status line (what /ready says, and the lag), when it has changed; the watchdog, while the poller's last sign of
 * life is younger than live_limit_ms.  Returns ms until it wants to be called again; -1: never. */
int notify_serve(int64_t live_limit_ms, int64_t lag_records);

#endif

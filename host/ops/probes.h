/* ops/probes.h - the read-only listener's routes: GET and HEAD of /metrics (Prometheus, OpenMetrics), /live and
 * /ready.
 * Neighbours: http.h serves them, exposition.h and health.h know the answers. */
#ifndef SLUICE_OPS_PROBES_H
#define SLUICE_OPS_PROBES_H

#include "ops/http.h"

/* The listener's opaque is an int64_t: how old the poller's last sign of life may be, in ms. */
extern const struct http_route probe_routes[];

#endif

/* ops/health.h - what /live and /ready say: the recent truth about each component, told by whoever knows it.
 * Neighbours: probes.h serves it, vitals.h shows it among the metrics; pipeline/ tells. */
#ifndef SLUICE_OPS_HEALTH_H
#define SLUICE_OPS_HEALTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* [any] component: "broker", "group", "topics", "task-0", "sink", "dead-letter"; at most HEALTH_MAX_COMPONENTS.
 * detail: the cause in words when not ready (copied; may be NULL when it is). */
enum { HEALTH_MAX_COMPONENTS = 80 };
void health_tell(const char *component, bool ready, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void health_forget(const char *component);
/* Not ready yet, and nothing is wrong with it so far. */
void health_starting(const char *component, const char *detail);

/* [any] The poller polls: call it each round.  /live is green while the last call is younger than limit_ms. */
void health_alive(void);
bool health_live(int64_t limit_ms);

/* All components ready, and at least one known.  Writes {"ready":…,"components":{…}} to out (may be NULL). */
bool health_ready(FILE *out);

/* [any] The same for whoever shows it otherwise: each component, in no order; tell() calls nothing of this
 * header, and what it is shown lives until it returns. */
struct health_component {
    const char *name;
    bool ready, starting;
    const char *detail; /* "" when ready */
};
bool health_each(void (*tell)(void *opaque, const struct health_component *component), void *opaque);

#endif

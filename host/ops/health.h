/* ops/health.h - what /live and /ready say: the recent truth about each component, told by whoever knows it.
 * Neighbours: probes.h serves it, vitals.h shows it among the metrics, notify.h tells the service manager; pipeline/
 * tells. */
#ifndef SLUICE_OPS_HEALTH_H
#define SLUICE_OPS_HEALTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* STARTING until all components have been ready together for the first time. */
#define HEALTH_STATES(X)             \
    X(HEALTH_STARTING, "starting")   \
    X(HEALTH_READY, "ready")         \
    X(HEALTH_NOT_READY, "not ready") \
    X(HEALTH_STOPPING, "stopping")
enum health_state {
#define X(name, text) name,
    HEALTH_STATES(X)
#undef X
};

/* [any] component: "broker", "group", "topics", "task-0", "sink-0", "breaker-0", "dead-letter", "partition-T-0"; at
 * most HEALTH_MAX_COMPONENTS.  detail: the cause in words when not ready (copied; may be NULL when it is). */
enum { HEALTH_MAX_COMPONENTS = 256 };
void health_tell(const char *component, bool ready, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void health_forget(const char *component);
/* Not ready yet, and nothing is wrong with it so far. */
void health_starting(const char *component, const char *detail);

/* [any] The process is about to end: from here on it is not ready, whatever its components are. */
void health_stopping(void);

/* [any] The poller polls: call it each round.  /live is green while the last call is younger than limit_ms. */
void health_alive(void);
bool health_live(int64_t limit_ms);

/* Ready: all components are, at least one is known, and it is not stopping.  Writes
 * {"ready":…,"state":…,"components":{NAME:{"ready":…,"since":…,"detail":…}}} to out (may be NULL); since: the time from
 * which on the component has been as it is. */
bool health_ready(FILE *out);
/* The same in a line: "ready", "not ready: broker (cause), task-0 (cause)". */
void health_write_line(FILE *out);

/* [any] The same for whoever shows it otherwise: each component, in no order; tell() calls nothing of this
 * header, and what it is shown lives until it returns. */
struct health_component {
    const char *name;
    bool ready, starting;
    const char *detail; /* "" when ready */
};
bool health_each(void (*tell)(void *opaque, const struct health_component *component), void *opaque);

#endif

/* pipeline/task_health.h - what /ready and the log say of a task: `task-N` (its state), `sink-N` (whether what it puts
 * is taken), `breaker-N` (whether its stream of dead letters has been stopped). Neighbours: ops/health.h (where it is
 * told), task.c and settle.c (who know). */
#ifndef SLUICE_PIPELINE_TASK_HEALTH_H
#define SLUICE_PIPELINE_TASK_HEALTH_H

#include "pipeline/task.h"

/* [poller] Before its thread is there. */
void task_health_starting(const struct task *task);
/* [task] Before its plugins are opened again because somebody asked for it. */
void task_health_opening(const struct task *task);
/* [task] cause: in words; "" when it is RUNNING or CLOSED.  STARTING: its plugins could not be opened, and will be
 * again. */
void task_health_state(struct task *task, enum task_state state, const char *cause);
/* [task] Its sink has been opened, or could not be. */
void task_health_opened(const struct task *task, bool opened, const char *cause);
/* [task] It had nothing to put for idle_ms, and has looked whether its sink is there; why_not: NULL when it is. */
void task_health_looked(struct task *task, int64_t idle_ms, const char *why_not);
/* [task] A batch has been judged: did it trip the breaker, or close it? */
void task_health_breaker(const struct task *task);

/* [poller] A batch is back: do records of it come again? */
void task_health_settled(struct task *task);
/* [poller] Now and then: is it in a call that does not return? */
void task_health_watch(struct task *task, int64_t now_ms);

#endif

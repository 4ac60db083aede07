/* base/clock.h - the two clocks: one to measure with, one to tell people. */
#ifndef SLUICE_BASE_CLOCK_H
#define SLUICE_BASE_CLOCK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum { CLOCK_ISO8601_SIZE = sizeof "2023-10-08T15:39:49.123Z" };

int64_t clock_now_ns(void);  /* [any] monotonic; only differences mean something */
int64_t clock_now_ms(void);  /* [any] the same clock */
int64_t clock_wall_ms(void); /* [any] since 1970 UTC */

/* [any] One whose deadlines are of the first clock; pthread_cond_destroy() is the caller's. */
void clock_condition_init(pthread_cond_t *condition);

/* [any] wall_ms as "2023-10-08T15:39:49.123Z".  Async-signal-safe. */
void clock_format(int64_t wall_ms, char text[CLOCK_ISO8601_SIZE]);

#endif

/* admin/turn.h - one at a time where an answer is dear, and for nobody longer than he would wait for one.
 * Neighbours: lookup.c, letters.c. */
#ifndef SLUICE_ADMIN_TURN_H
#define SLUICE_ADMIN_TURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* [any] true: lock is the caller's, to be unlocked.  false: others had it until deadline_ms (clock_now_ms() based), or
 * the process is stopping. */
bool turn_take(pthread_mutex_t *lock, int64_t deadline_ms, const atomic_bool *stopping);

#endif

/* admin/turn.h - one at a time where an answer is dear, first come first served, and for nobody longer than he would
 * wait for one.
 * Neighbours: lookup.c, letters.c. */
#ifndef SLUICE_ADMIN_TURN_H
#define SLUICE_ADMIN_TURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TURN_NO_REST = 100 };

/* On the stack of whoever waits. */
struct turn_waiting {
    struct turn_waiting *prev, *next;
};

/* Of the time, so many percent are somebody's: after each turn comes a rest in proportion.  So whatever is asked, and
 * however often, whom it is asked of has the rest of the time for others; where he is slow since others keep him busy,
 * he is asked less.  Kafka's request quotas (KIP-124) bound a client's share of time likewise, by letting it wait. */
struct turn {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct turn_waiting *waiting; /* the first is next */
    bool taken;
    int64_t percentage; /* from 1 to TURN_NO_REST */
    int64_t began_ns, next_ns;
};

void turn_init(struct turn *turn, int64_t percentage);
void turn_free(struct turn *turn);

/* [any] true: it is the caller's, until turn_end().  false: it would not have come before deadline_ms (clock_now_ms()
 * based), or the process is stopping. */
bool turn_take(struct turn *turn, int64_t deadline_ms, const atomic_bool *stopping);
void turn_end(struct turn *turn);

#endif

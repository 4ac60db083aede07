#include "admin/turn.h"

#include "base/clock.h"

#include <time.h>

bool turn_take(pthread_mutex_t *lock, int64_t deadline_ms, const atomic_bool *stopping)
{
    int64_t until_ms =
        clock_wall_ms() + deadline_ms - clock_now_ms(); /* pthread_mutex_timedlock() goes by that clock */
    const struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    if (pthread_mutex_timedlock(lock, &until) != 0)
        return false;
    if (!atomic_load(stopping))
        return true;
    pthread_mutex_unlock(lock);
    return false;
}

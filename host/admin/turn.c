#include "admin/turn.h"

#include <time.h>

bool turn_take(pthread_mutex_t *lock, int64_t deadline_ms, const atomic_bool *stopping)
{
    const struct timespec until = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};
    if (pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &until) != 0)
        return false;
    if (!atomic_load(stopping))
        return true;
    pthread_mutex_unlock(lock);
    return false;
}

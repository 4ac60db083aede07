#include "admin/turn.h"

#include "base/clock.h"

#include <time.h>

/* So soon whoever rests sees that the process is stopping. */
enum { LOOK_NS = 50000000 };

void turn_init(struct turn *turn, int64_t percentage)
{
    *turn = (struct turn){.percentage = percentage};
    pthread_mutex_init(&turn->lock, NULL);
}

void turn_free(struct turn *turn)
{
    pthread_mutex_destroy(&turn->lock);
}

static bool rest(const struct turn *turn, int64_t deadline_ms, const atomic_bool *stopping)
{
    if (turn->next_ns > deadline_ms * 1000000)
        return false;
    int64_t left_ns;
    while (!atomic_load(stopping) && (left_ns = turn->next_ns - clock_now_ns()) > 0) {
        const struct timespec nap = {.tv_nsec = left_ns < LOOK_NS ? left_ns : LOOK_NS};
        nanosleep(&nap, NULL);
    }
    return !atomic_load(stopping);
}

bool turn_take(struct turn *turn, int64_t deadline_ms, const atomic_bool *stopping)
{
    const struct timespec until = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};
    if (pthread_mutex_clocklock(&turn->lock, CLOCK_MONOTONIC, &until) != 0)
        return false;
    if (rest(turn, deadline_ms, stopping)) {
        turn->began_ns = clock_now_ns();
        return true;
    }
    pthread_mutex_unlock(&turn->lock);
    return false;
}

void turn_end(struct turn *turn)
{
    int64_t now_ns = clock_now_ns();
    turn->next_ns = now_ns + (now_ns - turn->began_ns) * (TURN_NO_REST - turn->percentage) / turn->percentage;
    pthread_mutex_unlock(&turn->lock);
}

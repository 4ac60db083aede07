#include "admin/turn.h"

#include "base/clock.h"

#include <time.h>
#include <utlist.h>

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* So soon whoever waits sees that the process is stopping. */
enum { LOOK_NS = 50 * NS_PER_MS };

void turn_init(struct turn *turn, int64_t percentage)
{
    *turn = (struct turn){.percentage = percentage};
    pthread_mutex_init(&turn->lock, NULL);
    clock_condition_init(&turn->changed);
}

void turn_free(struct turn *turn)
{
    pthread_cond_destroy(&turn->changed);
    pthread_mutex_destroy(&turn->lock);
}

static bool has_come(const struct turn *turn, const struct turn_waiting *waiting, int64_t now_ns)
{
    return !turn->taken && turn->waiting == waiting && now_ns >= turn->next_ns;
}

/* When there may be something new of which nobody tells. */
static int64_t look_again_ns(const struct turn *turn, int64_t now_ns, int64_t deadline_ns)
{
    int64_t until_ns = now_ns + LOOK_NS < deadline_ns ? now_ns + LOOK_NS : deadline_ns;
    return turn->next_ns > now_ns && turn->next_ns < until_ns ? turn->next_ns : until_ns;
}

bool turn_take(struct turn *turn, int64_t deadline_ms, const atomic_bool *stopping)
{
    struct turn_waiting me;
    bool taken = false;
    int64_t deadline_ns = deadline_ms * NS_PER_MS;
    pthread_mutex_lock(&turn->lock);
    DL_APPEND(turn->waiting, &me);
    while (!atomic_load(stopping)) {
        int64_t now_ns = clock_now_ns();
        taken = has_come(turn, &me, now_ns);
        if (taken || now_ns >= deadline_ns || turn->next_ns > deadline_ns)
            break;
        int64_t until_ns = look_again_ns(turn, now_ns, deadline_ns);
        const struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};
        pthread_cond_timedwait(&turn->changed, &turn->lock, &until);
    }
    DL_DELETE(turn->waiting, &me);
    if (taken) {
        turn->taken = true;
        turn->began_ns = clock_now_ns();
    } else {
        pthread_cond_broadcast(&turn->changed); /* somebody else may be the first now */
    }
    pthread_mutex_unlock(&turn->lock);
    return taken;
}

void turn_end(struct turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    int64_t now_ns = clock_now_ns();
    turn->next_ns = now_ns + (now_ns - turn->began_ns) * (TURN_NO_REST - turn->percentage) / turn->percentage;
    turn->taken = false;
    pthread_cond_broadcast(&turn->changed);
    pthread_mutex_unlock(&turn->lock);
}

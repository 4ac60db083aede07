/* Turns where an answer is dear: one at a time, and a share of the time at most. */
#include "testing.h"

#include "admin/turn.h"
#include "base/clock.h"

#include <unistd.h>
#include <utlist.h>

enum { LONG_MS = 10000, REST_MS = 4 * LONG_MS, TAKEN_US = 20000, TAKEN_NS = TAKEN_US * 1000 };

static const atomic_bool going;

static bool take(struct turn *turn, int64_t patience_ms, const atomic_bool *stop)
{
    return turn_take(turn, clock_now_ms() + patience_ms, stop);
}

static void take_for_a_while(struct turn *turn)
{
    assert_true(take(turn, LONG_MS, &going));
    usleep(TAKEN_US);
    turn_end(turn);
}

static void take_for_long(struct turn *turn)
{
    assert_true(take(turn, LONG_MS, &going));
    turn->began_ns -= (int64_t)LONG_MS * 1000000;
    turn_end(turn);
}

static void a_turn_of_a_fifth_of_the_time_has_a_rest_of_four_times_its_length(void **state)
{
    struct turn turn;
    (void)state;
    turn_init(&turn, 20);
    take_for_a_while(&turn);
    int64_t next_ns = turn.next_ns;
    assert_true(next_ns - turn.began_ns >= 5 * TAKEN_NS);
    assert_true(take(&turn, LONG_MS, &going));
    assert_true(clock_now_ns() >= next_ns);
    turn_end(&turn);
    turn_free(&turn);
}

static void whoever_would_rest_past_his_deadline_is_told_at_once(void **state)
{
    struct turn turn;
    (void)state;
    turn_init(&turn, 20);
    take_for_long(&turn); /* REST_MS */
    assert_false(take(&turn, 100, &going));
    assert_true(turn.next_ns > clock_now_ns());
    turn_free(&turn);
}

static void *stop_soon(void *stopping)
{
    usleep(TAKEN_US);
    atomic_store((atomic_bool *)stopping, true);
    return NULL;
}

static void a_process_that_stops_ends_a_rest(void **state)
{
    struct turn turn;
    atomic_bool stopping = false;
    pthread_t thread;
    (void)state;
    turn_init(&turn, 20);
    take_for_long(&turn); /* REST_MS */
    pthread_create(&thread, NULL, stop_soon, &stopping);
    assert_false(take(&turn, REST_MS + LONG_MS, &stopping));
    assert_true(turn.next_ns > clock_now_ns());
    pthread_join(thread, NULL);
    turn_free(&turn);
}

static void without_a_rest_the_next_one_is_there_at_once(void **state)
{
    struct turn turn;
    (void)state;
    turn_init(&turn, TURN_NO_REST);
    take_for_a_while(&turn);
    assert_true(turn.next_ns <= clock_now_ns());
    assert_true(take(&turn, LONG_MS, &going));
    assert_false(take(&turn, 1, &going)); /* it is somebody's */
    turn_end(&turn);
    turn_free(&turn);
}

/* Waits for the turn in a thread of its own, and notes as which one it had it. */
struct caller {
    pthread_t thread;
    struct turn *turn;
    const atomic_bool *stopping;
    atomic_int *count;
    int nth; /* 0: it had none */
};

static void *call(void *caller_)
{
    struct caller *caller = caller_;
    if (take(caller->turn, LONG_MS, caller->stopping)) {
        caller->nth = atomic_fetch_add(caller->count, 1) + 1;
        turn_end(caller->turn);
    }
    return NULL;
}

static int count_waiting(struct turn *turn)
{
    int count = 0;
    struct turn_waiting *waiting;
    pthread_mutex_lock(&turn->lock);
    DL_COUNT(turn->waiting, waiting, count);
    pthread_mutex_unlock(&turn->lock);
    return count;
}

/* Begins to wait behind those that wait. */
static void start(struct caller *caller)
{
    int before = count_waiting(caller->turn);
    pthread_create(&caller->thread, NULL, call, caller);
    while (count_waiting(caller->turn) == before)
        usleep(1000);
}

static void whoever_came_first_is_next(void **state)
{
    struct turn turn;
    atomic_int count = 0;
    struct caller callers[8];
    (void)state;
    turn_init(&turn, TURN_NO_REST);
    assert_true(take(&turn, LONG_MS, &going));
    for (int i = 0; i < 8; i++) {
        callers[i] = (struct caller){.turn = &turn, .stopping = &going, .count = &count};
        start(&callers[i]);
    }
    turn_end(&turn);
    for (int i = 0; i < 8; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].nth, i + 1);
    }
    turn_free(&turn);
}

static void a_process_that_stops_ends_the_wait_for_somebody_elses(void **state)
{
    struct turn turn;
    atomic_bool stopping = false;
    struct caller caller = {.turn = &turn, .stopping = &stopping};
    (void)state;
    turn_init(&turn, TURN_NO_REST);
    assert_true(take(&turn, LONG_MS, &going));
    start(&caller);
    atomic_store(&stopping, true);
    pthread_join(caller.thread, NULL);
    assert_int_equal(caller.nth, 0);
    turn_end(&turn);
    assert_true(take(&turn, LONG_MS, &going)); /* nobody is in the way */
    turn_end(&turn);
    turn_free(&turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_of_a_fifth_of_the_time_has_a_rest_of_four_times_its_length),
        cmocka_unit_test(whoever_would_rest_past_his_deadline_is_told_at_once),
        cmocka_unit_test(a_process_that_stops_ends_a_rest),
        cmocka_unit_test(without_a_rest_the_next_one_is_there_at_once),
        cmocka_unit_test(whoever_came_first_is_next),
        cmocka_unit_test(a_process_that_stops_ends_the_wait_for_somebody_elses),
    };
    return RUN(tests);
}

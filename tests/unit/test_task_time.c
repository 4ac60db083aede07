/* A task's time split: all of it is accounted for, down to the moment somebody asks. */
#include "testing.h"

#include "base/clock.h"
#include "pipeline/task_time.h"

#include <unistd.h>

static int64_t sum_of(struct task_time *split, int64_t spent_ns[ACTIVITY_COUNT])
{
    int64_t sum = 0;
    task_time_read(split, spent_ns);
    for (int i = 0; i < ACTIVITY_COUNT; i++)
        sum += spent_ns[i];
    return sum;
}

static void what_is_under_way_counts_while_it_lasts(void **state)
{
    struct task_time split;
    int64_t spent_ns[ACTIVITY_COUNT];
    (void)state;
    task_time_init(&split, ACTIVITY_IDLE);
    usleep(3000);
    task_time_read(&split, spent_ns);
    assert_true(spent_ns[ACTIVITY_IDLE] >= 3000000);
    int64_t before_ns = spent_ns[ACTIVITY_IDLE];
    usleep(3000);
    assert_true(task_time_begin(&split, ACTIVITY_PUT) >= 6000000); /* reading has taken nothing away */
    task_time_read(&split, spent_ns);
    assert_true(spent_ns[ACTIVITY_IDLE] >= before_ns + 3000000);
    task_time_free(&split);
}

static void the_parts_add_up_to_the_time_that_has_passed(void **state)
{
    struct task_time split;
    int64_t spent_ns[ACTIVITY_COUNT], began_ns = clock_now_ns();
    (void)state;
    seed_random("task_time");
    task_time_init(&split, ACTIVITY_BACKOFF);
    int64_t first_ns = clock_now_ns();
    for (int i = 0; i < 1000; i++)
        task_time_begin(&split, (enum activity)random_below(ACTIVITY_COUNT));
    int64_t last_ns = clock_now_ns(), sum_ns = sum_of(&split, spent_ns);
    assert_in_range(sum_ns, last_ns - first_ns, clock_now_ns() - began_ns);
    task_time_free(&split);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_under_way_counts_while_it_lasts),
        cmocka_unit_test(the_parts_add_up_to_the_time_that_has_passed),
    };
    return RUN(tests);
}

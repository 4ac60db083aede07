/* The watermark: contiguous over delivered records, whatever the holes between them. */
#include "testing.h"

#include "pipeline/offsets.h"

static void it_stands_at_the_start_position_before_anything_is_delivered(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, (struct position){42, -1});
    assert_int_equal(offsets_watermark(&offsets), 42);
    offsets_free(&offsets);
}

static void it_passes_holes_but_no_unfinished_record(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, (struct position){0, -1});
    assert_true(offsets_delivered(&offsets, 3, -1, 0));
    assert_true(offsets_delivered(&offsets, 9, -1, 0));
    assert_int_equal(offsets_watermark(&offsets), 3);
    offsets_finished(&offsets, 9);
    assert_int_equal(offsets_watermark(&offsets), 3);
    offsets_finished(&offsets, 3);
    assert_int_equal(offsets_watermark(&offsets), 10);
    offsets_free(&offsets);
}

static void the_end_of_a_partition_counts_once_all_before_it_is_finished(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, (struct position){0, -1});
    offsets_delivered(&offsets, 5, -1, 0);
    offsets_end_of_partition(&offsets, 8);
    assert_int_equal(offsets_watermark(&offsets), 5);
    offsets_finished(&offsets, 5);
    assert_int_equal(offsets_watermark(&offsets), 8);
    offsets_end_of_partition(&offsets, 6); /* an older answer */
    assert_int_equal(offsets_watermark(&offsets), 8);
    offsets_free(&offsets);
}

static void a_record_delivered_again_is_refused(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, (struct position){10, -1});
    assert_false(offsets_delivered(&offsets, 9, -1, 0));
    assert_true(offsets_delivered(&offsets, 10, -1, 0));
    assert_false(offsets_delivered(&offsets, 10, -1, 0));
    offsets_finished(&offsets, 10);
    offsets_finished(&offsets, 10); /* told twice */
    assert_int_equal(offsets_watermark(&offsets), 11);
    offsets_free(&offsets);
}

static void assert_to_commit(const struct offsets *offsets, int64_t offset, int32_t leader_epoch)
{
    assert_int_equal(offsets_to_commit(offsets).offset, offset);
    assert_int_equal(offsets_to_commit(offsets).leader_epoch, leader_epoch);
}

static void the_watermark_bears_the_leader_epoch_under_which_the_log_reached_it(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, (struct position){3, 1});
    assert_to_commit(&offsets, 3, 1); /* as it was committed */
    offsets_delivered(&offsets, 3, 1, 0);
    offsets_delivered(&offsets, 4, 1, 0);
    offsets_delivered(&offsets, 7, 5, 0); /* 5 and 6 are holes, of whatever leader */
    offsets_delivered(&offsets, 8, 5, 0);
    offsets_delivered(&offsets, 9, 6, 0);
    assert_to_commit(&offsets, 3, 1);
    offsets_finished(&offsets, 3);
    assert_to_commit(&offsets, 4, 1);
    offsets_finished(&offsets, 8);
    offsets_finished(&offsets, 4);
    assert_to_commit(&offsets, 7, 5);
    offsets_finished(&offsets, 7);
    assert_to_commit(&offsets, 9, 6);
    offsets_finished(&offsets, 9);
    assert_to_commit(&offsets, 10, 6);
    offsets_end_of_partition(&offsets, 10);
    assert_to_commit(&offsets, 10, 6);
    offsets_end_of_partition(&offsets, 11); /* a transaction's marker, perhaps of the next leader */
    assert_to_commit(&offsets, 11, -1);
    offsets_delivered(&offsets, 11, 8, 0);
    assert_to_commit(&offsets, 11, 8);
    offsets_finished(&offsets, 11);
    assert_to_commit(&offsets, 12, 8);
    offsets_free(&offsets);
}

static void the_oldest_is_the_first_unfinished_one_not_the_first_to_come(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, (struct position){0, -1});
    assert_int_equal(offsets_oldest_ms(&offsets), -1);
    offsets_delivered(&offsets, 3, -1, 1000);
    offsets_delivered(&offsets, 4, -1, 2000);
    offsets_delivered(&offsets, 5, -1, 3000);
    assert_int_equal(offsets_oldest_ms(&offsets), 1000);
    offsets_finished(&offsets, 4);
    assert_int_equal(offsets_oldest_ms(&offsets), 1000);
    offsets_finished(&offsets, 3);
    assert_int_equal(offsets_oldest_ms(&offsets), 3000);
    offsets_finished(&offsets, 5);
    assert_int_equal(offsets_oldest_ms(&offsets), -1);
    offsets_free(&offsets);
}

enum { MODEL_OFFSETS = 400 };

static void it_agrees_with_a_naive_model_on_random_schedules(void **state)
{
    (void)state;
    seed_random("offsets");
    for (int round = 0; round < 3000; round++) {
        struct offsets offsets;
        bool delivered[MODEL_OFFSETS] = {false}, finished[MODEL_OFFSETS] = {false};
        int32_t leader_epochs[MODEL_OFFSETS] = {0}, leader_epoch = 0; /* of the log: holes have theirs, too */
        int64_t next = 0, last_watermark = 0;
        offsets_init(&offsets, (struct position){0, -1});
        for (int step = 0; step < 300; step++) {
            uint32_t what = random_below(10);
            if (what < 5 && next < MODEL_OFFSETS - 10) {
                int64_t offset = next + random_below(3);
                for (; next <= offset; next++)
                    leader_epochs[next] = leader_epoch += random_below(20) == 0;
                assert_true(offsets_delivered(&offsets, offset, leader_epoch, 0));
                delivered[offset] = true;
            } else if (what < 9 && next > 0) {
                int64_t offset = random_below((uint32_t)next);
                if (delivered[offset]) {
                    offsets_finished(&offsets, offset);
                    finished[offset] = true;
                }
            } else if (next < MODEL_OFFSETS - 10) {
                for (int64_t end = next + random_below(3); next < end; next++)
                    leader_epochs[next] = leader_epoch += random_below(20) == 0;
                offsets_end_of_partition(&offsets, next);
            }
            int64_t expected = 0;
            while (expected < next && (!delivered[expected] || finished[expected]))
                expected++;
            while (expected < next && !delivered[expected])
                expected++;
            int64_t got = offsets_watermark(&offsets);
            assert_true(got >= last_watermark);
            assert_int_equal(got, expected);
            last_watermark = got;
            /* A broker whose log was never cut sees no cut in what is committed; one whose log was, does. */
            int32_t told = offsets_to_commit(&offsets).leader_epoch;
            assert_true(told == -1 || got == 0 || told >= leader_epochs[got - 1]);
            assert_true(told <= (got < next ? leader_epochs[got] : leader_epoch));
            assert_true(told != -1 || got == 0 || (got == next && !delivered[got - 1]));
        }
        for (int64_t offset = 0; offset < next; offset++)
            if (delivered[offset])
                offsets_finished(&offsets, offset);
        assert_int_equal(offsets_watermark(&offsets), next);
        assert_int_equal(offsets_unfinished(&offsets), 0);
        offsets_free(&offsets);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_at_the_start_position_before_anything_is_delivered),
        cmocka_unit_test(it_passes_holes_but_no_unfinished_record),
        cmocka_unit_test(the_end_of_a_partition_counts_once_all_before_it_is_finished),
        cmocka_unit_test(a_record_delivered_again_is_refused),
        cmocka_unit_test(the_watermark_bears_the_leader_epoch_under_which_the_log_reached_it),
        cmocka_unit_test(the_oldest_is_the_first_unfinished_one_not_the_first_to_come),
        cmocka_unit_test(it_agrees_with_a_naive_model_on_random_schedules),
    };
    return RUN(tests);
}

/* The watermark: contiguous over delivered records, whatever the holes between them. */
#include "testing.h"

#include "pipeline/offsets.h"

static void it_stands_at_the_start_position_before_anything_is_delivered(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, 42);
    assert_int_equal(offsets_watermark(&offsets), 42);
    offsets_free(&offsets);
}

static void it_passes_holes_but_no_unfinished_record(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, 0);
    assert_true(offsets_delivered(&offsets, 3, 0));
    assert_true(offsets_delivered(&offsets, 9, 0));
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
    offsets_init(&offsets, 0);
    offsets_delivered(&offsets, 5, 0);
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
    offsets_init(&offsets, 10);
    assert_false(offsets_delivered(&offsets, 9, 0));
    assert_true(offsets_delivered(&offsets, 10, 0));
    assert_false(offsets_delivered(&offsets, 10, 0));
    offsets_finished(&offsets, 10);
    offsets_finished(&offsets, 10); /* told twice */
    assert_int_equal(offsets_watermark(&offsets), 11);
    offsets_free(&offsets);
}

static void the_oldest_is_the_first_unfinished_one_not_the_first_to_come(void **state)
{
    struct offsets offsets;
    (void)state;
    offsets_init(&offsets, 0);
    assert_int_equal(offsets_oldest_ms(&offsets), -1);
    offsets_delivered(&offsets, 3, 1000);
    offsets_delivered(&offsets, 4, 2000);
    offsets_delivered(&offsets, 5, 3000);
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
        int64_t next = 0, last_watermark = 0;
        offsets_init(&offsets, 0);
        for (int step = 0; step < 300; step++) {
            uint32_t what = random_below(10);
            if (what < 5 && next < MODEL_OFFSETS - 10) {
                int64_t offset = next + random_below(3);
                assert_true(offsets_delivered(&offsets, offset, 0));
                delivered[offset] = true;
                next = offset + 1;
            } else if (what < 9 && next > 0) {
                int64_t offset = random_below((uint32_t)next);
                if (delivered[offset]) {
                    offsets_finished(&offsets, offset);
                    finished[offset] = true;
                }
            } else if (next < MODEL_OFFSETS - 10) {
                next += random_below(3);
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
        cmocka_unit_test(the_oldest_is_the_first_unfinished_one_not_the_first_to_come),
        cmocka_unit_test(it_agrees_with_a_naive_model_on_random_schedules),
    };
    return RUN(tests);
}

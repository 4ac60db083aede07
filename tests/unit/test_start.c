/* Start positions: committed while the broker has it, else as the user said; never a silent jump. */
#include "testing.h"

#include "pipeline/start.h"

static struct start decide_out_of_range(int64_t committed, int64_t low, int64_t high, enum offset_reset reset,
                                        enum out_of_range out_of_range)
{
    struct start start = {.committed = committed, .low = low, .high = high};
    const struct pipeline_options options = {.auto_offset_reset = (int)reset,
                                             .offsets_out_of_range = (int)out_of_range};
    start_decide(&start, &options, "potato", 2);
    return start;
}

static struct start decide(int64_t committed, int64_t low, int64_t high, enum offset_reset reset)
{
    return decide_out_of_range(committed, low, high, reset, OUT_OF_RANGE_FAIL);
}

static void a_committed_offset_that_is_there_is_where_it_begins(void **state)
{
    (void)state;
    assert_int_equal(decide(50, 10, 200, OFFSET_RESET_NONE).offset, 50);
    assert_int_equal(decide(200, 10, 200, OFFSET_RESET_EARLIEST).offset, 200); /* the end is a position */
    assert_int_equal(decide(10, 10, 200, OFFSET_RESET_LATEST).offset, 10);
    assert_int_equal(decide(0, 0, 0, OFFSET_RESET_LATEST).offset, 0);
}

static void without_one_it_begins_where_the_user_said(void **state)
{
    (void)state;
    assert_int_equal(decide(-1, 10, 200, OFFSET_RESET_EARLIEST).offset, 10);
    assert_int_equal(decide(-1, 10, 200, OFFSET_RESET_LATEST).offset, 200);
    assert_int_equal(decide(-1, 10, 200, OFFSET_RESET_NONE).offset, -1);
}

static void one_that_is_gone_stops_the_partition_in_words(void **state)
{
    (void)state;
    struct start behind = decide(50, 120, 200, OFFSET_RESET_EARLIEST),
                 beyond = decide(300, 0, 200, OFFSET_RESET_LATEST);
    assert_int_equal(behind.offset, -1);
    assert_non_null(strstr(behind.why, "potato[2]: offset 50 is gone from the broker, which has 120 to 200"));
    assert_int_equal(beyond.offset, -1);
}

static void one_that_is_gone_is_reset_as_the_user_said_and_not_unsaid(void **state)
{
    (void)state;
    struct start behind = decide_out_of_range(50, 120, 200, OFFSET_RESET_EARLIEST, OUT_OF_RANGE_RESET);
    assert_int_equal(behind.offset, 120);
    assert_non_null(strstr(behind.why, "going on at 120"));
    assert_int_equal(decide_out_of_range(300, 0, 200, OFFSET_RESET_LATEST, OUT_OF_RANGE_RESET).offset, 200);
    assert_int_equal(decide_out_of_range(300, 0, 200, OFFSET_RESET_NONE, OUT_OF_RANGE_RESET).offset, -1);
    assert_string_equal(decide_out_of_range(150, 120, 200, OFFSET_RESET_LATEST, OUT_OF_RANGE_RESET).why, "");
}

static void an_offset_of_a_log_that_was_cut_and_written_anew_is_gone_though_it_is_in_range(void **state)
{
    struct pipeline_options options = {.auto_offset_reset = OFFSET_RESET_EARLIEST};
    struct start start = {.committed = 100, .low = 0, .high = 120, .cut = true};
    (void)state;
    start_decide(&start, &options, "t", 0);
    assert_int_equal(start.offset, -1);
    assert_non_null(strstr(start.why, "of a log that was cut below it and written anew"));
    options.offsets_out_of_range = OUT_OF_RANGE_RESET;
    start_decide(&start, &options, "t", 0);
    assert_int_equal(start.offset, 0);
    assert_non_null(strstr(start.why, "going on at 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_committed_offset_that_is_there_is_where_it_begins),
        cmocka_unit_test(without_one_it_begins_where_the_user_said),
        cmocka_unit_test(one_that_is_gone_stops_the_partition_in_words),
        cmocka_unit_test(one_that_is_gone_is_reset_as_the_user_said_and_not_unsaid),
        cmocka_unit_test(an_offset_of_a_log_that_was_cut_and_written_anew_is_gone_though_it_is_in_range),
    };
    return RUN(tests);
}

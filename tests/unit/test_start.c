/* Start positions: committed while the broker has it, else as the user said; never a silent jump. */
#include "testing.h"

#include "pipeline/start.h"

static struct start decide_out_of_range(int64_t committed, int64_t low, int64_t high, enum offset_reset reset,
                                        enum out_of_range out_of_range)
{
    struct start start = {.committed = {committed, -1}, .low = low, .high = high};
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
    assert_int_equal(decide(50, 10, 200, OFFSET_RESET_NONE).from.offset, 50);
    assert_int_equal(decide(200, 10, 200, OFFSET_RESET_EARLIEST).from.offset, 200); /* the end is a position */
    assert_int_equal(decide(10, 10, 200, OFFSET_RESET_LATEST).from.offset, 10);
    assert_int_equal(decide(0, 0, 0, OFFSET_RESET_LATEST).from.offset, 0);
}

static void without_one_it_begins_where_the_user_said(void **state)
{
    (void)state;
    assert_int_equal(decide(-1, 10, 200, OFFSET_RESET_EARLIEST).from.offset, 10);
    assert_int_equal(decide(-1, 10, 200, OFFSET_RESET_LATEST).from.offset, 200);
    assert_int_equal(decide(-1, 10, 200, OFFSET_RESET_NONE).from.offset, -1);
}

static void one_that_is_gone_stops_the_partition_in_words(void **state)
{
    (void)state;
    struct start behind = decide(50, 120, 200, OFFSET_RESET_EARLIEST),
                 beyond = decide(300, 0, 200, OFFSET_RESET_LATEST);
    assert_int_equal(behind.from.offset, -1);
    assert_non_null(strstr(behind.why, "potato[2]: offset 50 is gone from the broker, which has 120 to 200"));
    assert_int_equal(beyond.from.offset, -1);
}

static void one_that_is_gone_is_reset_as_the_user_said_and_not_unsaid(void **state)
{
    (void)state;
    struct start behind = decide_out_of_range(50, 120, 200, OFFSET_RESET_EARLIEST, OUT_OF_RANGE_RESET);
    assert_int_equal(behind.from.offset, 120);
    assert_non_null(strstr(behind.why, "going on at 120"));
    assert_int_equal(decide_out_of_range(300, 0, 200, OFFSET_RESET_LATEST, OUT_OF_RANGE_RESET).from.offset, 200);
    assert_int_equal(decide_out_of_range(300, 0, 200, OFFSET_RESET_NONE, OUT_OF_RANGE_RESET).from.offset, -1);
    assert_string_equal(decide_out_of_range(150, 120, 200, OFFSET_RESET_LATEST, OUT_OF_RANGE_RESET).why, "");
}

/* 100 was read to; the broker tells of its log now. */
static struct start decide_cut(struct position cut_at, int64_t low, enum offset_reset reset,
                               enum out_of_range out_of_range)
{
    struct start start = {
        .committed = {100, 4}, .low = low, .high = 120, .refused = true, .cut = true, .cut_at = cut_at};
    const struct pipeline_options options = {.auto_offset_reset = (int)reset,
                                             .offsets_out_of_range = (int)out_of_range};
    start_decide(&start, &options, "t", 0);
    return start;
}

static void an_offset_of_a_log_that_was_cut_and_written_anew_is_gone_though_it_is_in_range(void **state)
{
    struct start fails = decide_cut((struct position){60, 3}, 0, OFFSET_RESET_EARLIEST, OUT_OF_RANGE_FAIL);
    (void)state;
    assert_int_equal(fails.from.offset, -1);
    assert_non_null(
        strstr(fails.why,
               "t[0]: the log was cut at offset 60, and what stood there up to offset 100 was "
               "read: 40 offsets that are gone, or hold other records now; to go on, set the group's offset to 60"));
}

static void after_a_cut_it_goes_on_where_the_log_was_cut_wherever_a_reset_leads_else(void **state)
{
    const struct position cut_at = {60, 3};
    (void)state;
    for (int reset = OFFSET_RESET_EARLIEST; reset <= OFFSET_RESET_NONE; reset++) {
        struct start start = decide_cut(cut_at, 0, (enum offset_reset)reset, OUT_OF_RANGE_RESET);
        assert_int_equal(start.from.offset, 60);
        assert_int_equal(start.from.leader_epoch, 3);
        assert_non_null(strstr(start.why, "40 offsets that are gone"));
        assert_non_null(strstr(start.why, "going on at 60"));
    }
    struct start retained = decide_cut(cut_at, 70, OFFSET_RESET_LATEST, OUT_OF_RANGE_RESET);
    assert_int_equal(retained.from.offset, 70); /* retention has taken what stood behind it */
    assert_int_equal(retained.from.leader_epoch, -1);
}

static void a_log_that_has_nothing_in_common_with_what_was_read_is_another(void **state)
{
    const struct position unknown = {-1, -1};
    struct start fails = decide_cut(unknown, 0, OFFSET_RESET_EARLIEST, OUT_OF_RANGE_FAIL);
    (void)state;
    assert_int_equal(fails.from.offset, -1);
    assert_non_null(strstr(fails.why, "of a log that was cut below it and written anew"));
    struct start resets = decide_cut(unknown, 0, OFFSET_RESET_EARLIEST, OUT_OF_RANGE_RESET);
    assert_int_equal(resets.from.offset, 0);
    assert_non_null(strstr(resets.why, "going on at 0"));
}

static void a_cut_behind_what_was_taken_costs_nothing(void **state)
{
    const struct position cut_at = {110, 4};
    (void)state;
    struct start start = decide_cut(cut_at, 0, OFFSET_RESET_LATEST, OUT_OF_RANGE_FAIL);
    assert_int_equal(start.from.offset, 100);
    assert_string_equal(start.why, "");
}

static void beyond_the_end_of_a_log_that_is_known_the_broker_is_asked_where_it_was_cut(void **state)
{
    const struct pipeline_options options = {.auto_offset_reset = OFFSET_RESET_LATEST,
                                             .offsets_out_of_range = OUT_OF_RANGE_RESET};
    struct start start = {.committed = {300, 4}, .low = 0, .high = 200};
    (void)state;
    start_decide(&start, &options, "t", 0);
    assert_int_equal(start.from.offset, 300); /* which it will not have */
    assert_int_equal(start.from.leader_epoch, 4);
    start.refused = true; /* and it could not say where */
    start_decide(&start, &options, "t", 0);
    assert_int_equal(start.from.offset, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_committed_offset_that_is_there_is_where_it_begins),
        cmocka_unit_test(without_one_it_begins_where_the_user_said),
        cmocka_unit_test(one_that_is_gone_stops_the_partition_in_words),
        cmocka_unit_test(one_that_is_gone_is_reset_as_the_user_said_and_not_unsaid),
        cmocka_unit_test(an_offset_of_a_log_that_was_cut_and_written_anew_is_gone_though_it_is_in_range),
        cmocka_unit_test(after_a_cut_it_goes_on_where_the_log_was_cut_wherever_a_reset_leads_else),
        cmocka_unit_test(a_log_that_has_nothing_in_common_with_what_was_read_is_another),
        cmocka_unit_test(a_cut_behind_what_was_taken_costs_nothing),
        cmocka_unit_test(beyond_the_end_of_a_log_that_is_known_the_broker_is_asked_where_it_was_cut),
    };
    return RUN(tests);
}

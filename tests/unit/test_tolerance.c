/* What the error options make of a batch: letters, or a failed task and records that stay. */
#include "testing.h"

#include "pipeline/tolerance.h"

enum { MOST = 8 };

struct world {
    struct batch batch;
    struct record records[MOST], *pointers[MOST];
    struct result results[MOST];
    size_t units[MOST];
};

/* kinds as R(ejected), s(tored), r(etry); units: a digit each. */
static void apply(struct world *world, const struct pipeline_options *options, const char *kinds, const char *units)
{
    struct tolerance tolerance;
    *world = (struct world){.batch = {.count = strlen(kinds), .unit_count = 3}};
    world->batch.records = world->pointers;
    world->batch.results = world->results;
    world->batch.units = world->units;
    for (size_t i = 0; i < world->batch.count; i++) {
        world->records[i] = (struct record){.topic = "t", .offset = (int64_t)i, .first_tried_ms = 1000};
        world->pointers[i] = &world->records[i];
        world->units[i] = (size_t)(units[i] - '0');
        world->results[i] = (struct result){.kind = kinds[i] == 'R'   ? RESULT_REJECTED
                                                    : kinds[i] == 's' ? RESULT_STORED
                                                                      : RESULT_RETRY,
                                            .code = "x.code",
                                            .text = "why"};
    }
    tolerance_init(&tolerance, options);
    tolerance_apply(&tolerance, &world->batch, 61000);
    tolerance_free(&tolerance);
}

/* u: undone. */
static void want(struct world *world, const char *kinds)
{
    for (size_t i = 0; i < world->batch.count; i++) {
        char got = world->results[i].kind == RESULT_UNDONE     ? 'u'
                   : world->results[i].kind == RESULT_REJECTED ? 'R'
                   : world->results[i].kind == RESULT_STORED   ? 's'
                                                               : 'r';
        if (got != kinds[i])
            fail_msg("record %zu: got %c, wanted %c", i, got, kinds[i]);
    }
    assert_true(world->batch.failed == (strchr(kinds, 'u') != NULL));
    arena_free(&world->batch.arena);
}

static void all_leaves_rejected_records_to_the_dead_letter_topic(void **state)
{
    const struct pipeline_options options = {.errors_tolerance = TOLERANCE_ALL, .errors_retry_timeout_ms = -1};
    struct world world;
    (void)state;
    apply(&world, &options, "sRrR", "0001");
    want(&world, "sRrR");
}

static void none_fails_the_task_and_keeps_what_is_behind_in_the_unit(void **state)
{
    const struct pipeline_options options = {.errors_tolerance = TOLERANCE_NONE, .errors_retry_timeout_ms = -1};
    struct world world;
    (void)state;
    apply(&world, &options, "sRss", "0001");
    assert_string_equal(world.batch.failure_code, "x.code");
    assert_string_equal(world.batch.failure_text, "why (t[0] offset 1, errors.tolerance = none)");
    want(&world, "suus");
}

static void a_retry_that_has_gone_on_for_too_long_fails_the_task_and_is_no_letter(void **state)
{
    struct pipeline_options options = {.errors_tolerance = TOLERANCE_ALL, .errors_retry_timeout_ms = 60000};
    struct world world;
    (void)state;
    apply(&world, &options, "srRs", "0012");
    want(&world, "suRs");
    options.errors_retry_timeout_ms = 60001;
    apply(&world, &options, "sr", "00");
    want(&world, "sr");
    options.errors_retry_timeout_ms = 0; /* no retry at all */
    apply(&world, &options, "sr", "00");
    want(&world, "su");
}

static void a_stream_of_letters_stops_at_the_record_that_is_one_too_many(void **state)
{
    const struct pipeline_options options = {
        .errors_tolerance = TOLERANCE_ALL, .errors_retry_timeout_ms = -1, .letters_max_consecutive = 2};
    struct world world;
    (void)state;
    apply(&world, &options, "RRRRs", "00012");
    want(&world, "RRuus");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_leaves_rejected_records_to_the_dead_letter_topic),
        cmocka_unit_test(none_fails_the_task_and_keeps_what_is_behind_in_the_unit),
        cmocka_unit_test(a_retry_that_has_gone_on_for_too_long_fails_the_task_and_is_no_letter),
        cmocka_unit_test(a_stream_of_letters_stops_at_the_record_that_is_one_too_many),
    };
    return RUN(tests);
}

/* What a transform's answers mean for a record and its batch. */
#include "testing.h"

#include "base/alloc.h"
#include "pipeline/transforms.h"
#include "plugin/host_api.h"

static sluice_verdict reported, returned;

static sluice_verdict apply(void *self, const sluice_record *record, sluice_edit *edit, sluice_report *report)
{
    (void)self, (void)record, (void)edit;
    host_api.report_record_text(report, 0, reported, "made.up", "of the record");
    if (returned == SLUICE_FATAL)
        host_api.report_call_text(report, "made.fatal", "of the call");
    return returned;
}

/* One record through one transform that reports and returns these; the batch's result. */
static enum result_kind run(sluice_verdict report, sluice_verdict answer, bool *failed)
{
    struct plugin plugin = {.descriptor = {.name = "made-up"}, .transform = {.apply = apply}};
    const struct stage stage = {.section = "transform.x", .plugin = &plugin};
    struct instance instance = {.stage = &stage, .open = true};
    struct record record = {.topic = "t", .value = {"v", 1}}, *records[] = {&record};
    struct sluice_record *seen[] = {&record.seen};
    size_t units[] = {0};
    struct result results[1] = {{.kind = RESULT_OPEN}};
    struct batch batch = {
        .records = records, .seen = seen, .units = units, .results = results, .count = 1, .unit_count = 1};
    reported = report;
    returned = answer;
    transforms_run(&batch, &instance, 1, NULL_VALUES_REJECT, "p");
    *failed = batch.failed;
    arena_free(&batch.arena);
    return results[0].kind;
}

static void a_report_of_the_record_wins_over_what_is_returned(void **state)
{
    bool failed;
    (void)state;
    assert_int_equal(run(SLUICE_REJECT, SLUICE_OK, &failed), RESULT_REJECTED);
    assert_false(failed);
    assert_int_equal(run(SLUICE_DROP, SLUICE_OK, &failed), RESULT_FILTERED);
    assert_int_equal(run(SLUICE_OK, SLUICE_REJECT, &failed), RESULT_OPEN);
    assert_false(failed);
}

static void fatal_fails_the_batch_whatever_was_reported(void **state)
{
    static const sluice_verdict reports[] = {SLUICE_OK, SLUICE_DROP, SLUICE_RETRY, SLUICE_REJECT};
    bool failed;
    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        assert_int_equal(run(reports[i], SLUICE_FATAL, &failed), RESULT_OPEN); /* undecided: it comes again */
        assert_true(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_of_the_record_wins_over_what_is_returned),
        cmocka_unit_test(fatal_fails_the_batch_whatever_was_reported),
    };
    return RUN(tests);
}

/* The outcome rule: what a sink's answers mean for each record, halving included. */
#include "testing.h"

#include "pipeline/delivery.h"

enum { MOST = 64 };

/* What a record is, unknown to the host. */
enum nature { GOOD, BAD, TRANSIENT, UNWANTED };

/* A sink that answers by its records' natures, in one of many ways. */
struct scripted {
    enum nature natures[MOST];
    bool reports;      /* each record on its own; else only what it returns */
    bool fatal_at_end; /* the last call of a script */
    size_t calls;
    size_t put_count[MOST]; /* how often each was put */
    size_t last_put[8];     /* by unit: the last record put, to see the order */
    const struct sluice_record *records;
    const size_t *units;
    bool out_of_order;
    const char *nonsense;
};

static const sluice_verdict verdict_of[] = {
    [GOOD] = SLUICE_OK, [BAD] = SLUICE_REJECT, [TRANSIENT] = SLUICE_RETRY, [UNWANTED] = SLUICE_DROP};

static sluice_verdict scripted_put(void *opaque, const sluice_batch *batch, sluice_report *report)
{
    struct scripted *scripted = opaque;
    sluice_verdict worst = SLUICE_OK;
    scripted->calls++;
    if (scripted->nonsense != NULL) {
        report->nonsense = scripted->nonsense;
        return SLUICE_FATAL;
    }
    for (size_t i = 0; i < batch->count; i++) {
        size_t at = (size_t)(batch->records[i] - scripted->records), unit = scripted->units[at];
        scripted->put_count[at]++;
        scripted->out_of_order |= scripted->put_count[at] == 1 && at < scripted->last_put[unit];
        scripted->last_put[unit] = at;
        sluice_verdict verdict = verdict_of[scripted->natures[at]];
        if (scripted->reports || verdict == SLUICE_RETRY || verdict == SLUICE_DROP)
            report->records[i] = (struct report_entry){.set = true, .verdict = verdict, .code = "c", .text = "t"};
        else if (verdict == SLUICE_REJECT)
            worst = SLUICE_REJECT;
    }
    if (scripted->fatal_at_end)
        return SLUICE_FATAL;
    return worst;
}

struct fixture {
    struct scripted scripted;
    struct sluice_record records[MOST];
    struct sluice_record *pointers[MOST];
    size_t units[MOST];
    struct result results[MOST];
    struct arena arena;
    struct delivery delivery;
};

static struct fixture *fixture_new(size_t count, size_t unit_count)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    for (size_t i = 0; i < count; i++) {
        fixture->pointers[i] = &fixture->records[i];
        fixture->units[i] = i % unit_count;
    }
    fixture->scripted.records = fixture->records;
    fixture->scripted.units = fixture->units;
    fixture->delivery = (struct delivery){.records = fixture->pointers,
                                          .units = fixture->units,
                                          .results = fixture->results,
                                          .count = count,
                                          .unit_count = unit_count,
                                          .arena = &fixture->arena,
                                          .put = scripted_put,
                                          .opaque = &fixture->scripted};
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    arena_free(&fixture->arena);
    free(fixture);
}

static void a_returned_verdict_is_that_of_every_record(void **state)
{
    struct fixture *f = fixture_new(5, 1);
    (void)state;
    delivery_run(&f->delivery);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(f->results[i].kind, RESULT_STORED);
    assert_int_equal(f->delivery.puts, 1);
    fixture_free(f);
}

static void one_bad_record_is_found_by_halving_and_its_neighbours_are_stored(void **state)
{
    struct fixture *f = fixture_new(64, 1);
    (void)state;
    f->scripted.natures[37] = BAD;
    delivery_run(&f->delivery);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(f->results[i].kind, i == 37 ? RESULT_REJECTED : RESULT_STORED);
    assert_in_range(f->delivery.puts, 2, 13); /* 1 + 2 log2(64) */
    fixture_free(f);
}

static void a_retry_takes_every_later_record_of_its_unit_with_it(void **state)
{
    struct fixture *f = fixture_new(6, 2); /* units 0 1 0 1 0 1 */
    (void)state;
    f->scripted.natures[2] = TRANSIENT;
    f->scripted.natures[4] = BAD;
    f->scripted.reports = true;
    delivery_run(&f->delivery);
    static const enum result_kind expected[] = {RESULT_STORED, RESULT_STORED, RESULT_RETRY,
                                                RESULT_STORED, RESULT_RETRY,  RESULT_STORED};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(f->results[i].kind, expected[i]);
    fixture_free(f);
}

static void what_a_transform_has_decided_is_not_put(void **state)
{
    struct fixture *f = fixture_new(3, 1);
    (void)state;
    f->results[1].kind = RESULT_REJECTED;
    delivery_run(&f->delivery);
    assert_int_equal(f->scripted.put_count[1], 0);
    assert_int_equal(f->results[1].kind, RESULT_REJECTED);
    assert_int_equal(f->results[2].kind, RESULT_STORED);
    fixture_free(f);
}

static void fatal_leaves_the_unreported_undone_and_keeps_reports(void **state)
{
    struct fixture *f = fixture_new(3, 1);
    (void)state;
    f->scripted.natures[1] = UNWANTED; /* reported */
    f->scripted.fatal_at_end = true;
    delivery_run(&f->delivery);
    assert_true(f->delivery.failed);
    assert_int_equal(f->results[0].kind, RESULT_UNDONE);
    assert_int_equal(f->results[1].kind, RESULT_FILTERED);
    assert_int_equal(f->results[2].kind, RESULT_UNDONE);
    fixture_free(f);
}

static void nonsense_fails_and_no_verdict_of_the_call_counts(void **state)
{
    struct fixture *f = fixture_new(3, 1);
    (void)state;
    f->scripted.nonsense = "plugin x: reported record 10 of a call with 3";
    delivery_run(&f->delivery);
    assert_true(f->delivery.failed);
    assert_string_equal(f->delivery.text, f->scripted.nonsense);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f->results[i].kind, RESULT_UNDONE);
    fixture_free(f);
}

static void the_rule_holds_over_random_batches_and_sinks(void **state)
{
    (void)state;
    seed_random("delivery");
    for (int round = 0; round < 5000; round++) {
        size_t count = 1 + random_below(MOST), unit_count = 1 + random_below(4);
        struct fixture *f = fixture_new(count, unit_count);
        size_t bad = 0;
        f->scripted.reports = random_below(2) == 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t die = random_below(20);
            f->scripted.natures[i] = die < 2 ? BAD : die == 2 ? TRANSIENT : die == 3 ? UNWANTED : GOOD;
            f->units[i] = random_below((uint32_t)unit_count);
            bad += f->scripted.natures[i] == BAD;
        }
        delivery_run(&f->delivery);
        bool held[4] = {false};
        for (size_t i = 0; i < count; i++) {
            enum nature nature = f->scripted.natures[i];
            enum result_kind kind = f->results[i].kind;
            held[f->units[i]] |= nature == TRANSIENT;
            if (held[f->units[i]])
                assert_int_equal(kind, RESULT_RETRY);
            else
                assert_int_equal(kind, nature == BAD        ? RESULT_REJECTED
                                       : nature == UNWANTED ? RESULT_FILTERED
                                                            : RESULT_STORED);
        }
        assert_false(f->scripted.out_of_order);
        assert_true(f->delivery.puts <= 1 + 2 * (bad > 0 ? bad : 0) * 7);
        assert_false(f->delivery.failed);
        fixture_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_returned_verdict_is_that_of_every_record),
        cmocka_unit_test(one_bad_record_is_found_by_halving_and_its_neighbours_are_stored),
        cmocka_unit_test(a_retry_takes_every_later_record_of_its_unit_with_it),
        cmocka_unit_test(what_a_transform_has_decided_is_not_put),
        cmocka_unit_test(fatal_leaves_the_unreported_undone_and_keeps_reports),
        cmocka_unit_test(nonsense_fails_and_no_verdict_of_the_call_counts),
        cmocka_unit_test(the_rule_holds_over_random_batches_and_sinks),
    };
    return RUN(tests);
}

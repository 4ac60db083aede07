/* Batches: what closes them, and how they are cut from the units of partitions. */
#include "testing.h"

#include "base/alloc.h"
#include "pipeline/batch.h"
#include "pipeline/budget.h"

static const struct batch_limits limits = {.max_records = 100, .max_bytes = 1000, .linger_ms = 50};

static enum batch_closed_by closed(struct batch_waiting waiting, int64_t linger_ms, int64_t now_ms, int64_t *wait_ms)
{
    enum batch_closed_by by = BATCH_CLOSED_BY_COUNT;
    struct batch_limits own = limits;
    own.linger_ms = linger_ms;
    return batch_should_close(&own, &waiting, now_ms, &by, wait_ms) ? by : BATCH_CLOSED_BY_COUNT;
}

static void count_bytes_and_linger_close_a_batch(void **state)
{
    int64_t wait_ms;
    (void)state;
    assert_int_equal(closed((struct batch_waiting){100, 10, 0}, 50, 1, &wait_ms), BATCH_COUNT);
    assert_int_equal(closed((struct batch_waiting){1, 1000, 0}, 50, 1, &wait_ms), BATCH_BYTES);
    assert_int_equal(closed((struct batch_waiting){1, 1, 0}, 50, 50, &wait_ms), BATCH_LINGER);
    assert_int_equal(closed((struct batch_waiting){1, 1, 0}, 0, 0, &wait_ms), BATCH_IDLE);
}

static void a_batch_that_lingers_says_how_long(void **state)
{
    int64_t wait_ms;
    (void)state;
    assert_int_equal(closed((struct batch_waiting){1, 1, 10}, 50, 30, &wait_ms), BATCH_CLOSED_BY_COUNT);
    assert_int_equal(wait_ms, 30);
}

static void nothing_waiting_closes_nothing(void **state)
{
    int64_t wait_ms;
    (void)state;
    assert_int_equal(closed((struct batch_waiting){0, 0, INT64_MAX}, 0, 1000, &wait_ms), BATCH_CLOSED_BY_COUNT);
    assert_true(wait_ms == INT64_MAX);
}

static struct record *record_of(struct partition *partition, int64_t offset, size_t bytes)
{
    struct record *record = alloc_zeroed(1, sizeof *record);
    record->partition = partition;
    record->topic = partition->topic;
    record->offset = offset;
    record->bytes = bytes;
    return record;
}

static void a_record_larger_than_a_batch_travels_alone(void **state)
{
    struct partition partition = {.topic = "t"};
    struct unit *all[] = {&partition.own};
    struct batch batch = {.count = 0};
    (void)state;
    unit_append(&partition.own, record_of(&partition, 0, 5000));
    unit_append(&partition.own, record_of(&partition, 1, 10));
    batch_fill(&batch, &limits, all, 1);
    assert_int_equal(batch.count, 1);
    record_free(batch.records[0]);
    unit_clear(&partition.own);
    batch_free(&batch);
}

static void batches_keep_the_order_of_units_and_the_limits(void **state)
{
    (void)state;
    seed_random("batch");
    for (int round = 0; round < 2000; round++) {
        struct partition partitions[4];
        struct unit *all[4];
        int64_t last[4] = {-1, -1, -1, -1};
        size_t left = 0;
        memset(partitions, 0, sizeof partitions);
        for (size_t i = 0; i < 4; i++) {
            all[i] = &partitions[i].own;
            partitions[i].topic = "t";
            for (uint32_t n = random_below(60); n > 0; n--, left++)
                unit_append(&partitions[i].own, record_of(&partitions[i], 60 - n, 1 + random_below(120)));
        }
        struct batch batch = {.count = 0};
        while (left > 0) {
            batch_fill(&batch, &limits, all, 4);
            assert_in_range(batch.count, 1, limits.max_records);
            assert_true(batch.bytes <= limits.max_bytes);
            for (size_t i = 0; i < batch.count; i++) {
                size_t p = (size_t)(batch.records[i]->partition - partitions);
                assert_true(batch.records[i]->offset > last[p]);
                last[p] = batch.records[i]->offset;
                assert_true(batch.units[i] < batch.unit_count);
                assert_true(i == 0 || (batch.units[i] == batch.units[i - 1]) ==
                                          (batch.records[i]->partition == batch.records[i - 1]->partition));
            }
            for (size_t i = 0; i < batch.count; i++)
                record_free(batch.records[i]);
            left -= batch.count;
            batch_empty(&batch);
        }
        batch_free(&batch);
    }
}

static void what_comes_again_stands_in_front_in_its_order(void **state)
{
    struct partition partition = {.topic = "t"};
    struct record *records[3];
    (void)state;
    for (int i = 0; i < 3; i++)
        records[i] = record_of(&partition, i, 1);
    unit_append(&partition.own, records[2]);
    unit_put_back(&partition.own, records[1]);
    unit_put_back(&partition.own, records[0]);
    for (int i = 0; i < 3; i++) {
        struct record *record = unit_take(&partition.own);
        assert_int_equal(record->offset, i);
        record_free(record);
    }
    assert_null(unit_take(&partition.own));
    assert_int_equal(partition.own.bytes, 0);
}

static void the_budget_is_shared_out_within_its_number(void **state)
{
    static const uint64_t sizes[] = {8 << 20, 32 << 20, 64 << 20};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int64_t tasks = 1; tasks <= 16; tasks++) {
            struct pipeline_options options = {.buffer_max_bytes = sizes[i], .tasks_max = tasks};
            struct budget budget = budget_plan(&options);
            /* waiting (twice a batch), in hand, transformed and with the sink; then letters */
            uint64_t all = budget.fetch_bytes +
                           (uint64_t)tasks * (budget.queued_bytes + budget.task_max_bytes + 3 * budget.batch_max_bytes);
            assert_true(all <= sizes[i] * 3 / 2);
            assert_true(budget.letters_max_bytes <= sizes[i] / 4);
            assert_true(budget.batch_max_bytes <= 4 << 20);
            assert_true(budget.fetch_bytes >= 1000000); /* librdkafka's message.max.bytes for consumers */
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_bytes_and_linger_close_a_batch),
        cmocka_unit_test(a_batch_that_lingers_says_how_long),
        cmocka_unit_test(nothing_waiting_closes_nothing),
        cmocka_unit_test(a_record_larger_than_a_batch_travels_alone),
        cmocka_unit_test(batches_keep_the_order_of_units_and_the_limits),
        cmocka_unit_test(what_comes_again_stands_in_front_in_its_order),
        cmocka_unit_test(the_budget_is_shared_out_within_its_number),
    };
    return RUN(tests);
}

/* Ordering units: a partition's records of one key stay in order, whatever comes again and whoever is busy. */
#include "testing.h"

#include "base/alloc.h"
#include "pipeline/batch.h"

static struct record *record_of(struct partition *partition, enum ordering ordering, int64_t offset, const char *key)
{
    struct record *record = alloc_zeroed(1, sizeof *record);
    record->partition = partition;
    record->topic = partition->topic;
    record->offset = offset;
    record->bytes = 1;
    record->key = (sluice_bytes){key, key != NULL ? strlen(key) : 0}; /* the tests' keys are static */
    record->unit = partition_unit_of(partition, ordering, record->key);
    unit_append(record->unit, record);
    return record;
}

static void keys_are_units_only_where_ordering_says_so(void **state)
{
    struct partition partition = {.topic = "t"};
    (void)state;
    partition_begin(&partition, (struct position){0, -1}, 0);
    const struct record *a = record_of(&partition, ORDERING_KEY, 0, "a"),
                        *b = record_of(&partition, ORDERING_KEY, 1, "b"),
                        *again = record_of(&partition, ORDERING_KEY, 2, "a"),
                        *empty = record_of(&partition, ORDERING_KEY, 3, ""),
                        *none = record_of(&partition, ORDERING_KEY, 4, NULL);
    assert_ptr_equal(a->unit, again->unit);
    assert_ptr_not_equal(a->unit, b->unit);
    assert_ptr_equal(none->unit, &partition.own); /* no key is not the empty key */
    assert_ptr_not_equal(empty->unit, &partition.own);
    assert_ptr_equal(record_of(&partition, ORDERING_PARTITION, 5, "a")->unit, &partition.own);
    partition_end(&partition);
}

static void a_unit_with_nothing_to_do_goes_away_and_a_busy_one_to_the_end(void **state)
{
    struct partition partition = {.topic = "t", .state = PARTITION_ACTIVE};
    (void)state;
    partition_begin(&partition, (struct position){0, -1}, 0);
    struct unit *a = record_of(&partition, ORDERING_KEY, 0, "a")->unit;
    struct unit *b = record_of(&partition, ORDERING_KEY, 1, "b")->unit;
    assert_ptr_equal(partition.by_key, a);
    a->inside = true;
    assert_false(partition_may_hand_out(&partition, a, 0));
    partition_unit_settled(&partition, a, 100);
    assert_ptr_equal(partition.by_key, b);
    assert_ptr_equal(partition_next_unit(&partition, b), a);
    assert_int_equal(partition.retrying, 1);
    assert_false(partition_may_hand_out(&partition, a, 99));
    assert_true(partition_may_hand_out(&partition, a, 100));
    record_free(unit_take(a));
    partition_unit_settled(&partition, a, 0);
    assert_int_equal(partition.retrying, 0);
    assert_null(partition_next_unit(&partition, b));
    partition_end(&partition);
}

enum { TASKS = 3, KEYS = 5, RECORDS = 300 };

/* A partition worked on by several tasks that answer as they like: a model of poller and settle. */
struct world {
    struct partition partition;
    struct batch batches[TASKS];
    bool away[TASKS];
    int64_t last_stored[KEYS + 1]; /* of each key, and of no key */
    bool stored[RECORDS];
};

static const char *const keys[KEYS + 1] = {"a", "b", "c", "d", "", NULL};

static size_t key_index(const struct record *record)
{
    for (size_t i = 0; i < KEYS; i++)
        if (record->key.data == keys[i])
            return i;
    return KEYS;
}

static void hand_out(struct world *world, size_t task)
{
    const struct batch_limits limits = {.max_records = 1 + random_below(20), .max_bytes = 1000};
    struct unit *ready[KEYS + 2];
    size_t count = 0;
    for (struct unit *unit = partition_first_unit(&world->partition); unit != NULL;
         unit = partition_next_unit(&world->partition, unit))
        if (partition_may_hand_out(&world->partition, unit, INT64_MAX))
            ready[count++] = unit;
    batch_fill(&world->batches[task], &limits, ready, count);
    world->away[task] = world->batches[task].count > 0;
}

static void store(struct world *world, struct record *record)
{
    size_t key = key_index(record);
    assert_true(record->offset > world->last_stored[key]);
    world->last_stored[key] = record->offset;
    world->stored[record->offset] = true;
    offsets_finished(&world->partition.offsets, record->offset);
    record_free(record);
}

/* Each unit of the batch is stored up to some record of it; the rest comes again. */
static void settle(struct world *world, size_t task)
{
    struct batch *batch = &world->batches[task];
    for (size_t first = 0, end; first < batch->count; first = end) {
        struct unit *unit = batch->records[first]->unit;
        for (end = first; end < batch->count && batch->units[end] == batch->units[first];)
            end++;
        size_t stored = first + random_below((uint32_t)(end - first + 1));
        for (size_t i = first; i < stored; i++)
            store(world, batch->records[i]);
        for (size_t i = end; i-- > stored;)
            unit_put_back(unit, batch->records[i]);
        world->partition.inside--;
        partition_unit_settled(&world->partition, unit, stored < end ? 1 : 0);
    }
    batch_empty(batch);
    world->away[task] = false;
}

static void whatever_the_tasks_answer_each_key_is_stored_in_order_and_wholly(void **state)
{
    (void)state;
    seed_random("units");
    for (int round = 0; round < 300; round++) {
        static struct world world;
        world = (struct world){.partition = {.topic = "t", .state = PARTITION_ACTIVE}};
        partition_begin(&world.partition, (struct position){0, -1}, 0);
        for (size_t i = 0; i <= KEYS; i++)
            world.last_stored[i] = -1;
        int64_t next = 0;
        while (offsets_watermark(&world.partition.offsets) < RECORDS) {
            size_t task = random_below(TASKS);
            if (next < RECORDS && random_below(3) == 0) {
                offsets_delivered(&world.partition.offsets, next, -1, 0);
                record_of(&world.partition, ORDERING_KEY, next++, keys[random_below(KEYS + 1)]);
            } else if (world.away[task]) {
                settle(&world, task);
            } else {
                hand_out(&world, task);
            }
            for (int64_t i = 0; i < offsets_watermark(&world.partition.offsets); i++)
                assert_true(world.stored[i]);
        }
        assert_null(world.partition.by_key); /* nothing is left behind */
        assert_int_equal(world.partition.retrying, 0);
        assert_int_equal(world.partition.inside, 0);
        partition_end(&world.partition);
        for (size_t i = 0; i < TASKS; i++)
            batch_free(&world.batches[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_units_only_where_ordering_says_so),
        cmocka_unit_test(a_unit_with_nothing_to_do_goes_away_and_a_busy_one_to_the_end),
        cmocka_unit_test(whatever_the_tasks_answer_each_key_is_stored_in_order_and_wholly),
    };
    return RUN(tests);
}

/* A sink that answers as it likes, and a checker that knows nothing of the pipeline but what the sink was given and
 * said, and what the broker has: nothing committed that is not finished, nothing out of order, nothing left over. */
#include "testing.h"

#include "harness.h"

enum { PARTITIONS = 2, RECORDS = 150, KEYS = 4 };

static const char *const keys[KEYS] = {"a", "b", "c", NULL};

static size_t key_of(int64_t offset)
{
    return (size_t)(offset * 7 % KEYS);
}

/* "P:O" behind the word it begins with, in a line of the log; NULL behind the last. */
static const char *next_record(const char *at, const char *end, int *partition, int64_t *offset)
{
    while (at < end) {
        const char *colon;
        while (at < end && *at != ' ')
            at++;
        if (++at >= end)
            return NULL;
        if (*at == 't')
            at += 2;
        *partition = (int)strtol(at, (char **)&colon, 10);
        *offset = strtoll(colon + 1, NULL, 10);
        return at;
    }
    return NULL;
}

struct seen {
    bool finished[PARTITIONS][RECORDS]; /* the sink has said so, in some call */
    long last_put[PARTITIONS][RECORDS]; /* line of the log */
};

static void read_log(const char *log, struct seen *seen)
{
    long number = 1;
    memset(seen, 0, sizeof *seen);
    for (const char *line = log, *end; *line != '\0'; line = end + 1, number++) {
        int partition;
        int64_t offset;
        end = line + strcspn(line, "\n");
        bool put = strncmp(line, "put", 3) == 0, said = strncmp(line, "said", 4) == 0;
        for (const char *at = line; (put || said) && (at = next_record(at, end, &partition, &offset)) != NULL;) {
            if (put)
                seen->last_put[partition][offset] = number;
            else
                seen->finished[partition][offset] = true;
        }
    }
}

/* The letters' coordinates are finished too; the dead letter topic has them. */
static size_t count_unfinished(const struct seen *seen, int partition, int64_t below)
{
    size_t count = 0;
    for (int64_t offset = 0; offset < below; offset++)
        count += !seen->finished[partition][offset];
    return count;
}

/* Within a unit the last put of a record is never behind the last put of a later one. */
static void is_in_order(const struct seen *seen, bool by_key)
{
    for (int partition = 0; partition < PARTITIONS; partition++)
        for (int64_t i = 0; i < RECORDS; i++)
            for (int64_t j = i + 1; j < RECORDS; j++)
                if (!by_key || key_of(i) == key_of(j)) {
                    if (seen->last_put[partition][i] > seen->last_put[partition][j])
                        fail_msg("%d:%lld was put behind %d:%lld", partition, (long long)i, partition, (long long)j);
                    break; /* the neighbours within a unit tell all */
                }
}

static void run(bool by_key)
{
    struct flow *flow = flow_new(PARTITIONS);
    struct seen seen;
    flow_script(flow, "random\n");
    for (int64_t offset = 0; offset < RECORDS; offset++)
        for (int partition = 0; partition < PARTITIONS; partition++)
            flow_produce_key(flow, partition, keys[key_of(offset)], "x");
    struct pipeline *pipeline =
        flow_start(flow, by_key ? "ordering = key\ntasks.max = 3\nbatch.max.records = 20\nmax.unfinished.span = 60"
                                : "tasks.max = 2\nbatch.max.records = 20");
    for (bool done = false; !done;) {
        int64_t committed[PARTITIONS];
        size_t unfinished = 0;
        for (int partition = 0; partition < PARTITIONS; partition++)
            committed[partition] = flow_committed(flow, partition);
        size_t letters = flow_letters(flow);
        char *log = flow_log(flow);
        read_log(log, &seen);
        free(log);
        done = true;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            unfinished += count_unfinished(&seen, partition, committed[partition]);
            done &= committed[partition] == RECORDS;
        }
        assert_true(unfinished <= letters);
    }
    assert_int_equal(flow_stop(pipeline), 0);
    is_in_order(&seen, by_key);
    flow_free(flow);
}

static void partitions_stay_whole_and_in_order(void **state)
{
    (void)state;
    run(false);
}

static void keys_stay_whole_and_in_order(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    char seed[24];
    seed_random("model");
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)test_random_state);
    setenv("SLUICE_SEED", seed, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_stay_whole_and_in_order),
        cmocka_unit_test(keys_stay_whole_and_in_order),
    };
    int failures = RUN(tests);
    plugins_unload_all();
    plugins_close_all();
    return failures;
}

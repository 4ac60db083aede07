/* /ready: which state the process is in, and since when each component is as it is. */
#include "testing.h"

#include "ops/health.h"

#include <jansson.h>
#include <unistd.h>

static json_t *ask(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    health_ready(out);
    fclose(out);
    json_t *answer = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(answer);
    return answer;
}

static void is_in_state(const char *wanted)
{
    json_t *answer = ask();
    assert_string_equal(json_string_value(json_object_get(answer, "state")), wanted);
    json_decref(answer);
}

static void since(const char *component, char text[32])
{
    json_t *answer = ask();
    json_t *of = json_object_get(json_object_get(answer, "components"), component);
    snprintf(text, 32, "%s", json_string_value(json_object_get(of, "since")));
    json_decref(answer);
}

static void line_is(const char *wanted)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    health_write_line(out);
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

static void it_starts_until_all_have_been_ready_together(void **state)
{
    (void)state;
    is_in_state("starting");
    health_tell("broker", false, "not reached yet");
    health_tell("group", true, NULL);
    is_in_state("starting");
    line_is("starting: broker (not reached yet)");
    health_tell("broker", true, NULL);
    health_tell("group", false, "away"); /* ready for a moment that nobody saw */
    is_in_state("not ready");
    health_tell("group", true, NULL);
    is_in_state("ready");
    line_is("ready");
}

static void since_is_when_it_became_so_not_when_it_was_told_last(void **state)
{
    char before[32], again[32], after[32];
    (void)state;
    health_tell("sink-0", false, "refused");
    since("sink-0", before);
    assert_int_equal(before[19], '.');
    usleep(5000);
    health_tell("sink-0", false, "timed out");
    since("sink-0", again);
    assert_string_equal(before, again);
    line_is("not ready: sink-0 (timed out)");
    usleep(5000);
    health_tell("sink-0", true, NULL);
    since("sink-0", after);
    assert_string_not_equal(before, after);
}

static void one_that_stops_is_not_ready(void **state)
{
    (void)state;
    assert_true(health_ready(NULL));
    health_stopping();
    assert_false(health_ready(NULL));
    is_in_state("stopping");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_until_all_have_been_ready_together),
        cmocka_unit_test(since_is_when_it_became_so_not_when_it_was_told_last),
        cmocka_unit_test(one_that_stops_is_not_ready),
    };
    return RUN(tests);
}

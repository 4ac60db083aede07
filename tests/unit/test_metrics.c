/* Metrics in Prometheus's text format, health, and log lines: what collectors read. */
#include "testing.h"

#include "ops/health.h"
#include "ops/metrics.h"

#include <unistd.h>

/* The lines of the families whose names begin with prefix. */
static char *rendered(const char *prefix)
{
    char *all = NULL, *kept = calloc(1, 65536);
    size_t size;
    FILE *out = open_memstream(&all, &size);
    metrics_render(out);
    fclose(out);
    for (char *line = strtok(all, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *name = strncmp(line, "# ", 2) == 0 ? line + strlen("# HELP ") : line;
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            strcat(strcat(kept, line), "\n");
    }
    free(all);
    return kept;
}

static void rendered_is(const char *prefix, const char *wanted)
{
    char *got = rendered(prefix);
    assert_string_equal(got, wanted);
    free(got);
}

static const char *const no_labels[] = {NULL};
static const char *const topic_label[] = {"topic", NULL};

static void a_counter_ends_in_total_and_escapes_its_labels(void **state)
{
    (void)state;
    struct metric_family *family =
        metrics_family("test_records-read", SLUICE_COUNTER, NULL, "Read \\ so\nfar.", topic_label);
    metric_add(metrics_series(family, (const char *const[]){"b", NULL}), 2);
    metric_add(metrics_series(family, (const char *const[]){"a\"\\\n", NULL}), 1);
    metric_add(metrics_series(family, (const char *const[]){"b", NULL}), 0.5);
    rendered_is("test_records_read", "# HELP test_records_read_total Read \\\\ so\\nfar.\n"
                                     "# TYPE test_records_read_total counter\n"
                                     "test_records_read_total{topic=\"a\\\"\\\\\\n\"} 1\n"
                                     "test_records_read_total{topic=\"b\"} 2.5\n");
}

static void a_gauge_has_its_unit_and_is_gone_when_removed(void **state)
{
    (void)state;
    struct metric_family *family = metrics_family("test_lag", SLUICE_GAUGE, "records", "Lag.", topic_label);
    const char *const values[] = {"t", NULL};
    metric_set(metrics_series(family, values), 12345678901);
    rendered_is("test_lag", "# HELP test_lag_records Lag.\n# TYPE test_lag_records gauge\n"
                            "test_lag_records{topic=\"t\"} 12345678901\n");
    metrics_remove(family, values);
    metrics_remove(family, values); /* of what is not there: nothing */
    rendered_is("test_lag", "# HELP test_lag_records Lag.\n# TYPE test_lag_records gauge\n");
}

static void a_histogram_counts_up_to_infinity(void **state)
{
    (void)state;
    struct metric_series *series =
        metrics_series(metrics_family("test_put", SLUICE_HISTOGRAM, "seconds", "Put.", no_labels), no_labels);
    metric_observe(series, 0.001);
    metric_observe(series, 0.3);
    metric_observe(series, 1000);
    char *got = rendered("test_put_seconds");
    assert_non_null(strstr(got, "test_put_seconds_bucket{le=\"0.001\"} 1\n"));
    assert_non_null(strstr(got, "test_put_seconds_bucket{le=\"0.5\"} 2\n"));
    assert_non_null(strstr(got, "test_put_seconds_bucket{le=\"30\"} 2\n"));
    assert_non_null(strstr(got, "test_put_seconds_bucket{le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(got, "test_put_seconds_sum 1000.301\ntest_put_seconds_count 3\n"));
    free(got);
}

static void one_name_is_one_family(void **state)
{
    (void)state;
    assert_ptr_equal(metrics_family("test_one", SLUICE_GAUGE, NULL, "One.", no_labels),
                     metrics_family("test_one", SLUICE_GAUGE, NULL, "One.", no_labels));
}

static void the_process_tells_of_itself(void **state)
{
    uint64_t rss, peak;
    (void)state;
    process_memory(&rss, &peak);
    assert_in_range(rss, 1 << 20, peak);
    char *got = rendered("process_resident_memory_bytes");
    assert_non_null(strstr(got, "# TYPE process_resident_memory_bytes gauge\n"));
    free(got);
}

static void ready_is_what_every_component_is_and_says_why_not(void **state)
{
    char *text = NULL;
    size_t size;
    (void)state;
    assert_false(health_ready(NULL)); /* nothing is known yet */
    health_tell("broker", true, NULL);
    assert_true(health_ready(NULL));
    health_tell("task-0", false, "mongodb.%s: %s", "network", "refused");
    FILE *out = open_memstream(&text, &size);
    assert_false(health_ready(out));
    fclose(out);
    assert_non_null(strstr(text, "\"detail\": \"mongodb.network: refused\""));
    free(text);
    health_tell("task-0", false, "%s", "\xff broken");
    out = open_memstream(&text, &size);
    health_ready(out);
    fclose(out);
    assert_non_null(strstr(text, "\"task-0\""));
    free(text);
    health_forget("task-0");
    assert_true(health_ready(NULL));
    assert_false(health_live(1000));
    health_alive();
    assert_true(health_live(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_ends_in_total_and_escapes_its_labels),
        cmocka_unit_test(a_gauge_has_its_unit_and_is_gone_when_removed),
        cmocka_unit_test(a_histogram_counts_up_to_infinity),
        cmocka_unit_test(one_name_is_one_family),
        cmocka_unit_test(the_process_tells_of_itself),
        cmocka_unit_test(ready_is_what_every_component_is_and_says_why_not),
    };
    return RUN(tests);
}

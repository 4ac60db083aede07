/* Metrics as Prometheus and OpenMetrics want them, health, and log lines: what collectors read. */
#include "testing.h"

#include "ops/exposition.h"
#include "ops/health.h"
#include "ops/metrics.h"
#include "ops/vitals.h"

#include <math.h>
#include <unistd.h>

/* The lines of the families whose names begin with prefix. */
static char *rendered_in(enum exposition exposition, const char *prefix)
{
    char *all = NULL, *kept = calloc(1, 65536);
    size_t size;
    FILE *out = open_memstream(&all, &size);
    exposition_write(exposition, out);
    fclose(out);
    for (char *line = strtok(all, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const char *keyword = strncmp(line, "# ", 2) == 0 ? strchr(line + 2, ' ') : NULL; /* NULL: a series, or # EOF */
        const char *name = keyword != NULL ? keyword + 1 : line;
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            strcat(strcat(kept, line), "\n");
    }
    free(all);
    return kept;
}

static char *rendered(const char *prefix)
{
    return rendered_in(EXPOSITION_PROMETHEUS, prefix);
}

static void rendered_is(const char *prefix, const char *wanted)
{
    char *got = rendered(prefix);
    assert_string_equal(got, wanted);
    free(got);
}

static void openmetrics_is(const char *prefix, const char *wanted)
{
    char *got = rendered_in(EXPOSITION_OPENMETRICS, prefix);
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

static void a_tally_counts_as_its_observations_would_one_by_one(void **state)
{
    struct metric_tally tally = {.count = 0};
    (void)state;
    struct metric_family *family = metrics_family("test_tally", SLUICE_HISTOGRAM, "bytes", "Tally.", no_labels);
    metric_tally_add(family, &tally, 256);
    metric_tally_add(family, &tally, 2000000);
    assert_int_equal(tally.count, 2);
    metric_observe_tally(metrics_series(family, no_labels), &tally);
    metric_observe_tally(metrics_series(family, no_labels), &tally); /* it is empty now */
    char *got = rendered("test_tally_bytes");
    assert_non_null(strstr(got, "test_tally_bytes_bucket{le=\"256\"} 1\n"));
    assert_non_null(strstr(got, "test_tally_bytes_bucket{le=\"1048576\"} 1\n")); /* in full: a label is no number */
    assert_non_null(strstr(got, "test_tally_bytes_bucket{le=\"4194304\"} 2\n"));
    assert_non_null(strstr(got, "test_tally_bytes_sum 2000256\ntest_tally_bytes_count 2\n"));
    free(got);
}

static void openmetrics_names_a_counter_without_total_and_tells_the_unit(void **state)
{
    (void)state;
    struct metric_family *family =
        metrics_family("test_open", SLUICE_COUNTER, "bytes", "Say \"so\" \\ and\nso.", topic_label);
    metric_add(metrics_series(family, (const char *const[]){"a\"b", NULL}), 3);
    openmetrics_is("test_open", "# HELP test_open_bytes Say \\\"so\\\" \\\\ and\\nso.\n"
                                "# TYPE test_open_bytes counter\n# UNIT test_open_bytes bytes\n"
                                "test_open_bytes_total{topic=\"a\\\"b\"} 3\n");
    struct metric_series *series =
        metrics_series(metrics_family("test_bound", SLUICE_HISTOGRAM, NULL, "B.", no_labels), no_labels);
    metric_observe(series, 1);
    char *got = rendered_in(EXPOSITION_OPENMETRICS, "test_bound");
    assert_non_null(strstr(got, "# TYPE test_bound histogram\ntest_bound_bucket{le=\"1.0\"} 1\n"));
    assert_non_null(strstr(got, "test_bound_bucket{le=\"+Inf\"} 1\n"));
    free(got);
}

static void numbers_read_back_as_they_were(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.1, "0.1"},        {1795752551.625, "1795752551.625"},
                {1e21, "1e+21"},     {-3, "-3"},
                {NAN, "NaN"},        {INFINITY, "+Inf"},
                {-INFINITY, "-Inf"}, {1.0 / 3, "0.33333333333333331"}};
    (void)state;
    struct metric_series *series =
        metrics_series(metrics_family("test_number", SLUICE_GAUGE, NULL, "N.", no_labels), no_labels);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char wanted[128];
        snprintf(wanted, sizeof wanted, "# HELP test_number N.\n# TYPE test_number gauge\ntest_number %s\n",
                 rows[i].text);
        metric_set(series, rows[i].value);
        rendered_is("test_number", wanted);
    }
}

/* One bad label, of a plugin's making say, must not cost all the others. */
static void a_label_that_is_no_utf8_is_shown_as_far_as_it_goes(void **state)
{
    (void)state;
    struct metric_family *family = metrics_family("test_text", SLUICE_GAUGE, NULL, "T.", topic_label);
    metric_set(metrics_series(family, (const char *const[]){"B\xc3\xa4r", NULL}), 1);
    metric_set(metrics_series(family, (const char *const[]){"B\xe4r", NULL}), 2);
    rendered_is("test_text", "# HELP test_text T.\n# TYPE test_text gauge\n"
                             "test_text{topic=\"B?r\"} 2\ntest_text{topic=\"B\xc3\xa4r\"} 1\n");
}

static void a_sweep_removes_what_was_not_set_since_the_last(void **state)
{
    (void)state;
    struct metric_family *family = metrics_family("test_sweep", SLUICE_GAUGE, NULL, "S.", topic_label);
    metric_set(metrics_series(family, (const char *const[]){"a", NULL}), 1);
    metric_set(metrics_series(family, (const char *const[]){"b", NULL}), 1);
    metrics_sweep(family);
    metric_set(metrics_series(family, (const char *const[]){"b", NULL}), 2);
    metrics_sweep(family);
    rendered_is("test_sweep", "# HELP test_sweep S.\n# TYPE test_sweep gauge\ntest_sweep{topic=\"b\"} 2\n");
}

static void an_alias_shows_the_same_series_as_a_gauge(void **state)
{
    struct error error;
    (void)state;
    struct metric_family *family = metrics_family("test_first", SLUICE_COUNTER, NULL, "First.", topic_label);
    assert_int_equal(metrics_alias("second_name", "test_first_total", &error), 0);
    metric_add(metrics_series(family, (const char *const[]){"t", NULL}), 7);
    rendered_is("second_name", "# HELP second_name First. As test_first_total, as a gauge.\n"
                               "# TYPE second_name gauge\nsecond_name{topic=\"t\"} 7\n");
    assert_int_equal(metrics_alias("third_name", "second_name", &error), 0);
    char *got = rendered("third_name");
    assert_non_null(strstr(got, "\nthird_name{topic=\"t\"} 7\n"));
    free(got);
}

static void an_alias_that_cannot_be_is_refused_in_words(void **state)
{
    static const struct {
        const char *alias, *name, *why;
    } rows[] = {
        {"fine", "test_nothing", "there is no metric test_nothing"},
        {"fine", "test_histogram_seconds", "test_histogram_seconds is a histogram, wanted a counter or gauge"},
        {"test_taken", "test_taken", "there is a metric of that name already"},
        {"9lives", "test_taken", "'9lives' is no name for a gauge"},
        {"gr\xc3\xbcn", "test_taken", "is no name for a gauge"},
        {"images_total", "test_taken", "'images_total' is no name for a gauge"},
    };
    (void)state;
    metrics_family("test_histogram", SLUICE_HISTOGRAM, "seconds", "H.", no_labels);
    metrics_family("test_taken", SLUICE_GAUGE, NULL, "T.", no_labels);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct error error;
        assert_int_equal(metrics_alias(rows[i].alias, rows[i].name, &error), -1);
        assert_non_null(strstr(error.text, rows[i].why));
    }
}

static void the_format_that_weighs_most_is_written(void **state)
{
    static const struct {
        const char *accept;
        enum exposition wanted;
    } rows[] = {
        {NULL, EXPOSITION_PROMETHEUS},
        {"", EXPOSITION_PROMETHEUS},
        {"*/*", EXPOSITION_PROMETHEUS},
        {"text/plain;version=0.0.4", EXPOSITION_PROMETHEUS},
        {"application/openmetrics-text", EXPOSITION_OPENMETRICS},
        {"text/plain;q=0.5, application/openmetrics-text; version=1.0.0", EXPOSITION_OPENMETRICS},
        {"text/plain, application/openmetrics-text;q=0.5", EXPOSITION_PROMETHEUS},
        {"application/openmetrics-text;q=0", EXPOSITION_PROMETHEUS},
        {"application/openmetrics-texts", EXPOSITION_PROMETHEUS},
        {"Application/OpenMetrics-Text;q=0.3,text/plain;q=0.2,", EXPOSITION_OPENMETRICS},
        {";;,,q=,;q=", EXPOSITION_PROMETHEUS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(exposition_wanted(rows[i].accept), rows[i].wanted);
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
    vitals_init();
    vitals_measure();
    char *got = rendered("process_");
    double seconds =
        strtod(strstr(got, "\nprocess_start_time_seconds ") + strlen("\nprocess_start_time_seconds "), NULL);
    assert_true(fabs(difftime(time(NULL), (time_t)seconds)) < 60);
    assert_non_null(strstr(got, "\n# TYPE process_resident_memory_bytes gauge\n"));
    assert_non_null(strstr(got, "# TYPE process_cpu_seconds_total counter\n"));
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

static void metrics_say_of_each_component_what_ready_says(void **state)
{
    (void)state;
    vitals_init();
    health_tell("broker", true, NULL);
    health_tell("task-0", false, "away");
    vitals_measure();
    char *got = rendered("sluice_");
    assert_non_null(strstr(got, "\nsluice_component_ready{component=\"broker\"} 1\n"
                                "sluice_component_ready{component=\"task-0\"} 0\n"));
    assert_non_null(strstr(got, "\nsluice_ready 0\n"));
    free(got);
    health_forget("task-0");
    vitals_measure();
    got = rendered("sluice_");
    assert_null(strstr(got, "task-0"));
    assert_non_null(strstr(got, "\nsluice_ready 1\n"));
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_ends_in_total_and_escapes_its_labels),
        cmocka_unit_test(a_gauge_has_its_unit_and_is_gone_when_removed),
        cmocka_unit_test(a_histogram_counts_up_to_infinity),
        cmocka_unit_test(a_tally_counts_as_its_observations_would_one_by_one),
        cmocka_unit_test(openmetrics_names_a_counter_without_total_and_tells_the_unit),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(a_label_that_is_no_utf8_is_shown_as_far_as_it_goes),
        cmocka_unit_test(a_sweep_removes_what_was_not_set_since_the_last),
        cmocka_unit_test(an_alias_shows_the_same_series_as_a_gauge),
        cmocka_unit_test(an_alias_that_cannot_be_is_refused_in_words),
        cmocka_unit_test(the_format_that_weighs_most_is_written),
        cmocka_unit_test(one_name_is_one_family),
        cmocka_unit_test(the_process_tells_of_itself),
        cmocka_unit_test(ready_is_what_every_component_is_and_says_why_not),
        cmocka_unit_test(metrics_say_of_each_component_what_ready_says),
    };
    return RUN(tests);
}

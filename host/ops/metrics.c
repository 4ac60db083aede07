#include "ops/metrics.h"

#include "base/alloc.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uthash.h>

enum { MAX_BUCKETS = 16 };

/* Upper bounds of a histogram's buckets, by its unit. */
static const struct bounds {
    const char *unit;
    double bounds[MAX_BUCKETS];
    size_t count;
} bucket_table[] = {
    {"seconds", {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}, 14},
    {"bytes", {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216}, 9},
    {NULL, {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}, 13}, /* records, and any other */
};

struct metric_series {
    struct metric_family *family;
    char *labels; /* {a="b"} without the braces; the key */
    double value; /* of a histogram: the sum */
    uint64_t counts[MAX_BUCKETS + 1];
    UT_hash_handle hh;
};

struct metric_family {
    char *name; /* in full */
    sluice_metric_kind kind;
    char *help;
    char *label_names[METRICS_MAX_LABELS];
    size_t label_count;
    const struct bounds *buckets;
    struct metric_series *series;
    UT_hash_handle hh;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metric_family *all_families;

static char *full_name(const char *name, sluice_metric_kind kind, const char *unit)
{
    bool has_unit = unit != NULL && unit[0] != '\0';
    char *full = alloc_printf("%s%s%s%s", name, has_unit ? "_" : "", has_unit ? unit : "",
                              kind == SLUICE_COUNTER ? "_total" : "");
    for (char *c = full; *c != '\0'; c++)
        if (strchr("-. ", *c) != NULL)
            *c = '_';
    return full;
}

static const struct bounds *buckets_of(const char *unit)
{
    const struct bounds *row = bucket_table;
    while (row->unit != NULL && (unit == NULL || strcmp(row->unit, unit) != 0))
        row++;
    return row;
}

struct metric_family *metrics_family(const char *name, sluice_metric_kind kind, const char *unit, const char *help,
                                     const char *const *labels)
{
    char *full = full_name(name, kind, unit);
    struct metric_family *family;
    pthread_mutex_lock(&lock);
    HASH_FIND_STR(all_families, full, family);
    if (family == NULL) {
        family = alloc_zeroed(1, sizeof *family);
        *family = (struct metric_family){
            .name = alloc_text(full), .kind = kind, .help = alloc_text(help), .buckets = buckets_of(unit)};
        for (; labels != NULL && labels[family->label_count] != NULL && family->label_count < METRICS_MAX_LABELS;
             family->label_count++)
            family->label_names[family->label_count] = alloc_text(labels[family->label_count]);
        HASH_ADD_KEYPTR(hh, all_families, family->name, strlen(family->name), family);
    }
    pthread_mutex_unlock(&lock);
    free(full);
    return family;
}

/* Prometheus's text format: backslash, quote and line feed are escaped in a label's value. */
static void write_escaped(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static char *labels_of(const struct metric_family *family, const char *const *values)
{
    char *labels = NULL;
    size_t size;
    FILE *out = open_memstream(&labels, &size);
    for (size_t i = 0; i < family->label_count; i++) {
        fprintf(out, "%s%s=\"", i > 0 ? "," : "", family->label_names[i]);
        write_escaped(out, values[i] != NULL ? values[i] : "", "\\\"");
        fputc('"', out);
    }
    fclose(out);
    return labels;
}

struct metric_series *metrics_series(struct metric_family *family, const char *const *values)
{
    char *labels = labels_of(family, values);
    struct metric_series *series;
    pthread_mutex_lock(&lock);
    HASH_FIND_STR(family->series, labels, series);
    if (series == NULL) {
        series = alloc_zeroed(1, sizeof *series);
        series->family = family;
        series->labels = labels;
        labels = NULL;
        HASH_ADD_KEYPTR(hh, family->series, series->labels, strlen(series->labels), series);
    }
    pthread_mutex_unlock(&lock);
    free(labels);
    return series;
}

void metrics_remove(struct metric_family *family, const char *const *values)
{
    char *labels = labels_of(family, values);
    struct metric_series *series;
    pthread_mutex_lock(&lock);
    HASH_FIND_STR(family->series, labels, series);
    if (series != NULL)
        HASH_DEL(family->series, series);
    pthread_mutex_unlock(&lock);
    free(labels);
    if (series != NULL)
        free(series->labels);
    free(series);
}

void metric_add(struct metric_series *series, double delta)
{
    pthread_mutex_lock(&lock);
    series->value += delta;
    pthread_mutex_unlock(&lock);
}

void metric_set(struct metric_series *series, double value)
{
    pthread_mutex_lock(&lock);
    series->value = value;
    pthread_mutex_unlock(&lock);
}

void metric_observe(struct metric_series *series, double value)
{
    const struct bounds *buckets = series->family->buckets;
    size_t bucket = 0;
    while (bucket < buckets->count && value > buckets->bounds[bucket])
        bucket++;
    pthread_mutex_lock(&lock);
    series->value += value;
    series->counts[bucket]++;
    pthread_mutex_unlock(&lock);
}

double metric_value(struct metric_series *series)
{
    pthread_mutex_lock(&lock);
    double value = series->value;
    pthread_mutex_unlock(&lock);
    return value;
}

double metrics_sum(const char *name)
{
    struct metric_family *family;
    double sum = 0;
    pthread_mutex_lock(&lock);
    HASH_FIND_STR(all_families, name, family);
    for (struct metric_series *series = family != NULL ? family->series : NULL; series != NULL;
         series = series->hh.next)
        sum += series->value;
    pthread_mutex_unlock(&lock);
    return sum;
}

/* ---- Rendering ----------------------------------------------------------------------------------- */

static void write_head(FILE *out, const char *name, sluice_metric_kind kind, const char *help)
{
    static const char *const kinds[] = {
        [SLUICE_COUNTER] = "counter", [SLUICE_GAUGE] = "gauge", [SLUICE_HISTOGRAM] = "histogram"};
    fprintf(out, "# HELP %s ", name);
    write_escaped(out, help, "\\");
    fprintf(out, "\n# TYPE %s %s\n", name, kinds[kind]);
}

static void write_number(FILE *out, double value)
{
    if (value == floor(value) && fabs(value) < 1e15)
        fprintf(out, "%.0f\n", value);
    else
        fprintf(out, "%.9g\n", value);
}

static void write_histogram(FILE *out, const struct metric_family *family, const struct metric_series *series)
{
    const char *comma = series->labels[0] != '\0' ? "," : "";
    uint64_t count = 0;
    for (size_t i = 0; i < family->buckets->count; i++) {
        count += series->counts[i];
        fprintf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", family->name, series->labels, comma,
                family->buckets->bounds[i], count);
    }
    count += series->counts[family->buckets->count];
    fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", family->name, series->labels, comma, count);
    const char *open = series->labels[0] != '\0' ? "{" : "", *close = series->labels[0] != '\0' ? "}" : "";
    fprintf(out, "%s_sum%s%s%s ", family->name, open, series->labels, close);
    write_number(out, series->value);
    fprintf(out, "%s_count%s%s%s %" PRIu64 "\n", family->name, open, series->labels, close, count);
}

static void write_family(FILE *out, struct metric_family *family)
{
    write_head(out, family->name, family->kind, family->help);
    for (struct metric_series *series = family->series; series != NULL; series = series->hh.next) {
        if (family->kind == SLUICE_HISTOGRAM) {
            write_histogram(out, family, series);
            continue;
        }
        if (series->labels[0] != '\0')
            fprintf(out, "%s{%s} ", family->name, series->labels);
        else
            fprintf(out, "%s ", family->name);
        write_number(out, series->value);
    }
}

void process_memory(uint64_t *rss_bytes, uint64_t *peak_bytes)
{
    char line[256];
    unsigned long long kib;
    *rss_bytes = *peak_bytes = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "VmRSS: %llu", &kib) == 1)
            *rss_bytes = kib * 1024;
        else if (sscanf(line, "VmHWM: %llu", &kib) == 1)
            *peak_bytes = kib * 1024;
    }
    if (status != NULL)
        fclose(status);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        closedir(dir);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

static void write_one(FILE *out, const char *name, sluice_metric_kind kind, const char *help, double value)
{
    write_head(out, name, kind, help);
    fprintf(out, "%s ", name);
    write_number(out, value);
}

/* Named as Prometheus's client libraries name them. */
static void write_process(FILE *out)
{
    struct rusage usage;
    uint64_t rss_bytes, peak_bytes;
    getrusage(RUSAGE_SELF, &usage);
    process_memory(&rss_bytes, &peak_bytes);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    write_one(out, "process_cpu_seconds_total", SLUICE_COUNTER, "Total user and system CPU time spent.", cpu);
    write_one(out, "process_open_fds", SLUICE_GAUGE, "Open file descriptors.", (double)open_descriptors());
    write_one(out, "process_resident_memory_bytes", SLUICE_GAUGE, "Resident memory size.", (double)rss_bytes);
    write_one(out, "process_resident_memory_peak_bytes", SLUICE_GAUGE, "Largest resident memory size so far.",
              (double)peak_bytes);
}

static int by_name(struct metric_family *a, struct metric_family *b)
{
    return strcmp(a->name, b->name);
}

static int by_labels(struct metric_series *a, struct metric_series *b)
{
    return strcmp(a->labels, b->labels);
}

void metrics_render(FILE *out)
{
    write_process(out);
    write_head(out, "sluice_build_info", SLUICE_GAUGE, "The version that runs; always 1.");
    fprintf(out, "sluice_build_info{version=\"%s\"} 1\n", SLUICE_VERSION);
    pthread_mutex_lock(&lock);
    HASH_SORT(all_families, by_name);
    for (struct metric_family *family = all_families; family != NULL; family = family->hh.next) {
        HASH_SORT(family->series, by_labels);
        write_family(out, family);
    }
    pthread_mutex_unlock(&lock);
}

#include "ops/metrics.h"

#include "base/alloc.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Upper bounds of a histogram's buckets, by its unit. */
static const struct bounds {
    const char *unit;
    double bounds[METRICS_MAX_BUCKETS];
    size_t count;
} bucket_table[] = {
    {"seconds", {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600}, 17},
    {"bytes", {256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216}, 9},
    {NULL, {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}, 13}, /* records, and any other */
};

struct metric_series {
    struct metric_family *family;
    char *labels; /* {a="b"} without the braces; the key */
    double value; /* of a histogram: the sum */
    bool fresh;   /* counted in or set since the last sweep */
    uint64_t counts[METRICS_MAX_BUCKETS + 1];
    UT_hash_handle hh;
};

struct metric_family {
    char *name; /* in full */
    sluice_metric_kind kind;
    char *unit; /* "": none */
    char *help;
    char *label_names[METRICS_MAX_LABELS];
    size_t label_count;
    const struct bounds *buckets;
    struct metric_series *series;
    struct metric_family *shows; /* an alias: whose series are shown; NULL: its own */
    UT_hash_handle hh;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metric_family *all_families;

/* ---- Families ------------------------------------------------------------------------------------- */

/* "-. " become "_"; the caller frees it. */
static char *in_words(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (strchr("-. ", *c) != NULL)
            *c = '_';
    return text;
}

static char *full_name(const char *name, sluice_metric_kind kind, const char *unit)
{
    bool has_unit = unit != NULL && unit[0] != '\0';
    return in_words(alloc_printf("%s%s%s%s", name, has_unit ? "_" : "", has_unit ? unit : "",
                                 kind == SLUICE_COUNTER ? "_total" : ""));
}

static const struct bounds *buckets_of(const char *unit)
{
    const struct bounds *row = bucket_table;
    while (row->unit != NULL && (unit == NULL || strcmp(row->unit, unit) != 0))
        row++;
    return row;
}

static struct metric_family *find(const char *name)
{
    struct metric_family *family;
    HASH_FIND_STR(all_families, name, family);
    return family;
}

static struct metric_family *add_family(const char *name, sluice_metric_kind kind, const char *unit, const char *help)
{
    struct metric_family *family = alloc_zeroed(1, sizeof *family);
    *family = (struct metric_family){.name = alloc_text(name),
                                     .kind = kind,
                                     .unit = in_words(alloc_text(unit != NULL ? unit : "")),
                                     .help = alloc_text(help),
                                     .buckets = buckets_of(unit)};
    HASH_ADD_KEYPTR(hh, all_families, family->name, strlen(family->name), family);
    return family;
}

struct metric_family *metrics_family(const char *name, sluice_metric_kind kind, const char *unit, const char *help,
                                     const char *const *labels)
{
    char *full = full_name(name, kind, unit);
    pthread_mutex_lock(&lock);
    struct metric_family *family = find(full);
    if (family == NULL) {
        family = add_family(full, kind, unit, help);
        for (; labels != NULL && labels[family->label_count] != NULL && family->label_count < METRICS_MAX_LABELS;
             family->label_count++)
            family->label_names[family->label_count] = alloc_text(labels[family->label_count]);
    }
    pthread_mutex_unlock(&lock);
    free(full);
    return family;
}

/* Prometheus's rule (Data model), and no suffix that OpenMetrics keeps for the samples of other kinds. */
static bool is_gauge_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";
    static const char *const kept[] = {"_total", "_created", "_bucket", "_count", "_sum"};
    size_t size = strlen(name);
    if (size == 0 || name[strspn(name, letters)] != '\0' || strchr("0123456789", name[0]) != NULL)
        return false;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (size >= strlen(kept[i]) && strcmp(name + size - strlen(kept[i]), kept[i]) == 0)
            return false;
    return true;
}

static int add_alias(const char *alias, const char *name, struct error *error)
{
    struct metric_family *shows = find(name);
    if (shows == NULL)
        return error_set(error, "there is no metric %s", name);
    if (shows->kind == SLUICE_HISTOGRAM)
        return error_set(error, "%s is a histogram, wanted a counter or gauge", name);
    if (find(alias) != NULL)
        return error_set(error, "there is a metric of that name already");
    char *help = alloc_printf("%s As %s, as a gauge.", shows->help, name);
    struct metric_family *family = add_family(alias, SLUICE_GAUGE, NULL, help);
    free(help);
    family->shows = shows->shows != NULL ? shows->shows : shows; /* an alias of an alias */
    family->label_count = shows->label_count;
    memcpy(family->label_names, shows->label_names, sizeof family->label_names);
    return 0;
}

int metrics_alias(const char *alias, const char *name, struct error *error)
{
    if (!is_gauge_name(alias))
        return error_set(error,
                         "'%s' is no name for a gauge, wanted letters, digits, _ and :, not ending in _total, "
                         "_created, _bucket, _count or _sum",
                         alias);
    pthread_mutex_lock(&lock);
    int failure = add_alias(alias, name, error);
    pthread_mutex_unlock(&lock);
    return failure;
}

/* ---- Series --------------------------------------------------------------------------------------- */

/* In both formats backslash, quote and line feed are escaped in a label's value.  at: room for twice the text. */
static char *escape(char *at, const char *text, bool utf8)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\\"\n", *text) != NULL)
            *at++ = '\\';
        *at++ = *text == '\n' ? 'n' : !utf8 && (unsigned char)*text >= 0x80 ? '?' : *text;
    }
    return at;
}

/* One label that is no UTF-8 would make Prometheus refuse all of a scrape. */
static bool is_utf8(const char *text)
{
    const char *c = text;
    while (*c != '\0' && (unsigned char)*c < 0x80)
        c++;
    if (*c == '\0')
        return true;
    json_t *json = json_string(text);
    json_decref(json);
    return json != NULL;
}

/* The caller frees it. */
static char *labels_of(const struct metric_family *family, const char *const *values)
{
    size_t size = 1;
    for (size_t i = 0; i < family->label_count; i++)
        size += strlen(family->label_names[i]) + 2 * strlen(values[i]) + strlen(",=\"\"");
    char *labels = alloc_resized(NULL, size, 1), *at = labels;
    for (size_t i = 0; i < family->label_count; i++) {
        at = stpcpy(stpcpy(stpcpy(at, i > 0 ? "," : ""), family->label_names[i]), "=\"");
        at = stpcpy(escape(at, values[i], is_utf8(values[i])), "\"");
    }
    *at = '\0';
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

static void remove_series(struct metric_family *family, struct metric_series *series)
{
    HASH_DEL(family->series, series);
    free(series->labels);
    free(series);
}

void metrics_remove(struct metric_family *family, const char *const *values)
{
    char *labels = labels_of(family, values);
    struct metric_series *series;
    pthread_mutex_lock(&lock);
    HASH_FIND_STR(family->series, labels, series);
    if (series != NULL)
        remove_series(family, series);
    pthread_mutex_unlock(&lock);
    free(labels);
}

void metrics_sweep(struct metric_family *family)
{
    struct metric_series *series, *next;
    pthread_mutex_lock(&lock);
    HASH_ITER(hh, family->series, series, next)
    {
        if (!series->fresh)
            remove_series(family, series);
        else
            series->fresh = false;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- Counting ------------------------------------------------------------------------------------- */

void metric_add(struct metric_series *series, double delta)
{
    pthread_mutex_lock(&lock);
    series->value += delta;
    series->fresh = true;
    pthread_mutex_unlock(&lock);
}

void metric_set(struct metric_series *series, double value)
{
    pthread_mutex_lock(&lock);
    series->value = value;
    series->fresh = true;
    pthread_mutex_unlock(&lock);
}

void metric_tally_add(const struct metric_family *family, struct metric_tally *tally, double value)
{
    const struct bounds *buckets = family->buckets;
    size_t bucket = 0;
    while (bucket < buckets->count && value > buckets->bounds[bucket])
        bucket++;
    tally->counts[bucket]++;
    tally->sum += value;
    tally->count++;
}

void metric_observe_tally(struct metric_series *series, struct metric_tally *tally)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i <= series->family->buckets->count; i++)
        series->counts[i] += tally->counts[i];
    series->value += tally->sum;
    series->fresh = true;
    pthread_mutex_unlock(&lock);
    *tally = (struct metric_tally){.count = 0};
}

void metric_observe(struct metric_series *series, double value)
{
    struct metric_tally tally = {.count = 0};
    metric_tally_add(series->family, &tally, value);
    metric_observe_tally(series, &tally);
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
    double sum = 0;
    pthread_mutex_lock(&lock);
    const struct metric_family *family = find(name);
    for (const struct metric_series *series = family != NULL ? family->series : NULL; series != NULL;
         series = series->hh.next)
        sum += series->value;
    pthread_mutex_unlock(&lock);
    return sum;
}

/* ---- Looking -------------------------------------------------------------------------------------- */

static int by_name(struct metric_family *a, struct metric_family *b)
{
    return strcmp(a->name, b->name);
}

static int by_labels(struct metric_series *a, struct metric_series *b)
{
    return strcmp(a->labels, b->labels);
}

static void visit(const struct metric_visitor *visitor, struct metric_family *family)
{
    struct metric_family *shown = family->shows != NULL ? family->shows : family;
    bool histogram = family->kind == SLUICE_HISTOGRAM;
    const struct metric_about about = {
        .name = family->name,
        .kind = family->kind,
        .unit = family->unit,
        .help = family->help,
        .labels = (const char *const *)family->label_names,
        .label_count = family->label_count,
        .bounds = histogram ? family->buckets->bounds : NULL,
        .bound_count = histogram ? family->buckets->count : 0,
    };
    visitor->family(visitor->opaque, &about);
    if (visitor->sample == NULL)
        return;
    HASH_SORT(shown->series, by_labels);
    for (const struct metric_series *series = shown->series; series != NULL; series = series->hh.next)
        visitor->sample(visitor->opaque, &about,
                        &(struct metric_sample){series->labels, series->value, series->counts});
}

void metrics_visit(const struct metric_visitor *visitor)
{
    pthread_mutex_lock(&lock);
    HASH_SORT(all_families, by_name);
    for (struct metric_family *family = all_families; family != NULL; family = family->hh.next)
        visit(visitor, family);
    pthread_mutex_unlock(&lock);
}

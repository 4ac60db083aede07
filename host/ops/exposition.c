#include "ops/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct writing {
    enum exposition exposition;
    FILE *out;
};

/* ---- Which format ---------------------------------------------------------------------------------- */

/* Is this element of an Accept header ("text/plain; version=0.0.4; q=0.5") of the media type? */
static bool is_of(const char *element, size_t size, const char *type)
{
    element += strspn(element, " \t");
    size_t length = strlen(type);
    return length <= size && strncasecmp(element, type, length) == 0 && strchr(";, \t", element[length]) != NULL;
}

/* Its weight, from 0 to 1. */
static double weight_of(const char *element, size_t size)
{
    for (const char *at = element; (at = memchr(at, ';', size - (size_t)(at - element))) != NULL;) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "q=", 2) == 0)
            return strtod(at + 2, NULL);
    }
    return 1;
}

enum exposition exposition_wanted(const char *accept)
{
    double plain = 0, open = 0;
    while (accept != NULL && *accept != '\0') {
        size_t size = strcspn(accept, ",");
        double weight = weight_of(accept, size);
        if (is_of(accept, size, "application/openmetrics-text"))
            open = fmax(open, weight);
        else if (is_of(accept, size, "text/plain"))
            plain = fmax(plain, weight);
        accept += size + (accept[size] == ',');
    }
    return open > 0 && open >= plain ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS;
}

const char *exposition_type(enum exposition exposition)
{
    static const char *const types[] = {
        [EXPOSITION_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
        [EXPOSITION_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };
    return types[exposition];
}

/* ---- Writing --------------------------------------------------------------------------------------- */

const char *exposition_kind(sluice_metric_kind kind)
{
    static const char *const kinds[] = {
        [SLUICE_COUNTER] = "counter", [SLUICE_GAUGE] = "gauge", [SLUICE_HISTOGRAM] = "histogram"};
    return kinds[kind];
}

/* The shortest decimal that reads back as the same number. */
static void write_number(FILE *out, double value)
{
    char text[40];
    if (isnan(value))
        snprintf(text, sizeof text, "NaN");
    else if (isinf(value))
        snprintf(text, sizeof text, value > 0 ? "+Inf" : "-Inf");
    else if (value == floor(value) && fabs(value) < 1e15)
        snprintf(text, sizeof text, "%.0f", value);
    else if (snprintf(text, sizeof text, "%.15g", value) > 0 && strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    fputs(text, out);
}

/* OpenMetrics wants a bucket's bound to look like a float: le="1.0". */
static void write_bound(const struct writing *writing, double bound)
{
    write_number(writing->out, bound);
    if (writing->exposition == EXPOSITION_OPENMETRICS && bound == floor(bound))
        fputs(".0", writing->out);
}

static void write_help(const struct writing *writing, const char *help)
{
    const char *special = writing->exposition == EXPOSITION_OPENMETRICS ? "\\\"" : "\\";
    for (; *help != '\0'; help++) {
        if (*help == '\n')
            fputs("\\n", writing->out);
        else if (strchr(special, *help) != NULL)
            fprintf(writing->out, "\\%c", *help);
        else
            fputc(*help, writing->out);
    }
}

/* OpenMetrics names a counter without the _total of its samples. */
static void write_head(void *writing_, const struct metric_about *about)
{
    const struct writing *writing = writing_;
    bool open = writing->exposition == EXPOSITION_OPENMETRICS;
    int size = (int)(strlen(about->name) - (open && about->kind == SLUICE_COUNTER ? strlen("_total") : 0));
    fprintf(writing->out, "# HELP %.*s ", size, about->name);
    write_help(writing, about->help);
    fprintf(writing->out, "\n# TYPE %.*s %s\n", size, about->name, exposition_kind(about->kind));
    if (open && about->unit[0] != '\0')
        fprintf(writing->out, "# UNIT %.*s %s\n", size, about->name, about->unit);
}

static void write_line(const struct writing *writing, const char *name, const char *suffix, const char *labels,
                       double value)
{
    fprintf(writing->out, labels[0] != '\0' ? "%s%s{%s} " : "%s%s%s ", name, suffix, labels);
    write_number(writing->out, value);
    fputc('\n', writing->out);
}

static void write_histogram(const struct writing *writing, const struct metric_about *about,
                            const struct metric_sample *sample)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= about->bound_count; i++) {
        count += sample->counts[i];
        fprintf(writing->out, "%s_bucket{%s%sle=\"", about->name, sample->labels, sample->labels[0] != '\0' ? "," : "");
        if (i < about->bound_count)
            write_bound(writing, about->bounds[i]);
        else
            fputs("+Inf", writing->out);
        fprintf(writing->out, "\"} %" PRIu64 "\n", count);
    }
    write_line(writing, about->name, "_sum", sample->labels, sample->value);
    write_line(writing, about->name, "_count", sample->labels, (double)count);
}

static void write_sample(void *writing_, const struct metric_about *about, const struct metric_sample *sample)
{
    const struct writing *writing = writing_;
    if (about->kind == SLUICE_HISTOGRAM)
        write_histogram(writing, about, sample);
    else
        write_line(writing, about->name, "", sample->labels, sample->value);
}

void exposition_write(enum exposition exposition, FILE *out)
{
    struct writing writing = {exposition, out};
    metrics_visit(&(struct metric_visitor){.family = write_head, .sample = write_sample, .opaque = &writing});
    if (exposition == EXPOSITION_OPENMETRICS)
        fputs("# EOF\n", out);
}

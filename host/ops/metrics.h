/* ops/metrics.h - the process's metrics: a family (name, kind, unit, help, label names) and its series (label values).
 * Neighbours: exposition.h writes them for Prometheus, vitals.h measures process and health; pipeline/families.h and
 * plugin/host_api.c register and count, once a batch rather than once a record. */
#ifndef SLUICE_OPS_METRICS_H
#define SLUICE_OPS_METRICS_H

#include "base/error.h"
#include "sluice/abi.h"

enum { METRICS_MAX_LABELS = 4, METRICS_MAX_BUCKETS = 20 };

struct metric_family;
struct metric_series;

/* [any] All of these; counting takes one short lock.
 * A family registered twice under one name is the same one.  The full name is name[_unit][_total for a counter];
 * unit "" or NULL: none.  A histogram's buckets follow its unit (seconds, bytes, records).  The texts are copied.
 * labels: NULL-terminated label names, may be NULL. */
struct metric_family *metrics_family(const char *name, sluice_metric_kind kind, const char *unit, const char *help,
                                     const char *const *labels);
/* Made at first use, and the same one afterwards; values are copied, one for each label of the family. */
struct metric_series *metrics_series(struct metric_family *family, const char *const *values);
/* The series, if there is one, is gone from the next scrape on; its pointer must not be used again. */
void metrics_remove(struct metric_family *family, const char *const *values);
/* The same for each series that has not been counted in or set since the last sweep: for families that are filled anew
 * each time with whatever is there, by series that are looked up each time. */
void metrics_sweep(struct metric_family *family);
/* Shows a counter or gauge under a second name too, as a gauge.  An error: the family is not known, is a histogram, or
 * the name is taken or none for a gauge. */
int metrics_alias(const char *alias, const char *name, struct error *error);

void metric_add(struct metric_series *series, double delta);
void metric_set(struct metric_series *series, double value); /* a counter's, where another counts and we are told */
void metric_observe(struct metric_series *series, double value);
double metric_value(struct metric_series *series); /* for tests and summaries */
double metrics_sum(const char *name);              /* of a family's series, by its full name; 0: there is none */

/* Observations gathered by one thread without a lock, and then counted together. */
struct metric_tally {
    double sum;
    uint64_t counts[METRICS_MAX_BUCKETS + 1];
    uint64_t count;
};
void metric_tally_add(const struct metric_family *family, struct metric_tally *tally, double value);
void metric_observe_tally(struct metric_series *series, struct metric_tally *tally); /* empties it */

/* What is told of each: families in the order of their names, series in that of their labels. */
struct metric_about {
    const char *name; /* in full */
    sluice_metric_kind kind;
    const char *unit; /* "": none */
    const char *help;
    const char *const *labels;
    size_t label_count;
    const double *bounds; /* a histogram's, without +Inf */
    size_t bound_count;
};
struct metric_sample {
    const char *labels;     /* a="b",c="d", escaped; "": none */
    double value;           /* a histogram's sum */
    const uint64_t *counts; /* a histogram's, one for each bound and one above; not added up */
};
struct metric_visitor {
    void (*family)(void *opaque, const struct metric_about *about);
    void (*sample)(void *opaque, const struct metric_about *about, const struct metric_sample *sample); /* or NULL */
    void *opaque;
};
/* Counting waits meanwhile: a visitor writes to memory, and calls nothing of this header. */
void metrics_visit(const struct metric_visitor *visitor);

#endif

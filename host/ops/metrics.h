/* ops/metrics.h - the process's metrics, rendered in Prometheus's text format 0.0.4.  A family is a row of a table
 * (name, kind, unit, help, label names); a series is a family with label values.
 * Neighbours: http.h serves them; pipeline/ and plugin/host_api.c count, once a batch rather than once a record. */
#ifndef SLUICE_OPS_METRICS_H
#define SLUICE_OPS_METRICS_H

#include "sluice/abi.h"

#include <stdio.h>

enum { METRICS_MAX_LABELS = 4 };

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

void metric_add(struct metric_series *series, double delta);
void metric_set(struct metric_series *series, double value);
void metric_observe(struct metric_series *series, double value);
double metric_value(struct metric_series *series); /* for tests and summaries */
double metrics_sum(const char *name);              /* of a family's series, by its full name; 0: there is none */

/* Families in the order of their names, series of their labels; the process's own (RSS, CPU, start time, open file
 * descriptors, named as Prometheus's client libraries do) and sluice_build_info come with them. */
void metrics_render(FILE *out);

/* Peak and current resident bytes of this process, from /proc/self/status (VmHWM, VmRSS). */
void process_memory(uint64_t *rss_bytes, uint64_t *peak_bytes);

#endif

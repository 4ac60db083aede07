/* ops/exposition.h - the metrics as a scraper wants them: Prometheus's text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) or OpenMetrics 1.0.0 (the specification of that name).
 * Neighbours: metrics.h (what is written), probes.c (who serves it). */
#ifndef SLUICE_OPS_EXPOSITION_H
#define SLUICE_OPS_EXPOSITION_H

#include "ops/metrics.h"

#include <stdio.h>

enum exposition { EXPOSITION_PROMETHEUS, EXPOSITION_OPENMETRICS };

/* [any] The format that an Accept header (NULL: none) prefers; OpenMetrics only where it is named. */
enum exposition exposition_wanted(const char *accept);
const char *exposition_type(enum exposition exposition); /* the Content-Type; static */
/* [any] Every family with its series. */
void exposition_write(enum exposition exposition, FILE *out);
/* "counter", "gauge", "histogram" */
const char *exposition_kind(sluice_metric_kind kind);

#endif

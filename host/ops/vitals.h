/* ops/vitals.h - what is measured anew for each scrape: the process (named as Prometheus's client libraries name it)
 * and, so that metrics and /ready never disagree, health.
 * Neighbours: metrics.h (where they live), health.h, probes.c (who serves). */
#ifndef SLUICE_OPS_VITALS_H
#define SLUICE_OPS_VITALS_H

#include <stdint.h>

void vitals_init(void);    /* [any] registers the families; once is enough */
void vitals_measure(void); /* [any] after vitals_init() */

/* [any] Peak and current resident bytes of this process, from /proc/self/status (VmHWM, VmRSS). */
void process_memory(uint64_t *rss_bytes, uint64_t *peak_bytes);

#endif

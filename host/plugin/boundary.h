/* plugin/boundary.h - the ABI's opaque types as the host knows them.  Whatever crosses the boundary is made of
 * these; pipeline/ fills them, host_api.c reads and changes them on a plugin's behalf.
 * Neighbours: sluice/abi.h (the contract), host_api.h, instance.h (the calls). */
#ifndef SLUICE_PLUGIN_BOUNDARY_H
#define SLUICE_PLUGIN_BOUNDARY_H

#include "base/arena.h"
#include "sluice/abi.h"

#include <stdatomic.h>

struct metric_series;

struct record_header {
    const char *name;
    sluice_bytes value; /* data NULL: a null header value */
};

/* One record as the current stage sees it.  view.header_count counts headers. */
struct sluice_record {
    sluice_record_view view;
    struct record_header *headers;
};

struct sluice_batch {
    struct sluice_record *const *records;
    size_t count;
};

/* Edits gather in `after` and become the record once apply() has returned OK. */
struct sluice_edit {
    struct sluice_record after;
    struct arena *arena;    /* the batch's */
    size_t header_capacity; /* of after.headers when it is ours; 0: still the record's own array */
};

struct report_entry {
    bool set;
    sluice_verdict verdict;
    const char *code; /* in the report's arena; NULL: none given */
    const char *text;
};

struct sluice_report {
    struct arena *arena;          /* where texts live */
    struct report_entry *records; /* record_count of them, cleared */
    size_t record_count;
    struct report_entry call;
    const char *nonsense; /* a verdict or index that cannot be, in words: fails the task */
    /* check()'s answers; NULL outside of check(). */
    void (*option)(void *opaque, const char *option, const char *code, const char *text);
    void *opaque;
};

struct sluice_reply {
    char *json; /* malloc'ed; the caller of the instance frees it */
    size_t size;
};

/* Set by the poller, read by a plugin through stopping() and time_left_ms(). */
struct call_limits {
    atomic_bool stopping;
    _Atomic int64_t deadline_ms; /* clock_now_ms() based; INT64_MAX: none */
};

struct sluice_context {
    const char *pipeline;
    const char *instance; /* the section's name: "sink.images" */
    const char *plugin;
    int32_t task; /* -1: no task */
    struct call_limits *limits;
    struct metric_series **metrics; /* one for each row of the plugin's table */
    size_t metric_count;
};

#endif

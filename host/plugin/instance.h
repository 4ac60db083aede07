/* plugin/instance.h - an opened plugin, and every call across the boundary.  Before each call a flight note is left
 * (plugin, stage, call, records), so that a hang or a crash can be told; after each, what came back is checked for
 * sense and nothing else: what it means is pipeline/'s.
 * Neighbours: chain.h (what is opened), boundary.h (what is passed), pipeline/task.c (who calls). */
#ifndef SLUICE_PLUGIN_INSTANCE_H
#define SLUICE_PLUGIN_INSTANCE_H

#include "base/plain.h"
#include "plugin/boundary.h"
#include "plugin/chain.h"

struct flight_coordinates {
    const char *topic; /* lives as long as the call */
    int32_t partition;
    int64_t offset;
};

/* In memory made for it (mmap), readable by another thread and from a signal handler. */
struct flight_note {
    _Atomic(const char *) plugin; /* NULL: no call under way */
    _Atomic(const char *) call;   /* "put", "open" */
    _Atomic(const char *) section;
    _Atomic int64_t since_ms; /* clock_now_ms() */
    atomic_size_t records;
    /* For the same thread's signal handler alone. */
    int32_t task;                          /* -1: none */
    struct flight_coordinates first, last; /* of the call's records, as the plugin sees them; where there are any */
};

struct instance {
    const struct stage *stage;
    sluice_context context;
    struct flight_note *note; /* the task's; shared by all its instances */
    void *self;
    bool open;
};

struct flight_note *flight_note_new(void);
void flight_note_free(struct flight_note *note);
/* "mongodb-image [sink.images] put(), 1200 records, for 15.2 s"; false when no call is under way. */
bool flight_note_tell(const struct flight_note *note, char *text, size_t size);
/* The note of the call that this thread is in; NULL: it is in none.  Async-signal-safe, as is telling it:
 * " in put() of [sink.images], 1200 records from potato[0]@17 to potato[0]@1216". */
const struct flight_note *flight_note_here(void);
void flight_note_tell_crash(const struct flight_note *note, struct plain *text);

void instance_init(struct instance *instance, const struct stage *stage, const char *pipeline, int32_t task,
                   struct call_limits *limits, struct flight_note *note);

/* [task] What they return is within SLUICE_OK..SLUICE_FATAL, or SLUICE_FATAL with report->nonsense set when the plugin
 * returned or reported something that does not exist. */
sluice_verdict instance_open(struct instance *instance, sluice_report *report);
sluice_verdict instance_put(struct instance *instance, const sluice_batch *batch, sluice_report *report);
/* On OK the edits have become the record.  report has record_count 1. */
sluice_verdict instance_apply(struct instance *instance, struct sluice_record *record, struct arena *arena,
                              sluice_report *report);
sluice_verdict instance_verify(struct instance *instance, const sluice_list *topics, bool create,
                               sluice_report *report); /* OK when the sink has none */
/* What the sink holds now, as JSON in the reply; REJECT when it cannot tell.  The caller frees reply->json. */
sluice_verdict instance_lookup(struct instance *instance, const char *topic, sluice_bytes key, sluice_reply *reply,
                               sluice_report *report);
sluice_verdict instance_count(struct instance *instance, const char *topic, sluice_reply *reply, sluice_report *report);
void instance_close(struct instance *instance); /* fine when it is not open */

/* [any] examine() of the sink; OK when it has none. */
sluice_verdict stage_examine(const struct stage *stage, struct sluice_record *record, sluice_report *report);

#endif

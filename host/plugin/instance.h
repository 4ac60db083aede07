/* plugin/instance.h - an opened plugin, and every call across the boundary.  Before each call a flight note is left;
 * after each, what came back is checked for sense and nothing else: what it means is pipeline/'s.
 * Neighbours: chain.h (what is opened), boundary.h (what is passed), flight_note.h, pipeline/task.c (who calls). */
#ifndef SLUICE_PLUGIN_INSTANCE_H
#define SLUICE_PLUGIN_INSTANCE_H

#include "plugin/chain.h"
#include "plugin/flight_note.h"

struct instance {
    const struct stage *stage;
    sluice_context context;
    struct flight_note *note; /* the task's; shared by all its instances */
    void *self;
    bool open;
};

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

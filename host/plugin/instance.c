#include "plugin/instance.h"

#include "plugin/host_api.h"

static void take_off(struct instance *instance, const char *call, const sluice_batch *batch)
{
    flight_note_begin(instance->note, instance->context.plugin, instance->stage->section, call, instance->context.task,
                      batch);
}

static void touch_down(struct instance *instance)
{
    flight_note_end(instance->note);
}

/* What came back, if it makes sense. */
static sluice_verdict land(struct instance *instance, const char *call, sluice_verdict returned, sluice_report *report)
{
    touch_down(instance);
    if (report->nonsense == NULL && (returned < SLUICE_OK || returned > SLUICE_FATAL))
        report->nonsense = arena_printf(report->arena, "returned %d, which is no verdict", returned);
    if (report->nonsense == NULL)
        return returned;
    report->nonsense =
        arena_printf(report->arena, "plugin %s: %s() %s", instance->context.plugin, call, report->nonsense);
    return SLUICE_FATAL;
}

/* ---- The calls ----------------------------------------------------------------------------------- */

void instance_init(struct instance *instance, const struct stage *stage, const char *pipeline, int32_t task,
                   struct call_limits *limits, struct flight_note *note)
{
    *instance = (struct instance){
        .stage = stage,
        .context = {.pipeline = pipeline,
                    .instance = stage->section,
                    .plugin = stage->plugin->descriptor.name,
                    .task = task,
                    .limits = limits},
        .note = note,
    };
}

sluice_verdict instance_open(struct instance *instance, sluice_report *report)
{
    const struct plugin *plugin = instance->stage->plugin;
    host_api_metrics_new(&instance->context, &plugin->descriptor);
    take_off(instance, "open", NULL);
    sluice_verdict returned = (plugin->descriptor.sink != NULL ? plugin->sink.open : plugin->transform.open)(
        &instance->context, instance->stage->config, report, &instance->self);
    returned = land(instance, "open", returned, report);
    instance->open = returned == SLUICE_OK;
    if (!instance->open)
        host_api_metrics_free(&instance->context);
    return returned;
}

sluice_verdict instance_put(struct instance *instance, const sluice_batch *batch, sluice_report *report)
{
    take_off(instance, "put", batch);
    return land(instance, "put", instance->stage->plugin->sink.put(instance->self, batch, report), report);
}

sluice_verdict instance_apply(struct instance *instance, struct sluice_record *record, struct arena *arena,
                              sluice_report *report)
{
    const struct plugin *plugin = instance->stage->plugin;
    sluice_edit edit = {.after = *record, .arena = arena};
    take_off(instance, "apply", &(const sluice_batch){&record, 1});
    sluice_verdict returned = plugin->transform.apply(instance->self, record, &edit, report);
    returned = land(instance, "apply", returned, report);
    sluice_verdict own = report->records[0].set ? report->records[0].verdict : returned;
    if (returned != SLUICE_FATAL && own == SLUICE_OK) {
        if (plugin->descriptor.produces != SLUICE_SAME)
            edit.after.view.format = plugin->descriptor.produces;
        *record = edit.after;
    }
    return returned;
}

sluice_verdict instance_verify(struct instance *instance, const sluice_list *topics, bool create, sluice_report *report)
{
    const struct plugin *plugin = instance->stage->plugin;
    if (plugin->sink.verify == NULL)
        return SLUICE_OK;
    take_off(instance, "verify", NULL);
    return land(instance, "verify", plugin->sink.verify(instance->self, topics, create, report), report);
}

static sluice_verdict cannot_tell(const struct instance *instance, const char *call, sluice_report *report)
{
    report->call = (struct report_entry){
        .set = true,
        .verdict = SLUICE_REJECT,
        .code = "plugin.no-lookup",
        .text = arena_printf(report->arena, "%s has no %s()", instance->context.plugin, call),
    };
    return SLUICE_REJECT;
}

sluice_verdict instance_lookup(struct instance *instance, const char *topic, sluice_bytes key, sluice_reply *reply,
                               sluice_report *report)
{
    const struct plugin *plugin = instance->stage->plugin;
    if (plugin->sink.lookup == NULL)
        return cannot_tell(instance, "lookup", report);
    take_off(instance, "lookup", NULL);
    return land(instance, "lookup", plugin->sink.lookup(instance->self, topic, key, reply, report), report);
}

sluice_verdict instance_count(struct instance *instance, const char *topic, sluice_reply *reply, sluice_report *report)
{
    const struct plugin *plugin = instance->stage->plugin;
    if (plugin->sink.count == NULL)
        return cannot_tell(instance, "count", report);
    take_off(instance, "count", NULL);
    return land(instance, "count", plugin->sink.count(instance->self, topic, reply, report), report);
}

void instance_close(struct instance *instance)
{
    if (!instance->open)
        return;
    const struct plugin *plugin = instance->stage->plugin;
    take_off(instance, "close", NULL);
    (plugin->descriptor.sink != NULL ? plugin->sink.close : plugin->transform.close)(instance->self);
    touch_down(instance);
    instance->open = false;
    instance->self = NULL;
    host_api_metrics_free(&instance->context);
}

sluice_verdict stage_examine(const struct stage *stage, struct sluice_record *record, sluice_report *report)
{
    if (stage->plugin->sink.examine == NULL)
        return SLUICE_OK;
    flight_note_begin(NULL, stage->plugin->descriptor.name, stage->section, "examine", -1,
                      &(const sluice_batch){&record, 1});
    sluice_verdict verdict = stage->plugin->sink.examine(stage->config, record, report);
    flight_note_end(NULL);
    return verdict;
}

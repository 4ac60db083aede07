#include "plugin/instance.h"

#include "base/clock.h"
#include "plugin/host_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* ---- The flight note ----------------------------------------------------------------------------- */

struct flight_note *flight_note_new(void)
{
    void *page = mmap(NULL, sizeof(struct flight_note), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        abort();
    return page; /* the kernel has cleared it */
}

void flight_note_free(struct flight_note *note)
{
    if (note != NULL)
        munmap(note, sizeof *note);
}

bool flight_note_tell(const struct flight_note *note, char *text, size_t size)
{
    const char *plugin = atomic_load(&note->plugin);
    if (plugin == NULL)
        return false;
    double seconds = (double)(clock_now_ms() - atomic_load(&note->since_ms)) / 1000;
    snprintf(text, size, "%s [%s] %s(), %zu records, for %.1f s", plugin, atomic_load(&note->section),
             atomic_load(&note->call), atomic_load(&note->records), seconds);
    return true;
}

static _Thread_local const struct flight_note *here;

const struct flight_note *flight_note_here(void)
{
    return here;
}

static void add_coordinates(struct plain *text, const struct flight_coordinates *coordinates)
{
    plain_add(text, coordinates->topic);
    plain_add(text, "[");
    plain_add_number(text, coordinates->partition);
    plain_add(text, "]@");
    plain_add_number(text, coordinates->offset);
}

void flight_note_tell_crash(const struct flight_note *note, struct plain *text)
{
    size_t records = atomic_load(&note->records);
    plain_add(text, " in ");
    plain_add(text, atomic_load(&note->call));
    plain_add(text, "() of [");
    plain_add(text, atomic_load(&note->section));
    plain_add(text, "]");
    if (records == 0)
        return;
    plain_add(text, ", ");
    plain_add_number(text, (int64_t)records);
    plain_add(text, records == 1 ? " record, " : " records from ");
    add_coordinates(text, &note->first);
    if (records > 1) {
        plain_add(text, " to ");
        add_coordinates(text, &note->last);
    }
}

static const sluice_batch no_records;

static struct flight_coordinates coordinates_of(const struct sluice_record *record)
{
    return (struct flight_coordinates){record->view.topic, record->view.partition, record->view.offset};
}

static void take_off(struct instance *instance, const char *call, const sluice_batch *batch)
{
    struct flight_note *note = instance->note;
    here = note;
    if (note == NULL)
        return;
    atomic_store(&note->section, instance->stage->section);
    atomic_store(&note->call, call);
    atomic_store(&note->records, batch->count);
    note->task = instance->context.task;
    if (batch->count > 0) {
        note->first = coordinates_of(batch->records[0]);
        note->last = coordinates_of(batch->records[batch->count - 1]);
    }
    atomic_store(&note->since_ms, clock_now_ms());
    atomic_store(&note->plugin, instance->context.plugin);
}

static void touch_down(struct instance *instance)
{
    here = NULL;
    if (instance->note != NULL)
        atomic_store(&instance->note->plugin, NULL);
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
    take_off(instance, "open", &no_records);
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
    take_off(instance, "verify", &no_records);
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
    take_off(instance, "lookup", &no_records);
    return land(instance, "lookup", plugin->sink.lookup(instance->self, topic, key, reply, report), report);
}

sluice_verdict instance_count(struct instance *instance, const char *topic, sluice_reply *reply, sluice_report *report)
{
    const struct plugin *plugin = instance->stage->plugin;
    if (plugin->sink.count == NULL)
        return cannot_tell(instance, "count", report);
    take_off(instance, "count", &no_records);
    return land(instance, "count", plugin->sink.count(instance->self, topic, reply, report), report);
}

void instance_close(struct instance *instance)
{
    if (!instance->open)
        return;
    const struct plugin *plugin = instance->stage->plugin;
    take_off(instance, "close", &no_records);
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
    return stage->plugin->sink.examine(stage->config, record, report);
}

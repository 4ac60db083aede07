#include "check/sink.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "check/found.h"
#include "plugin/instance.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Beyond the time that the plugins are told they have. */
enum { PATIENCE_MS = 2000 };

/* What the thread works on, alone: the main thread waits for it, or gives up, and then the process ends. */
struct opening {
    struct check *check;
    const sluice_list *topics;
    struct call_limits limits;
    struct flight_note *note;
    struct arena arena;
};

static void tell_verdict(struct opening *opening, const struct stage *stage, const sluice_report *report)
{
    const struct report_entry *call = &report->call;
    const char *text = report->nonsense != NULL ? report->nonsense : call->text;
    found_error(opening->check, found_at(opening->check, stage->section, "plugin"), "[%s] %s%s%s%s", stage->section,
                text != NULL ? text : "gives no reason", call->code != NULL ? " (" : "",
                call->code != NULL ? call->code : "", call->code != NULL ? ")" : "");
}

static bool open_stage(struct opening *opening, struct instance *instance, const struct stage *stage)
{
    sluice_report report = {.arena = &opening->arena};
    struct error error;
    if (plugin_load(stage->plugin, &error) != 0) {
        found_error(opening->check, found_at(opening->check, stage->section, "plugin"), "[%s] %s", stage->section,
                    error.text);
        return false;
    }
    instance_init(instance, stage, opening->check->config->pipeline.name, -1, &opening->limits, opening->note);
    if (instance_open(instance, &report) == SLUICE_OK)
        return true;
    tell_verdict(opening, stage, &report);
    return false;
}

static void check_transform(struct opening *opening, const struct stage *stage)
{
    struct instance instance;
    if (!open_stage(opening, &instance, stage))
        return;
    found_fine(opening->check, "[%s] %s opens", stage->section, stage->plugin->descriptor.name);
    instance_close(&instance);
}

/* One topic at a time, so that what is wrong is told of each; a server that does not answer is not asked again. */
static bool verify_topics(struct opening *opening, struct instance *instance)
{
    size_t count = opening->topics->count, wrong = 0;
    sluice_verdict verdict = SLUICE_OK;
    for (size_t i = 0; (i < count || (i == 0 && count == 0)) && verdict != SLUICE_RETRY; i++) {
        const sluice_list one = {opening->topics->items + i, count > 0 ? 1 : 0};
        sluice_report report = {.arena = &opening->arena};
        verdict = instance_verify(instance, &one, false, &report);
        if (verdict == SLUICE_OK)
            continue;
        tell_verdict(opening, instance->stage, &report);
        wrong++;
    }
    return wrong == 0;
}

static void check_sink(struct opening *opening, const struct stage *stage)
{
    struct instance instance;
    if (!open_stage(opening, &instance, stage))
        return;
    if (stage->plugin->sink.verify == NULL)
        found_fine(opening->check, "[%s] %s opens, and has nothing to verify", stage->section,
                   stage->plugin->descriptor.name);
    else if (verify_topics(opening, &instance))
        found_fine(opening->check, "[%s] %s finds all that it needs", stage->section, stage->plugin->descriptor.name);
    instance_close(&instance);
}

static void *run(void *opening_)
{
    struct opening *opening = opening_;
    const struct chain *chain = opening->check->chain;
    for (size_t i = 0; i < chain->transform_count; i++)
        check_transform(opening, &chain->transforms[i]);
    check_sink(opening, &chain->sink);
    return NULL;
}

static bool wait_for(struct opening *opening, pthread_t thread)
{
    struct timespec until;
    char call[300];
    int64_t wait_ms = opening->check->timeout_ms + PATIENCE_MS;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000 + 1;
    if (pthread_timedjoin_np(thread, NULL, &until) == 0)
        return true;
    if (!flight_note_tell(opening->note, call, sizeof call))
        snprintf(call, sizeof call, "the plugins");
    found_error(opening->check, NULL, "no answer in time from %s", call);
    return false;
}

bool sink_check(struct check *check, const sluice_list *topics)
{
    struct opening *opening = alloc_zeroed(1, sizeof *opening);
    pthread_t thread;
    *opening = (struct opening){.check = check, .topics = topics, .note = flight_note_new()};
    atomic_store(&opening->limits.deadline_ms, clock_now_ms() + check->timeout_ms);
    bool back = pthread_create(&thread, NULL, run, opening) == 0 && wait_for(opening, thread);
    if (!back) /* the thread still uses it */
        return false;
    arena_free(&opening->arena);
    flight_note_free(opening->note);
    free(opening);
    return true;
}

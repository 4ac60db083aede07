#include "check/sink.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "check/found.h"
#include "plugin/crash.h"
#include "plugin/instance.h"

#include <pthread.h>
#include <stdarg.h>
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
    /* Taken to tell something, and kept for good by who gives the thread up: it tells nothing any more. */
    pthread_mutex_t telling;
};

/* ---- Telling --------------------------------------------------------------------------------------- */

enum found { FOUND_FINE, FOUND_WARNING, FOUND_ERROR };

static void tell(struct opening *opening, enum found found, const struct stage *stage, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(struct opening *opening, enum found found, const struct stage *stage, const char *fmt, ...)
{
    const struct place *place = found_at(opening->check, stage->section, "plugin");
    va_list args;
    va_start(args, fmt);
    char *text = alloc_vprintf(fmt, args);
    va_end(args);
    pthread_mutex_lock(&opening->telling);
    switch (found) {
    case FOUND_FINE: found_fine(opening->check, "[%s] %s", stage->section, text); break;
    case FOUND_WARNING: found_warning(opening->check, place, "[%s] %s", stage->section, text); break;
    case FOUND_ERROR: found_error(opening->check, place, "[%s] %s", stage->section, text); break;
    }
    pthread_mutex_unlock(&opening->telling);
    free(text);
}

static void tell_report(struct opening *opening, enum found found, const struct stage *stage,
                        const sluice_report *report)
{
    const struct report_entry *call = &report->call;
    const char *text = report->nonsense != NULL ? report->nonsense : call->text;
    tell(opening, found, stage, "%s%s%s%s", text != NULL ? text : "gives no reason", call->code != NULL ? " (" : "",
         call->code != NULL ? call->code : "", call->code != NULL ? ")" : "");
}

/* ---- The plugins ----------------------------------------------------------------------------------- */

static bool open_stage(struct opening *opening, struct instance *instance, const struct stage *stage)
{
    sluice_report report = {.arena = &opening->arena};
    struct error error;
    if (plugin_load(stage->plugin, &error) != 0) {
        tell(opening, FOUND_ERROR, stage, "%s", error.text);
        return false;
    }
    instance_init(instance, stage, opening->check->config->pipeline.name, -1, &opening->limits, opening->note);
    if (instance_open(instance, &report) == SLUICE_OK)
        return true;
    tell_report(opening, FOUND_ERROR, stage, &report);
    return false;
}

static void check_transform(struct opening *opening, const struct stage *stage)
{
    struct instance instance;
    if (!open_stage(opening, &instance, stage))
        return;
    tell(opening, FOUND_FINE, stage, "%s opens", stage->plugin->descriptor.name);
    instance_close(&instance);
}

/* One topic at a time, so that what is wrong is told of each; a server that does not answer is not asked again.  True:
 * there was nothing to tell. */
static bool verify_topics(struct opening *opening, struct instance *instance)
{
    size_t count = opening->topics->count, told = 0;
    sluice_verdict verdict = SLUICE_OK;
    for (size_t i = 0; (i < count || (i == 0 && count == 0)) && verdict != SLUICE_RETRY; i++) {
        const sluice_list one = {opening->topics->items + i, count > 0 ? 1 : 0};
        sluice_report report = {.arena = &opening->arena};
        verdict = instance_verify(instance, &one, false, &report);
        if (verdict == SLUICE_OK && !report.call.set)
            continue;
        tell_report(opening, verdict == SLUICE_OK ? FOUND_WARNING : FOUND_ERROR, instance->stage, &report);
        told++;
    }
    return told == 0;
}

static void check_sink(struct opening *opening, const struct stage *stage)
{
    struct instance instance;
    if (!open_stage(opening, &instance, stage))
        return;
    if (stage->plugin->sink.verify == NULL)
        tell(opening, FOUND_FINE, stage, "%s opens, and has nothing to verify", stage->plugin->descriptor.name);
    else if (verify_topics(opening, &instance))
        tell(opening, FOUND_FINE, stage, "%s finds all that it needs", stage->plugin->descriptor.name);
    instance_close(&instance);
}

/* ---- The thread ------------------------------------------------------------------------------------ */

static void *run(void *opening_)
{
    struct opening *opening = opening_;
    const struct chain *chain = opening->check->chain;
    struct crash_stack stack;
    crash_stack_open(&stack);
    for (size_t i = 0; i < chain->transform_count; i++)
        check_transform(opening, &chain->transforms[i]);
    check_sink(opening, &chain->sink);
    crash_stack_close(&stack);
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
    pthread_mutex_lock(&opening->telling);
    found_error(opening->check, NULL, "no answer in time from %s", call);
    return false;
}

bool sink_check(struct check *check, const sluice_list *topics)
{
    struct opening *opening = alloc_zeroed(1, sizeof *opening);
    pthread_t thread;
    *opening = (struct opening){.check = check, .topics = topics, .note = flight_note_new()};
    pthread_mutex_init(&opening->telling, NULL);
    atomic_store(&opening->limits.deadline_ms, clock_now_ms() + check->timeout_ms);
    int failure = pthread_create(&thread, NULL, run, opening);
    if (failure != 0)
        found_error(check, NULL, "the sink cannot be asked: no thread can be started: %s", strerror(failure));
    else if (!wait_for(opening, thread)) /* which still uses it */
        return false;
    arena_free(&opening->arena);
    flight_note_free(opening->note);
    pthread_mutex_destroy(&opening->telling);
    free(opening);
    return true;
}

#include "admin/lookup.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/log.h"
#include "plugin/crash.h"

#include <stdlib.h>
#include <string.h>

enum { WAIT_TIMEOUT_MS = 10000, ANSWER_TIMEOUT_MS = 5000 };

void lookup_init(struct lookup *lookup, const struct stage *sink, const char *pipeline, int64_t percentage,
                 bool discreet)
{
    *lookup = (struct lookup){.sink = {.open = false}, .discreet = discreet};
    turn_init(&lookup->turn, percentage);
    atomic_store(&lookup->limits.deadline_ms, INT64_MAX);
    lookup->note = flight_note_new();
    instance_init(&lookup->sink, sink, pipeline, -1, &lookup->limits, lookup->note);
}

void lookup_stop(struct lookup *lookup)
{
    atomic_store(&lookup->limits.stopping, true);
}

void lookup_close(struct lookup *lookup)
{
    instance_close(&lookup->sink);
    flight_note_free(lookup->note);
    turn_free(&lookup->turn);
}

enum { BAD_REQUEST = 400, NOT_FOUND = 404, NOT_IMPLEMENTED = 501, BAD_GATEWAY = 502, UNAVAILABLE = 503 };

static const char away[] = "the sink's server is away, or too slow";

static bool can_tell(const struct plugin *plugin, const char *key)
{
    return key != NULL ? plugin->sink.lookup != NULL : plugin->sink.count != NULL;
}

/* OK: it is written; DROP: the sink holds nothing.  It is written before others ask: the sink's reply is held once,
 * however many there are. */
static sluice_verdict ask(struct lookup *lookup, const char *topic, const char *key, FILE *out, sluice_report *report)
{
    atomic_store(&lookup->limits.deadline_ms, clock_now_ms() + ANSWER_TIMEOUT_MS);
    sluice_reply reply = {.json = NULL};
    sluice_verdict verdict = lookup->sink.open ? SLUICE_OK : instance_open(&lookup->sink, report);
    if (verdict == SLUICE_OK)
        verdict = key != NULL ? instance_lookup(&lookup->sink, topic, (sluice_bytes){key, strlen(key)}, &reply, report)
                              : instance_count(&lookup->sink, topic, &reply, report);
    if (verdict == SLUICE_FATAL)
        instance_close(&lookup->sink);
    else if (verdict <= SLUICE_DROP)
        verdict = reply.json != NULL ? SLUICE_OK : SLUICE_DROP;
    if (verdict == SLUICE_OK)
        fputs(reply.json, out);
    free(reply.json);
    return verdict;
}

static void refuse(const struct lookup *lookup, const sluice_report *report, sluice_verdict verdict,
                   struct http_response *response)
{
    static const struct {
        unsigned status;
        const char *plain;
    } refusals[] = {[SLUICE_RETRY] = {UNAVAILABLE, away},
                    [SLUICE_REJECT] = {BAD_REQUEST, "that is no key"},
                    [SLUICE_FATAL] = {BAD_GATEWAY, "the sink cannot tell; why is in the log"}};
    const char *code = report->call.code, *text = report->nonsense != NULL ? report->nonsense : report->call.text;
    char *why = alloc_printf("%s%s%s", code != NULL ? code : "", code != NULL ? ": " : "",
                             text != NULL ? text : "the sink gave no reason");
    if (verdict != SLUICE_REJECT)
        log_write(SLUICE_LOG_WARN,
                  &(const struct log_about){.area = "http",
                                            .plugin = lookup->sink.context.plugin,
                                            .repeats = "what the sink holds",
                                            .task = -1,
                                            .offset = -1},
                  "the sink could not be asked what it holds: %s", why);
    http_refuse(response, refusals[verdict].status, "%s", lookup->discreet ? refusals[verdict].plain : why);
    free(why);
}

bool lookup_answer(struct lookup *lookup, const char *topic, const char *key, struct http_response *response)
{
    const struct plugin *plugin = lookup->sink.stage->plugin;
    struct arena arena = {.newest = NULL};
    sluice_report report = {.arena = &arena};
    struct crash_stack stack;
    if (!can_tell(plugin, key)) {
        http_refuse(response, NOT_IMPLEMENTED, "the sink %s cannot tell what it holds", plugin->descriptor.name);
        return false;
    }
    if (!turn_take(&lookup->turn, clock_now_ms() + WAIT_TIMEOUT_MS, &lookup->limits.stopping)) {
        http_refuse(response, UNAVAILABLE, "%s",
                    atomic_load(&lookup->away) ? away
                                               : "others ask for too much already, or this process is about to end");
        return false;
    }
    crash_stack_open(&stack);
    sluice_verdict verdict = ask(lookup, topic, key, response->body, &report);
    atomic_store(&lookup->away, verdict == SLUICE_RETRY);
    turn_end(&lookup->turn);
    crash_stack_close(&stack);
    if (verdict == SLUICE_DROP)
        http_refuse(response, NOT_FOUND, "the sink holds nothing for this key");
    else if (verdict != SLUICE_OK)
        refuse(lookup, &report, verdict, response);
    arena_free(&arena);
    return verdict == SLUICE_OK;
}

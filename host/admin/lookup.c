#include "admin/lookup.h"

#include "base/clock.h"

#include <string.h>

enum { ANSWER_TIMEOUT_MS = 10000 };

void lookup_init(struct lookup *lookup, const struct stage *sink, const char *pipeline)
{
    *lookup = (struct lookup){.sink = {.open = false}};
    pthread_mutex_init(&lookup->lock, NULL);
    atomic_store(&lookup->limits.deadline_ms, INT64_MAX);
    lookup->note = flight_note_new();
    instance_init(&lookup->sink, sink, pipeline, -1, &lookup->limits, lookup->note);
}

void lookup_close(struct lookup *lookup)
{
    instance_close(&lookup->sink);
    flight_note_free(lookup->note);
    pthread_mutex_destroy(&lookup->lock);
}

void lookup_ask(struct lookup *lookup, const char *topic, const char *key, struct arena *arena,
                struct lookup_answer *answer)
{
    sluice_report report = {.arena = arena};
    sluice_reply reply = {.json = NULL};
    pthread_mutex_lock(&lookup->lock);
    atomic_store(&lookup->limits.deadline_ms, clock_now_ms() + ANSWER_TIMEOUT_MS);
    sluice_verdict verdict = lookup->sink.open ? SLUICE_OK : instance_open(&lookup->sink, &report);
    if (verdict == SLUICE_OK)
        verdict = key != NULL ? instance_lookup(&lookup->sink, topic, (sluice_bytes){key, strlen(key)}, &reply, &report)
                              : instance_count(&lookup->sink, topic, &reply, &report);
    if (verdict == SLUICE_FATAL)
        instance_close(&lookup->sink);
    pthread_mutex_unlock(&lookup->lock);
    *answer = (struct lookup_answer){
        .verdict = verdict,
        .code = report.call.code,
        .text = report.nonsense != NULL ? report.nonsense : report.call.text,
        .json = reply.json,
    };
}

/* plugins/mongodb_image/mongodb_image.c - the sink `mongodb-image`: merges events into the documents they are about,
 * found by a business key, never letting an older event change what a newer one wrote. Neighbours, in the order of a
 * record's way: event.h (checked), plan.h (folded), statement.h (as BSON), write.h (sent), outcome.h (judged); index.h,
 * verify.h, lookup.h and options.h beside it. */
#include "index.h"
#include "lookup.h"
#include "sluice/sluice.h"
#include "verify.h"
#include "write.h"

#include <stdlib.h>
#include <string.h>

static const sluice_metric metrics[] = {
    [METRIC_COMMANDS] = {"commands", SLUICE_COUNTER, NULL, "Update and delete commands sent."},
    [METRIC_INSERTED] = {"documents_inserted", SLUICE_COUNTER, NULL, "Documents made."},
    [METRIC_CHANGED] = {"documents_changed", SLUICE_COUNTER, NULL, "Documents changed."},
    [METRIC_UNCHANGED] = {"documents_unchanged", SLUICE_COUNTER, NULL,
                          "Writes that changed nothing: repeated, or older than the document."},
    [METRIC_FOLDED] = {"events_folded", SLUICE_COUNTER, NULL, "Events that shared another one's write."},
    [METRIC_VERSIONLESS] = {"events_without_version", SLUICE_COUNTER, NULL,
                            "Events in which no version field holds a date."},
    [METRIC_DELETED] = {"documents_deleted", SLUICE_COUNTER, NULL, "Documents deleted."},
};

/* ---- Process and instance ------------------------------------------------------------------------- */

static void log_libmongoc(mongoc_log_level_t level, const char *domain, const char *message, void *unused)
{
    (void)unused;
    sluice_level ours = level <= MONGOC_LOG_LEVEL_CRITICAL  ? SLUICE_LOG_ERROR
                        : level == MONGOC_LOG_LEVEL_WARNING ? SLUICE_LOG_WARN
                        : level <= MONGOC_LOG_LEVEL_INFO    ? SLUICE_LOG_INFO
                                                            : SLUICE_LOG_DEBUG;
    sluice_api->log(NULL, ours, "libmongoc %s: %s", domain, message);
}

/* libmongoc initialises itself when it is loaded, and would keep its counters in /dev/shm/mongoc-PID: a process that is
 * killed leaves them there, and the next one of that number warns on standard error.  Nobody reads them.  It speaks
 * through the host from its first word on, which may come from check(). */
__attribute__((constructor)) static void quiet_libmongoc(void)
{
    setenv("MONGOC_DISABLE_SHM", "1", 0);
    mongoc_log_set_handler(log_libmongoc, NULL);
}

static sluice_verdict sink_load(sluice_report *report)
{
    (void)report;
    mongoc_init();
    return SLUICE_OK;
}

static void sink_unload(void)
{
    mongoc_cleanup();
}

/* The connection string's, with the gaps filled: a majority has the write, and we hear within 4 s whether it has. */
static mongoc_write_concern_t *concern_of(const mongoc_uri_t *uri)
{
    mongoc_write_concern_t *concern = mongoc_write_concern_copy(mongoc_uri_get_write_concern(uri));
    if (mongoc_write_concern_get_w(concern) == MONGOC_WRITE_CONCERN_W_DEFAULT)
        mongoc_write_concern_set_wmajority(concern, mongoc_write_concern_get_wtimeout(concern));
    if (mongoc_write_concern_get_wtimeout(concern) == 0)
        mongoc_write_concern_set_wtimeout(concern, 4000);
    return concern;
}

static void sink_close(void *self)
{
    struct sink *sink = self;
    index_forget(sink);
    mongoc_write_concern_destroy(sink->concern);
    mongoc_client_destroy(sink->client);
    free(sink);
}

/* Another process than before may have lost what it held, and the indexes with it.  The driver asks whenever it
 * connects, which it does by itself where a connection has been closed meanwhile: no call need ever fail.  Servers tell
 * from 4.4 on: https://github.com/mongodb/specifications, server-discovery-and-monitoring, topologyVersion. */
static void heartbeat(const mongoc_apm_server_heartbeat_succeeded_t *event)
{
    struct sink *sink = mongoc_apm_server_heartbeat_succeeded_get_context(event);
    const bson_t *hello = mongoc_apm_server_heartbeat_succeeded_get_reply(event);
    bson_iter_t iter, process;
    bool writable = (bson_iter_init_find(&iter, hello, "isWritablePrimary") && bson_iter_as_bool(&iter)) ||
                    (bson_iter_init_find(&iter, hello, "ismaster") && bson_iter_as_bool(&iter));
    if (!writable || !bson_iter_init(&iter, hello) ||
        !bson_iter_find_descendant(&iter, "topologyVersion.processId", &process) || !BSON_ITER_HOLDS_OID(&process) ||
        bson_oid_equal(bson_iter_oid(&process), &sink->process))
        return;
    sink->process = *bson_iter_oid(&process);
    index_forget(sink);
}

static void listen_to_heartbeats(struct sink *sink)
{
    mongoc_apm_callbacks_t *callbacks = mongoc_apm_callbacks_new();
    mongoc_apm_set_server_heartbeat_succeeded_cb(callbacks, heartbeat);
    mongoc_client_set_apm_callbacks(sink->client, callbacks, sink);
    mongoc_apm_callbacks_destroy(callbacks);
}

static sluice_verdict sink_open(const sluice_context *context, const void *config, sluice_report *report, void **self)
{
    bson_error_t error;
    struct sink *sink = calloc(1, sizeof *sink);
    mongoc_uri_t *uri = mongodb_uri(config, &error);
    if (sink == NULL || uri == NULL || (sink->client = mongoc_client_new_from_uri(uri)) == NULL) {
        sluice_api->report_call(report, "mongodb.open", "no client can be made of connection.uri (not shown)");
        mongoc_uri_destroy(uri);
        free(sink);
        return SLUICE_FATAL;
    }
    sink->context = context;
    sink->config = config;
    sink->concern = concern_of(uri);
    mongoc_client_set_error_api(sink->client, MONGOC_ERROR_API_VERSION_2);
    listen_to_heartbeats(sink);
    mongoc_uri_destroy(uri);
    *self = sink;
    return SLUICE_OK;
}

static sluice_verdict sink_verify(void *self, const sluice_list *topics, bool create, sluice_report *report)
{
    struct sink *sink = self;
    sluice_verdict verdict = verify_server(sink, report);
    for (size_t i = 0; i < topics->count && verdict == SLUICE_OK; i++) {
        char *collection = mongodb_collection(sink->config, topics->items[i]);
        verdict = create ? index_ensure(sink, collection, report) : verify_collection(sink, collection, report);
        bson_free(collection);
    }
    return verdict;
}

/* ---- Putting -------------------------------------------------------------------------------------- */

static void decide(struct verdicts *verdicts, size_t record, sluice_verdict verdict, const char *code, const char *text)
{
    struct statement_outcome *outcome = &verdicts->of[record];
    outcome->verdict = verdict;
    outcome->code = code;
    bson_snprintf(outcome->text, sizeof outcome->text, "%s", text);
    verdicts->decided[record] = true;
}

/* A letter sent again: told apart by where it was first. */
static bool is_replayed(const sluice_record_view *view)
{
    return view->original_offset != view->offset || view->original_partition != view->partition;
}

static void carry_out(struct sink *sink, struct plan *plan, struct verdicts *verdicts, bool alone)
{
    if (plan->count > 0 && !verdicts->stopped) {
        if (alone)
            write_alone(sink, plan, verdicts);
        else
            write_plan(sink, plan, verdicts);
    }
    plan_clear(plan);
}

/* Gathers one record; what has been gathered is carried out first where it cannot wait for it. */
static sluice_verdict take(struct sink *sink, size_t record, const sluice_record_view *view, struct plan *plan,
                           struct verdicts *verdicts, sluice_report *report)
{
    struct event event;
    struct event_refusal refusal;
    if (event_read(&event, view, sink->config, &refusal) != 0) {
        decide(verdicts, record, SLUICE_REJECT, refusal.code, refusal.text);
        return SLUICE_OK;
    }
    char *collection = mongodb_collection(sink->config, view->topic);
    sluice_verdict verdict = index_ensure(sink, collection, report);
    bool replayed = is_replayed(view);
    if (verdict == SLUICE_OK) {
        if (!event.has_version && view->value.data != NULL)
            sluice_api->metric_add(sink->context, METRIC_VERSIONLESS, 1);
        if (replayed)
            carry_out(sink, plan, verdicts, false);
        if (!plan_add(plan, collection, record, &event)) {
            carry_out(sink, plan, verdicts, false);
            plan_add(plan, collection, record, &event);
        }
        if (replayed)
            carry_out(sink, plan, verdicts, true);
    }
    bson_free(collection);
    return verdict;
}

/* Reports what differs from OK; beside a verdict for the whole call, what is stored as well. */
static sluice_verdict tell(const struct verdicts *verdicts, sluice_verdict call, sluice_report *report)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct statement_outcome *outcome = &verdicts->of[i];
        if (verdicts->decided[i] && outcome->verdict == SLUICE_FATAL && call == SLUICE_OK) {
            sluice_api->report_call(report, outcome->code, "%s", outcome->text);
            call = SLUICE_FATAL;
        }
    }
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct statement_outcome *outcome = &verdicts->of[i];
        if (!verdicts->decided[i])
            sluice_api->report_record(report, i, SLUICE_RETRY, MONGODB_STOPPING, "not tried");
        else if (outcome->verdict != SLUICE_FATAL && (outcome->verdict != SLUICE_OK || outcome->code != NULL))
            sluice_api->report_record(report, i, outcome->verdict, outcome->code, "%s", outcome->text);
        else if (outcome->verdict == SLUICE_OK && call != SLUICE_OK)
            sluice_api->report_record(report, i, SLUICE_OK, NULL, "stored");
    }
    return call;
}

static sluice_verdict sink_put(void *self, const sluice_batch *batch, sluice_report *report)
{
    struct sink *sink = self;
    size_t count = sluice_api->batch_count(batch);
    sluice_verdict call = SLUICE_OK;
    struct plan plan = {.events = NULL};
    struct verdicts verdicts = {.of = bson_malloc0(count * sizeof *verdicts.of),
                                .decided = bson_malloc0(count * sizeof *verdicts.decided),
                                .count = count};
    for (size_t i = 0; i < count && call == SLUICE_OK && !verdicts.stopped; i++) {
        sluice_record_view view = sluice_view(sluice_api->batch_record(batch, i));
        call = take(sink, i, &view, &plan, &verdicts, report);
    }
    carry_out(sink, &plan, &verdicts, false);
    call = tell(&verdicts, call, report);
    bson_free(verdicts.of);
    bson_free(verdicts.decided);
    return call;
}

static sluice_verdict sink_examine(const void *config, const sluice_record *record, sluice_report *report)
{
    struct event event;
    struct event_refusal refusal;
    sluice_record_view view = sluice_view(record);
    if (event_read(&event, &view, config, &refusal) == 0)
        return SLUICE_OK;
    sluice_api->report_record(report, 0, SLUICE_REJECT, refusal.code, "%s", refusal.text);
    return SLUICE_REJECT;
}

static const sluice_sink_ops sink = {.size = sizeof sink,
                                     .open = sink_open,
                                     .put = sink_put,
                                     .close = sink_close,
                                     .verify = sink_verify,
                                     .examine = sink_examine,
                                     .lookup = lookup_document,
                                     .count = lookup_count};

SLUICE_PLUGIN(.name = "mongodb-image", .version = SLUICE_VERSION,
              .summary = "Merges events into MongoDB documents, found by a business key; older events never win.",
              .accepts = SLUICE_BSON, .sink = &sink, .check = mongodb_check, .load = sink_load, .unload = sink_unload,
              .config_size = sizeof(struct mongodb_config), .options = mongodb_options,
              .option_count = MONGODB_OPTION_COUNT, .metrics = metrics, .metric_count = SLUICE_LENGTH(metrics));

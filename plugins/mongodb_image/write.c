#include "write.h"

#include "sluice/sluice.h"
#include "statement.h"

#include <stdio.h>
#include <string.h>

/* Numbers of a reply that the metrics want. */
struct tally {
    int64_t matched_or_inserted, modified, inserted;
};

static int64_t number_in(const bson_t *reply, const char *name)
{
    bson_iter_t iter;
    return bson_iter_init_find(&iter, reply, name) && BSON_ITER_HOLDS_NUMBER(&iter) ? bson_iter_as_int64(&iter) : 0;
}

static struct tally tally_of(const bson_t *reply)
{
    bson_iter_t iter, upserted;
    struct tally tally = {.matched_or_inserted = number_in(reply, "n"), .modified = number_in(reply, "nModified")};
    if (bson_iter_init_find(&iter, reply, "upserted") && bson_iter_recurse(&iter, &upserted))
        while (bson_iter_next(&upserted))
            tally.inserted++;
    return tally;
}

static const struct {
    const char *command, *statements;
} commands[] = {[OPERATION_MERGE] = {"update", "updates"}, [OPERATION_DELETE] = {"delete", "deletes"}};

static void count_documents(const struct sink *sink, enum operation operation, size_t count, const struct tally *tally)
{
    sluice_api->metric_add(sink->context, METRIC_COMMANDS, 1);
    if (operation == OPERATION_DELETE) {
        sluice_api->metric_add(sink->context, METRIC_DELETED, (double)tally->matched_or_inserted);
        sluice_api->metric_add(sink->context, METRIC_UNCHANGED, (double)((int64_t)count - tally->matched_or_inserted));
        return;
    }
    sluice_api->metric_add(sink->context, METRIC_INSERTED, (double)tally->inserted);
    sluice_api->metric_add(sink->context, METRIC_CHANGED, (double)tally->modified);
    sluice_api->metric_add(sink->context, METRIC_UNCHANGED,
                           (double)(tally->matched_or_inserted - tally->inserted - tally->modified));
}

/* One command for the writes of a collection.  True: it failed as a whole. */
static bool send_command(struct sink *sink, const struct collection_writes *writes, const bson_t *statements,
                         size_t count, struct statement_outcome *outcomes, struct tally *tally)
{
    bson_t reply, options = BSON_INITIALIZER, command = BSON_INITIALIZER;
    bson_error_t error;
    bson_append_utf8(&command, commands[writes->operation].command, -1, writes->collection, -1);
    bson_append_bool(&command, "ordered", -1, false);
    bson_append_array(&command, commands[writes->operation].statements, -1, statements);
    mongoc_write_concern_append(sink->concern, &options);
    bool done =
        mongoc_client_write_command_with_opts(sink->client, sink->config->database, &command, &options, &reply, &error);
    bool failed =
        outcome_judge(&reply, done ? NULL : &error, writes->operation, sink->config->key_field, outcomes, count);
    *tally = tally_of(&reply);
    bson_destroy(&reply);
    bson_destroy(&options);
    bson_destroy(&command);
    count_documents(sink, writes->operation, failed ? 0 : count, tally);
    return failed;
}

static void append_write(bson_t *statements, size_t number, const struct plan *plan, const size_t *events, size_t count,
                         const struct mongodb_config *config)
{
    const struct event *folded[PLAN_MOST_FOLDED];
    for (size_t i = 0; i < count; i++)
        folded[i] = &plan->events[events[i]].event;
    statement_append(statements, (uint32_t)number, folded, count, config);
}

static void decide(struct verdicts *verdicts, size_t record, const struct statement_outcome *outcome)
{
    verdicts->of[record] = *outcome;
    verdicts->decided[record] = true;
}

/* One of several folded events cannot be stored: each is put alone, in order, so that only it is refused. */
static void unfold(struct sink *sink, const struct plan *plan, const struct collection_writes *writes,
                   const struct write *write, struct verdicts *verdicts)
{
    for (size_t i = 0; i < write->count && !verdicts->stopped; i++) {
        struct statement_outcome outcome;
        struct tally tally;
        bson_t statements = BSON_INITIALIZER;
        append_write(&statements, 0, plan, &write->events[i], 1, sink->config);
        verdicts->stopped =
            send_command(sink, writes, &statements, 1, &outcome, &tally) && outcome.verdict != SLUICE_REJECT;
        bson_destroy(&statements);
        decide(verdicts, plan->events[write->events[i]].record, &outcome);
        verdicts->stopped |= outcome.verdict == SLUICE_RETRY; /* its later events wait for it */
    }
}

static bool is_time_up(const struct sink *sink)
{
    return sluice_api->time_left_ms(sink->context) == 0;
}

/* Writes first..end of a collection in one command. */
static void write_command(struct sink *sink, const struct plan *plan, const struct collection_writes *writes,
                          size_t first, size_t end, struct verdicts *verdicts)
{
    size_t count = end - first;
    struct statement_outcome *outcomes = bson_malloc0(count * sizeof *outcomes);
    struct tally tally;
    bson_t statements = BSON_INITIALIZER;
    for (size_t i = 0; i < count; i++)
        append_write(&statements, i, plan, writes->writes[first + i]->events, writes->writes[first + i]->count,
                     sink->config);
    bool failed = send_command(sink, writes, &statements, count, outcomes, &tally);
    bool refused = failed && outcomes[0].verdict == SLUICE_REJECT; /* for one of its documents, without saying which */
    bson_destroy(&statements);
    if (refused && count > 1) {
        write_command(sink, plan, writes, first, first + count / 2, verdicts);
        if (!verdicts->stopped)
            write_command(sink, plan, writes, first + count / 2, end, verdicts);
    }
    for (size_t i = 0; i < count && !(refused && count > 1); i++) {
        const struct write *write = writes->writes[first + i];
        sluice_api->metric_add(sink->context, METRIC_FOLDED, (double)(write->count - 1));
        if (outcomes[i].verdict == SLUICE_REJECT && write->count > 1) {
            unfold(sink, plan, writes, write, verdicts);
            continue;
        }
        for (size_t j = 0; j < write->count; j++)
            decide(verdicts, plan->events[write->events[j]].record, &outcomes[i]);
    }
    verdicts->stopped |= failed && !refused; /* the next command would fail as well */
    bson_free(outcomes);
}

void write_plan(struct sink *sink, const struct plan *plan, struct verdicts *verdicts)
{
    for (size_t c = 0; c < plan->collection_count; c++) {
        const struct collection_writes *writes = &plan->collections[c];
        for (size_t first = 0, end; first < writes->count && !verdicts->stopped; first = end) {
            end = plan_command_end(writes, first);
            verdicts->stopped |= is_time_up(sink);
            if (!verdicts->stopped)
                write_command(sink, plan, writes, first, end, verdicts);
        }
    }
}

/* The document's version before the write; false: it has none, or there is no document, or it cannot be asked. */
static bool document_version(struct sink *sink, const char *collection, const struct event *event, int64_t *version_ms)
{
    bson_t filter = BSON_INITIALIZER;
    statement_append_key(&filter, sink->config->key_field, &event->key);
    mongoc_collection_t *handle = mongoc_client_get_collection(sink->client, sink->config->database, collection);
    mongoc_cursor_t *cursor = mongoc_collection_find_with_opts(handle, &filter, NULL, NULL);
    const bson_t *document;
    bool has_version = false;
    if (mongoc_cursor_next(cursor, &document))
        for (size_t i = 0; i < sink->config->version_fields.count; i++) {
            bson_iter_t iter;
            if (!bson_iter_init_find(&iter, document, sink->config->version_fields.items[i]) ||
                !BSON_ITER_HOLDS_DATE_TIME(&iter))
                continue;
            if (!has_version || bson_iter_date_time(&iter) > *version_ms)
                *version_ms = bson_iter_date_time(&iter);
            has_version = true;
        }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(handle);
    bson_destroy(&filter);
    return has_version;
}

/* Has something newer than the event been written to its document? */
static bool is_older(struct sink *sink, const char *collection, const struct event *event)
{
    int64_t version_ms = 0;
    return document_version(sink, collection, event, &version_ms) && event->has_version &&
           event->version_ms < version_ms;
}

static bool has_changed(enum operation operation, const struct tally *tally)
{
    return operation == OPERATION_DELETE ? tally->matched_or_inserted > 0 : tally->inserted + tally->modified > 0;
}

void write_alone(struct sink *sink, const struct plan *plan, struct verdicts *verdicts)
{
    const struct planned_event *planned = &plan->events[0];
    const struct collection_writes *writes = &plan->collections[0];
    struct statement_outcome outcome;
    struct tally tally;
    const size_t only = 0;
    bson_t statements = BSON_INITIALIZER;
    bool older = is_older(sink, writes->collection, &planned->event);
    append_write(&statements, 0, plan, &only, 1, sink->config);
    bool failed = send_command(sink, writes, &statements, 1, &outcome, &tally);
    bson_destroy(&statements);
    bool changed = has_changed(writes->operation, &tally);
    if (outcome.verdict == SLUICE_OK && !changed && is_older(sink, writes->collection, &planned->event))
        outcome =
            (struct statement_outcome){SLUICE_DROP, MONGODB_STALE, "the document is newer, and lacks nothing of it"};
    else if (outcome.verdict == SLUICE_OK && !changed)
        outcome = (struct statement_outcome){SLUICE_OK, MONGODB_UNCHANGED, "the document holds it already"};
    else if (outcome.verdict == SLUICE_OK && older)
        outcome = (struct statement_outcome){SLUICE_OK, MONGODB_FILLED, "older than the document: only added fields"};
    decide(verdicts, planned->record, &outcome);
    verdicts->stopped |= failed && outcome.verdict != SLUICE_REJECT;
}

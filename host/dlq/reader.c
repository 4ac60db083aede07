#include "dlq/reader.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "pipeline/clients.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_TIMEOUT_MS = 10000, STALL_TIMEOUT_MS = 30000, POLL_MS = 100, PROGRESS_EVERY_MS = 200 };

struct reader {
    rd_kafka_t *consumer;
    const char *topic;
    struct reader_watch watch;
    struct reader_span *spans;
    size_t span_count;
    int replicas;
    char last_error[512]; /* what librdkafka said last of a broker */
};

/* ---- Opening -------------------------------------------------------------------------------------- */

static void note_error(rd_kafka_t *consumer, int failure, const char *reason, void *reader_)
{
    struct reader *reader = reader_;
    (void)consumer, (void)failure;
    snprintf(reader->last_error, sizeof reader->last_error, "%s", reason);
}

static int fail(struct reader *reader, struct error *error, const char *what, const char *why)
{
    rd_kafka_message_t *message; /* what note_error() has not heard yet; records among it are of no use any more */
    while ((message = rd_kafka_consumer_poll(reader->consumer, 0)) != NULL)
        rd_kafka_message_destroy(message);
    return error_set(error, "%s %s: %s%s%s", what, reader->topic, why, reader->last_error[0] != '\0' ? "; " : "",
                     reader->last_error);
}

static void prepare(rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_error_cb(conf, note_error);
}

static int ask_bounds(struct reader *reader, const rd_kafka_metadata_topic_t *topic, struct error *error)
{
    reader->spans = alloc_zeroed((size_t)topic->partition_cnt + 1, sizeof *reader->spans);
    for (int i = 0; i < topic->partition_cnt; i++) {
        struct reader_span *span = &reader->spans[reader->span_count++];
        span->partition = topic->partitions[i].id;
        rd_kafka_resp_err_t failure = rd_kafka_query_watermark_offsets(reader->consumer, reader->topic, span->partition,
                                                                       &span->from, &span->to, ASK_TIMEOUT_MS);
        if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
            return fail(reader, error, "cannot ask for the offsets of", rd_kafka_err2str(failure));
    }
    return 0;
}

static int ask_topic(struct reader *reader, bool missing_ok, struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t failure = client_ask_topic(reader->consumer, reader->topic, ASK_TIMEOUT_MS, &metadata);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(reader, error, "cannot ask for the partitions of", rd_kafka_err2str(failure));
    const rd_kafka_metadata_topic_t *topic = &metadata->topics[0];
    int result = 0;
    if (topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && missing_ok)
        result = 0;
    else if (topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        result = error_set(error, "the topic %s does not exist on the broker", reader->topic);
    else if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        result = fail(reader, error, "cannot read", rd_kafka_err2str(topic->err));
    else
        result = ask_bounds(reader, topic, error);
    if (topic->partition_cnt > 0)
        reader->replicas = topic->partitions[0].replica_cnt;
    rd_kafka_metadata_destroy(metadata);
    return result;
}

int reader_open(struct reader **reader_, const struct pipeline_config *config, const struct settings *settings,
                const char *topic, bool missing_ok, const struct reader_watch *watch, struct error *error)
{
    struct reader *reader = alloc_zeroed(1, sizeof *reader);
    *reader = (struct reader){.topic = topic, .watch = *watch};
    *reader_ = reader;
    if (client_open_short_lived(&reader->consumer, RD_KAFKA_CONSUMER, config, settings, prepare, reader, error) == 0) {
        rd_kafka_poll_set_consumer(reader->consumer);
        if (ask_topic(reader, missing_ok, error) == 0)
            return 0;
    }
    reader_close(reader);
    *reader_ = NULL;
    return -1;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->consumer != NULL) {
        rd_kafka_consumer_close(reader->consumer);
        rd_kafka_destroy(reader->consumer);
    }
    free(reader->spans);
    free(reader);
}

const struct reader_span *reader_spans(const struct reader *reader, size_t *count)
{
    *count = reader->span_count;
    return reader->spans;
}

int reader_replicas(const struct reader *reader)
{
    return reader->replicas;
}

/* ---- Reading -------------------------------------------------------------------------------------- */

struct scan {
    struct reader *reader;
    struct reader_span *spans; /* from moves on; from >= to: done */
    size_t count, open;
    uint64_t read, total;
    int64_t heard_ms, told_ms; /* the last sign of the broker, the last progress */
    bool enough;
};

static void tell_progress(struct scan *scan, bool last)
{
    const struct reader_watch *watch = &scan->reader->watch;
    int64_t now_ms = clock_now_ms();
    if (watch->progress == NULL || (!last && now_ms - scan->told_ms < PROGRESS_EVERY_MS))
        return;
    scan->told_ms = now_ms;
    watch->progress(watch->opaque, scan->read, scan->total);
}

static struct reader_span *span_of(struct scan *scan, int32_t partition)
{
    for (size_t i = 0; i < scan->count; i++)
        if (scan->spans[i].partition == partition)
            return &scan->spans[i];
    return NULL;
}

static void move_on(struct scan *scan, struct reader_span *span, int64_t offset)
{
    bool was_open = span->from < span->to;
    if (was_open) {
        int64_t until = offset < span->to ? offset : span->to;
        scan->read += (uint64_t)(until - span->from);
        span->from = offset;
    }
    scan->open -= was_open && span->from >= span->to;
}

static int assign(struct scan *scan, struct error *error)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)scan->count + 1);
    for (size_t i = 0; i < scan->count; i++)
        if (scan->spans[i].from < scan->spans[i].to)
            rd_kafka_topic_partition_list_add(list, scan->reader->topic, scan->spans[i].partition)->offset =
                scan->spans[i].from;
    rd_kafka_resp_err_t failure = rd_kafka_assign(scan->reader->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(scan->reader, error, "cannot read", rd_kafka_err2str(failure));
    return 0;
}

/* Retention has overtaken us: what is gone is gone, and we go on with what is left. */
static int skip_gone(struct scan *scan, struct reader_span *span, struct error *error)
{
    int64_t low, high;
    rd_kafka_resp_err_t failure = rd_kafka_query_watermark_offsets(scan->reader->consumer, scan->reader->topic,
                                                                   span->partition, &low, &high, ASK_TIMEOUT_MS);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(scan->reader, error, "cannot ask for the offsets of", rd_kafka_err2str(failure));
    move_on(scan, span, low > span->from ? low : span->to);
    return scan->open > 0 ? assign(scan, error) : 0;
}

static int take(struct scan *scan, rd_kafka_message_t *message, bool (*each)(void *opaque, struct record *record),
                void *opaque, struct error *error)
{
    struct reader_span *span = span_of(scan, message->partition);
    rd_kafka_resp_err_t failure = message->err;
    int64_t offset = message->offset;
    scan->heard_ms = clock_now_ms();
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR && span != NULL && offset >= span->from && offset < span->to) {
        struct record *record = record_new(message, scan->heard_ms);
        record->topic = scan->reader->topic;
        record->partition_number = span->partition;
        scan->enough = !each(opaque, record);
        scan->heard_ms = clock_now_ms(); /* it may have taken its time */
        move_on(scan, span, offset + 1);
        return 0;
    }
    char why[512];
    snprintf(why, sizeof why, "%s", failure != RD_KAFKA_RESP_ERR_NO_ERROR ? rd_kafka_message_errstr(message) : "");
    rd_kafka_message_destroy(message);
    if (failure == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && span != NULL)
        return skip_gone(scan, span, error);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR && failure != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return fail(scan->reader, error, "cannot read", why);
    if (span != NULL && offset >= span->from) /* behind the span, or at the partition's end: holes are no records */
        move_on(scan, span, failure == RD_KAFKA_RESP_ERR__PARTITION_EOF || offset > span->to ? span->to : offset);
    return 0;
}

static bool is_stopped(const struct reader *reader)
{
    return reader->watch.stop != NULL && atomic_load(reader->watch.stop);
}

static int run(struct scan *scan, bool (*each)(void *opaque, struct record *record), void *opaque, struct error *error)
{
    int result = 0;
    while (result == 0 && scan->open > 0 && !scan->enough && !is_stopped(scan->reader)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(scan->reader->consumer, POLL_MS);
        if (message != NULL)
            result = take(scan, message, each, opaque, error);
        else if (clock_now_ms() - scan->heard_ms > STALL_TIMEOUT_MS)
            result = fail(scan->reader, error, "cannot read", "the broker gives nothing for 30 s");
        tell_progress(scan, false);
    }
    return result;
}

int reader_read(struct reader *reader, const struct reader_span *spans, size_t count,
                bool (*each)(void *opaque, struct record *record), void *opaque, struct error *error)
{
    struct scan scan = {.reader = reader,
                        .spans = alloc_zeroed(count + 1, sizeof *scan.spans),
                        .count = count,
                        .heard_ms = clock_now_ms(),
                        .told_ms = clock_now_ms()};
    for (size_t i = 0; i < count; i++) {
        scan.spans[i] = spans[i];
        scan.open += spans[i].from < spans[i].to;
        scan.total += spans[i].from < spans[i].to ? (uint64_t)(spans[i].to - spans[i].from) : 0;
    }
    int result = scan.open > 0 ? assign(&scan, error) : 0;
    if (result == 0)
        result = run(&scan, each, opaque, error);
    tell_progress(&scan, true);
    rd_kafka_assign(reader->consumer, NULL);
    free(scan.spans);
    return result;
}

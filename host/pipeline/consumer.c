#include "pipeline/consumer.h"

#include "base/clock.h"
#include "ops/health.h"
#include "ops/log.h"
#include "pipeline/statistics.h"
#include "pipeline/wake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAVE_TIMEOUT_MS = 2000, LEAVE_STEP_MS = 5, ASK_INTERVAL_MS = 3000, ASK_TIMEOUT_MS = 500 };
enum { RESOLVED_AFTER_MS = 12000 }; /* a name is tried every 10 s at least (reconnect.backoff.max.ms) */

/* ---- What librdkafka calls, always inside consumer_serve() or consumer_close() ------------------ */

static void rebalance_cb(rd_kafka_t *client, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
    struct consumer *consumer = opaque;
    consumer->lost = what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && rd_kafka_assignment_lost(client);
    consumer->on_rebalance(consumer->opaque, what, list);
}

static void committed_cb(rd_kafka_t *client, rd_kafka_resp_err_t failure, rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
    struct consumer *consumer = opaque;
    (void)client;
    consumer->on_committed(consumer->opaque, failure, list);
}

static void error_cb(rd_kafka_t *client, int failure, const char *reason, void *opaque)
{
    struct consumer *consumer = opaque;
    (void)client;
    if (failure == RD_KAFKA_RESP_ERR__FATAL) /* see consumer_serve() */
        return;
    if (broker_trouble_note(&consumer->trouble, (rd_kafka_resp_err_t)failure, reason, clock_now_ms())) {
        log_warn("consumer", "kept from Kafka: %s", consumer->trouble.text);
        health_tell("broker", false, "%s", consumer->trouble.text);
    }
    if (!consumer->broker_told_down)
        consumer->next_ask_ms = clock_now_ms() + ASK_INTERVAL_MS;
    consumer->broker_told_down = true;
}

static int stats_cb(rd_kafka_t *client, char *json, size_t size, void *opaque)
{
    struct consumer *consumer = opaque;
    (void)client;
    statistics_of_consumer(json, size, &consumer->partitions);
    return 0; /* the text is librdkafka's to free */
}

void consumer_heard_broker(struct consumer *consumer)
{
    if (!consumer->broker_told_down)
        return;
    consumer->broker_told_down = false;
    consumer->trouble = (struct broker_trouble){.kind = TROUBLE_NONE};
    health_tell("broker", true, NULL);
    log_info("consumer", "the broker answers");
}

void consumer_add_position(rd_kafka_topic_partition_list_t *list, const struct partition *partition,
                           struct position position)
{
    rd_kafka_topic_partition_t *element = rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
    element->offset = position.offset;
    rd_kafka_topic_partition_set_leader_epoch(element, position.leader_epoch);
}

/* Where no record comes and none is committed, nothing else would tell that it is back. */
static void ask_broker(struct consumer *consumer, int64_t now_ms)
{
    const struct rd_kafka_metadata *metadata;
    if (!consumer->broker_told_down || now_ms < consumer->next_ask_ms)
        return;
    consumer->next_ask_ms = now_ms + ASK_INTERVAL_MS;
    if (rd_kafka_metadata(consumer->client, 0, NULL, &metadata, ASK_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    rd_kafka_metadata_destroy(metadata);
    /* A bootstrap server answers, whatever name another one advertises: librdkafka tries that again and again. */
    if (consumer->trouble.kind != TROUBLE_RESOLVE || now_ms - consumer->trouble.heard_ms > RESOLVED_AFTER_MS)
        consumer_heard_broker(consumer);
}

/* ---- Partitions that cannot be read -------------------------------------------------------------- */

static void component_of(const struct partition *partition, char *component, size_t size)
{
    snprintf(component, size, "partition-%s-%d", partition->topic, (int)partition->number);
}

static void tell_partition(const struct partition *partition, sluice_level level, const char *what, const char *why)
{
    char component[300];
    component_of(partition, component, sizeof component);
    health_tell(component, false, "%s", why);
    const struct log_about about = {
        .area = "consumer", .task = -1, .topic = partition->topic, .partition = partition->number, .offset = -1};
    log_write(level, &about, "partition %s: %s", what, why);
}

void consumer_tell_failed(const struct partition *partition, const char *why)
{
    tell_partition(partition, SLUICE_LOG_ERROR, "FAILED", why);
}

void consumer_tell_waiting(const struct partition *partition, const char *why)
{
    tell_partition(partition, SLUICE_LOG_WARN, "waits", why);
}

void consumer_forget_partition(const struct partition *partition)
{
    char component[300];
    component_of(partition, component, sizeof component);
    health_forget(component);
}

/* ---- Open, serve, close -------------------------------------------------------------------------- */

int consumer_open(struct consumer *consumer, rd_kafka_conf_t **conf, int wake_fd, struct error *error)
{
    char why[512];
    consumer->wake_fd = wake_fd;
    rd_kafka_conf_set_opaque(*conf, consumer);
    rd_kafka_conf_set_rebalance_cb(*conf, rebalance_cb);
    rd_kafka_conf_set_offset_commit_cb(*conf, committed_cb);
    rd_kafka_conf_set_error_cb(*conf, error_cb);
    rd_kafka_conf_set_stats_cb(*conf, stats_cb);
    consumer->client = rd_kafka_new(RD_KAFKA_CONSUMER, *conf, why, sizeof why);
    if (consumer->client == NULL)
        return error_set(error, "cannot create the consumer: %s", why);
    *conf = NULL;
    rd_kafka_poll_set_consumer(consumer->client);
    consumer->control = rd_kafka_queue_get_consumer(consumer->client);
    wake_on_queue(consumer->control, wake_fd);
    consumer->broker_told_down = true;
    consumer->next_ask_ms = clock_now_ms() + ASK_INTERVAL_MS;
    health_starting("broker", "not reached yet");
    health_starting("group", "not joined yet");
    topics_init(&consumer->topics, consumer->options);
    return topics_subscribe(&consumer->topics, consumer->client, error);
}

static void serve_message(struct consumer *consumer, rd_kafka_message_t *message)
{
    static const char inconsistent[] = "the group's members have no partition.assignment.strategy in common (that of a "
                                       "static one, with group.instance.id, is another than the others'); waiting "
                                       "until they have left";
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
        consumer_heard_broker(consumer);
        health_tell("group", false, "%s", inconsistent);
        if (!consumer->told_inconsistent)
            log_error("consumer", "%s", inconsistent);
        consumer->told_inconsistent = true;
        break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        if (message->rkt != NULL)
            topics_note_missing(&consumer->topics, rd_kafka_topic_name(message->rkt), message->err);
        break;
    default: log_warn("consumer", "%s", rd_kafka_message_errstr(message)); break;
    }
    rd_kafka_message_destroy(message);
}

static bool is_fatal(const struct consumer *consumer)
{
    return rd_kafka_fatal_error(consumer->client, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A commit for which there is no coordinator is kept for as long as a session, and sent with the member id of that
 * moment (rdkafka_cgrp.c, rd_kafka_cgrp_defer_offset_commit).  The end of the session has emptied that: to a broker
 * that has the static member, still or again, the commit is another process's.  What another process really does shows
 * in heartbeats, or while we join again; that it was a commit stands in the text alone (rdkafka_request.c,
 * rd_kafka_handle_OffsetCommit). */
static void note_fatal(struct consumer *consumer)
{
    static const char of_commit[] = "OffsetCommit failed";
    char why[256];
    rd_kafka_resp_err_t code = rd_kafka_fatal_error(consumer->client, why, sizeof why);
    snprintf(consumer->fatal, sizeof consumer->fatal, "%s: %s", rd_kafka_err2name(code), why);
    consumer->fenced_itself = code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID && consumer->lost &&
                              strncmp(why, of_commit, strlen(of_commit)) == 0;
}

void consumer_serve(struct consumer *consumer, int64_t now_ms)
{
    /* It comes as a message or not at all, never by the error callback; whatever came before it is served first. */
    bool fatal = is_fatal(consumer);
    for (rd_kafka_message_t *message; (message = rd_kafka_consumer_poll(consumer->client, 0)) != NULL;)
        serve_message(consumer, message);
    if (fatal)
        note_fatal(consumer);
    ask_broker(consumer, now_ms);
    topics_serve(&consumer->topics, consumer->client, now_ms);
}

static bool is_static_member(const struct consumer *consumer)
{
    char id[256] = "";
    size_t size = sizeof id;
    return rd_kafka_conf_get(rd_kafka_conf(consumer->client), "group.instance.id", id, &size) == RD_KAFKA_CONF_OK &&
           id[0] != '\0';
}

bool consumer_has_left(const struct consumer *consumer)
{
    char *id = rd_kafka_memberid(consumer->client);
    bool left = is_static_member(consumer) || id == NULL || id[0] == '\0';
    rd_kafka_mem_free(consumer->client, id);
    return left;
}

/* A close while partitions are still being taken from us sends no LeaveGroup, nor does that of a cooperative member
 * that owns nothing: the group would wait for the session to end.  So we unsubscribe, and close once librdkafka has
 * begun to leave, which clears the member id.  A static member keeps its place on purpose. */
static void leave(struct consumer *consumer)
{
    int64_t deadline_ms = clock_now_ms() + LEAVE_TIMEOUT_MS;
    rd_kafka_unsubscribe(consumer->client);
    do {
        consumer_serve(consumer, INT64_MIN);
        wake_wait(consumer->wake_fd, LEAVE_STEP_MS);
    } while (!consumer_has_left(consumer) && clock_now_ms() < deadline_ms);
}

void consumer_close(struct consumer *consumer)
{
    if (consumer->client == NULL)
        return;
    leave(consumer);
    rd_kafka_consumer_close(consumer->client);
}

void consumer_free(struct consumer *consumer)
{
    if (consumer->control != NULL)
        rd_kafka_queue_destroy(consumer->control);
    partitions_free(&consumer->partitions);
    if (consumer->client != NULL)
        rd_kafka_destroy(consumer->client);
    topics_free(&consumer->topics);
    consumer->client = NULL;
}

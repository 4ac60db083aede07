#include "dlq/sender.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "dlq/letter_json.h"
#include "pipeline/clients.h"

#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADMIN_TIMEOUT_MS = 10000, FLUSH_TIMEOUT_MS = 30000, PRODUCE_TIMEOUT_MS = 60000 };
/* So many letters at most are done without a decision that is kept, when the broker goes away. */
enum { MOST_DECISIONS_IN_FLIGHT = 100 };

struct sender {
    rd_kafka_t *producer;
    const char *state_topic;
    size_t in_flight, failures; /* of decisions */
    rd_kafka_resp_err_t answer; /* to the record under way: here, since it may come late */
    rd_kafka_resp_err_t last_failure;
};

/* ---- The state topic ------------------------------------------------------------------------------ */

/* Sends an admin request and gives its answer's event, which the caller destroys; NULL: nothing came. */
static rd_kafka_event_t *wait_for(rd_kafka_queue_t *queue)
{
    return rd_kafka_queue_poll(queue, ADMIN_TIMEOUT_MS + 1000);
}

static rd_kafka_AdminOptions_t *admin_options(rd_kafka_t *client, rd_kafka_admin_op_t what)
{
    char why[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, what);
    rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_TIMEOUT_MS, why, sizeof why);
    return options;
}

static int make_state_topic(struct sender *sender, int replicas, struct error *error)
{
    char why[256];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(sender->state_topic, 1, replicas > 0 ? replicas : -1, why, sizeof why);
    if (topic == NULL)
        return error_set(error, "cannot make the topic %s: %s", sender->state_topic, why);
    rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(sender->producer);
    rd_kafka_AdminOptions_t *options = admin_options(sender->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(sender->producer, &topic, 1, options, queue);
    rd_kafka_event_t *event = wait_for(queue);
    rd_kafka_resp_err_t failure = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    const char *text = failure != RD_KAFKA_RESP_ERR_NO_ERROR ? rd_kafka_err2str(failure) : NULL;
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t count;
        const rd_kafka_topic_result_t **results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        failure = count > 0 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
        text = count > 0 ? rd_kafka_topic_result_error_string(results[0]) : NULL;
    }
    int result = 0;
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR && failure != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        result = error_set(error,
                           "cannot make the topic %s, where decisions are kept: %s; make it by hand: kafka-topics.sh "
                           "--create --topic %s --partitions 1 --config cleanup.policy=compact",
                           sender->state_topic, text != NULL ? text : rd_kafka_err2str(failure), sender->state_topic);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return result;
}

static const char *policy_in(const rd_kafka_event_t *event)
{
    size_t count, entry_count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)event), &count);
    const rd_kafka_ConfigEntry_t **entries =
        count > 0 ? rd_kafka_ConfigResource_configs(resources[0], &entry_count) : NULL;
    for (size_t i = 0; entries != NULL && i < entry_count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), "cleanup.policy") == 0)
            return rd_kafka_ConfigEntry_value(entries[i]);
    return NULL;
}

/* What cannot be asked is not complained of: an operator may read and write without the right to describe. */
static void check_state_topic(struct sender *sender, struct error *warning)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, sender->state_topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(sender->producer);
    rd_kafka_AdminOptions_t *options = admin_options(sender->producer, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(sender->producer, &resource, 1, options, queue);
    rd_kafka_event_t *event = wait_for(queue);
    const char *policy =
        event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR ? policy_in(event) : NULL;
    if (policy != NULL && strcmp(policy, "compact") != 0)
        error_set(warning,
                  "the topic %s has cleanup.policy=%s, wanted compact: decisions about letters would be forgotten; "
                  "kafka-configs.sh --alter --entity-type topics --entity-name %s --add-config cleanup.policy=compact",
                  sender->state_topic, policy, sender->state_topic);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
}

/* ---- Opening -------------------------------------------------------------------------------------- */

/* Each message bears where its own failure goes, or NULL: then it is counted. */
static void answered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *sender_)
{
    struct sender *sender = sender_;
    rd_kafka_resp_err_t *own = message->_private;
    (void)producer;
    if (own != NULL) {
        *own = message->err;
        return;
    }
    sender->in_flight--;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        sender->failures++;
        sender->last_failure = message->err;
    }
}

static void prepare(rd_kafka_conf_t *conf)
{
    rd_kafka_conf_set_dr_msg_cb(conf, answered);
}

int sender_open(struct sender **sender_, const struct pipeline_config *config, const struct settings *settings,
                const char *state_topic, bool state_is_there, int replicas, struct error *warning, struct error *error)
{
    struct sender *sender = alloc_zeroed(1, sizeof *sender);
    *sender = (struct sender){.state_topic = state_topic};
    *sender_ = sender;
    warning->text[0] = '\0';
    if (client_open_short_lived(&sender->producer, RD_KAFKA_PRODUCER, config, settings, prepare, sender, error) == 0) {
        if (state_is_there)
            check_state_topic(sender, warning);
        if (state_is_there || make_state_topic(sender, replicas, error) == 0)
            return 0;
    }
    sender_close(sender);
    *sender_ = NULL;
    return -1;
}

void sender_close(struct sender *sender)
{
    if (sender == NULL)
        return;
    if (sender->producer != NULL) {
        rd_kafka_purge(sender->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(sender->producer);
    }
    free(sender);
}

const char *sender_operator(void)
{
    static char text[320];
    char host[256] = "";
    if (text[0] != '\0')
        return text;
    const struct passwd *user = getpwuid(geteuid());
    gethostname(host, sizeof host - 1);
    if (user != NULL)
        snprintf(text, sizeof text, "%.60s@%s", user->pw_name, host);
    else
        snprintf(text, sizeof text, "uid %ld@%s", (long)geteuid(), host);
    return text;
}

/* ---- Sending -------------------------------------------------------------------------------------- */

static rd_kafka_resp_err_t put(struct sender *sender, const char *topic, int32_t partition, sluice_bytes key,
                               sluice_bytes value, int64_t timestamp_ms, rd_kafka_headers_t *headers,
                               rd_kafka_resp_err_t *own)
{
    for (;;) {
        rd_kafka_resp_err_t failure =
            rd_kafka_producev(sender->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.size),
                              RD_KAFKA_V_VALUE((void *)value.data, value.size), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                              RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(own), RD_KAFKA_V_END);
        if (failure != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            if (failure != RD_KAFKA_RESP_ERR_NO_ERROR && headers != NULL)
                rd_kafka_headers_destroy(headers);
            rd_kafka_poll(sender->producer, 0);
            return failure;
        }
        rd_kafka_poll(sender->producer, 100);
    }
}

static json_t *decision_json(const struct entry *entry, const struct decision *decision)
{
    char at[CLOCK_ISO8601_SIZE], origin[20];
    clock_format(decision->at_ms, at);
    snprintf(origin, sizeof origin, "%016" PRIx64, decision->origin_hash);
    json_t *value =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "outcome", outcome_name(decision->outcome), "origin", origin,
                  "at", at, "at_ms", (json_int_t)decision->at_ms, "failed_at_ms", (json_int_t)decision->failed_at_ms,
                  "replay_count", (json_int_t)decision->replay_count, "replays", (json_int_t)decision->replays);
    if (decision->by != NULL)
        json_object_set_new(value, "by", letter_json_text(decision->by));
    if (decision->reason != NULL)
        json_object_set_new(value, "reason", letter_json_text(decision->reason));
    if (entry->topic != NULL) /* for people: the hash is what counts */
        json_object_update_new(value, json_pack("{s:o, s:I, s:I}", "topic", letter_json_text(entry->topic), "partition",
                                                (json_int_t)entry->partition, "offset", (json_int_t)entry->offset));
    return value;
}

static int tell_failures(const struct sender *sender, size_t count, rd_kafka_resp_err_t failure, struct error *error)
{
    return error_set(error, "%s has not taken the last %zu decisions: %s", sender->state_topic, count,
                     rd_kafka_err2str(failure));
}

int sender_decide(struct sender *sender, const struct entry *entry, const struct decision *decision,
                  struct error *error)
{
    int64_t until_ms = clock_now_ms() + PRODUCE_TIMEOUT_MS;
    while (sender->in_flight >= MOST_DECISIONS_IN_FLIGHT && sender->failures == 0 && clock_now_ms() < until_ms)
        rd_kafka_poll(sender->producer, 100);
    if (sender->failures > 0 || sender->in_flight >= MOST_DECISIONS_IN_FLIGHT)
        return tell_failures(sender, sender->failures + sender->in_flight,
                             sender->failures > 0 ? sender->last_failure : RD_KAFKA_RESP_ERR__TIMED_OUT, error);
    json_t *value = decision_json(entry, decision);
    char *text = json_dumps(value, JSON_COMPACT);
    char *key = alloc_printf("%" PRId32 ":%" PRId64, decision->partition, decision->offset);
    sender->in_flight++;
    rd_kafka_resp_err_t failure =
        put(sender, sender->state_topic, RD_KAFKA_PARTITION_UA, (sluice_bytes){key, strlen(key)},
            (sluice_bytes){text, strlen(text)}, 0, NULL, NULL);
    json_decref(value);
    free(text);
    free(key);
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    sender->in_flight--;
    return error_set(error, "cannot write to %s: %s", sender->state_topic, rd_kafka_err2str(failure));
}

rd_kafka_resp_err_t sender_produce(struct sender *sender, const char *topic, int32_t partition,
                                   const struct record *record, rd_kafka_headers_t *headers)
{
    sender->answer = RD_KAFKA_RESP_ERR__IN_PROGRESS;
    rd_kafka_resp_err_t failure =
        put(sender, topic, partition, record->key, record->value,
            record->timestamp_type == SLUICE_TIME_NONE ? 0 : record->timestamp_ms, headers, &sender->answer);
    int64_t until_ms = clock_now_ms() + PRODUCE_TIMEOUT_MS;
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return failure;
    while (sender->answer == RD_KAFKA_RESP_ERR__IN_PROGRESS && clock_now_ms() < until_ms)
        rd_kafka_poll(sender->producer, 100);
    return sender->answer == RD_KAFKA_RESP_ERR__IN_PROGRESS ? RD_KAFKA_RESP_ERR__TIMED_OUT : sender->answer;
}

int sender_flush(struct sender *sender, struct error *error)
{
    rd_kafka_resp_err_t failure = rd_kafka_flush(sender->producer, FLUSH_TIMEOUT_MS);
    size_t missing = sender->failures + sender->in_flight;
    if (missing == 0)
        return 0;
    return tell_failures(sender, missing, sender->failures > 0 ? sender->last_failure : failure, error);
}

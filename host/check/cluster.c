#include "check/cluster.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "check/found.h"
#include "pipeline/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 100 };

static struct broker_trouble *trouble_of(struct cluster *cluster, const char *reason)
{
    int32_t id = broker_trouble_node(reason);
    for (size_t i = 0; i < cluster->node_count; i++)
        if (cluster->nodes[i].id == id)
            return &cluster->nodes[i].trouble;
    return &cluster->trouble;
}

static void note_error(rd_kafka_t *client, int failure, const char *reason, void *cluster_)
{
    struct cluster *cluster = cluster_;
    (void)client;
    broker_trouble_note(trouble_of(cluster, reason), (rd_kafka_resp_err_t)failure, reason, clock_now_ms());
}

/* Some disconnections are only logged ("broker might require SASL authentication"): they are heard as well. */
static void note_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)level;
    struct cluster *cluster = rd_kafka_opaque(client);
    const char *reason = strstr(text, "]: "); /* behind the thread's name */
    if (strcmp(facility, "FAIL") == 0 && reason != NULL)
        note_error(NULL, RD_KAFKA_RESP_ERR__TRANSPORT, reason + strlen("]: "), cluster);
}

static void prepare(rd_kafka_conf_t *conf)
{
    char why[512];
    rd_kafka_conf_set_error_cb(conf, note_error);
    rd_kafka_conf_set_log_cb(conf, note_log);
    rd_kafka_conf_set(conf, "log_level", "6", why, sizeof why);
    rd_kafka_conf_set(conf, "log.queue", "true", why, sizeof why); /* so that note_log() runs in cluster_serve() */
    /* An idempotent producer asks for an id as soon as it is there: that is left to the real one. */
    rd_kafka_conf_set(conf, "enable.idempotence", "false", why, sizeof why);
}

int cluster_open(struct cluster *cluster, struct check *check, rd_kafka_type_t type, int64_t deadline_ms,
                 struct error *error)
{
    *cluster = (struct cluster){.check = check, .type = type, .deadline_ms = deadline_ms};
    if (client_open_short_lived(&cluster->client, type, check->config, check->settings, prepare, cluster, error) != 0)
        return -1;
    rd_kafka_set_log_queue(cluster->client, NULL);
    cluster->answers = rd_kafka_queue_new(cluster->client);
    return 0;
}

void cluster_close(struct cluster *cluster)
{
    if (cluster->client == NULL)
        return;
    if (cluster->metadata != NULL)
        rd_kafka_metadata_destroy(cluster->metadata);
    rd_kafka_queue_destroy(cluster->answers);
    rd_kafka_destroy_flags(cluster->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(cluster->nodes);
    *cluster = (struct cluster){.client = NULL};
}

const struct place *cluster_place(const struct cluster *cluster, const char *property)
{
    const struct setting *setting = client_setting(cluster->check->settings, cluster->type, property);
    const struct section *kafka = settings_section(cluster->check->settings, "kafka");
    if (setting != NULL)
        return &setting->place;
    return kafka != NULL ? &kafka->place : NULL;
}

const char *cluster_user(const struct cluster *cluster, char *text, size_t size)
{
    size_t got = size;
    if (rd_kafka_conf_get(rd_kafka_conf(cluster->client), "sasl.username", text, &got) != RD_KAFKA_CONF_OK ||
        text[0] == '\0')
        snprintf(text, size, "this client");
    return text;
}

void cluster_serve(struct cluster *cluster, int wait_ms)
{
    rd_kafka_poll(cluster->client, wait_ms);
}

int cluster_time_left_ms(const struct cluster *cluster)
{
    int64_t left_ms = cluster->deadline_ms - clock_now_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

rd_kafka_AdminOptions_t *cluster_options(const struct cluster *cluster, rd_kafka_admin_op_t operation)
{
    char why[256];
    int left_ms = cluster_time_left_ms(cluster);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(cluster->client, operation);
    rd_kafka_AdminOptions_set_request_timeout(options, left_ms > 1 ? left_ms : 1, why, sizeof why);
    return options;
}

rd_kafka_event_t *cluster_answer(struct cluster *cluster, int wait_ms)
{
    int left_ms = cluster_time_left_ms(cluster);
    cluster_serve(cluster, 0);
    return rd_kafka_queue_poll(cluster->answers, wait_ms < left_ms ? wait_ms : left_ms);
}

/* How many topics, resources or groups an answer is about. */
static size_t size_of(rd_kafka_event_t *answer)
{
    size_t count = 0;
    switch (rd_kafka_event_type(answer)) {
    case RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT:
        rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer), &count);
        break;
    case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer), &count);
        break;
    case RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT:
        rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(answer), &count);
        break;
    default: break;
    }
    return count;
}

rd_kafka_event_t *cluster_expect(struct cluster *cluster, rd_kafka_event_type_t type, size_t count, const char *what)
{
    const char *why = "no answer in time";
    rd_kafka_event_t *answer = NULL;
    while (answer == NULL && cluster_time_left_ms(cluster) > 0) {
        answer = cluster_answer(cluster, STEP_MS);
        bool late = answer != NULL && rd_kafka_event_opaque(answer) != NULL; /* a broker's, see brokers.c */
        if (late || rd_kafka_event_type(answer) != type) {
            rd_kafka_event_destroy(answer);
            answer = NULL;
        }
    }
    if (answer != NULL && rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR)
        why = rd_kafka_event_error_string(answer);
    else if (answer != NULL && size_of(answer) < count)
        why = "the answer lacks some of what was asked for";
    else if (answer != NULL)
        return answer;
    found_error(cluster->check, cluster_place(cluster, "bootstrap.servers"), "%s cannot be asked about: %s", what, why);
    rd_kafka_event_destroy(answer);
    return NULL;
}

bool cluster_allows(const rd_kafka_AclOperation_t *allowed, size_t count, rd_kafka_AclOperation_t operation)
{
    for (size_t i = 0; i < count; i++)
        if (allowed[i] == operation)
            return true;
    return count == 0;
}

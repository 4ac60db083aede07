#include "check/brokers.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "check/found.h"

#include <stdio.h>
#include <string.h>

/* A broker that is in trouble gets this long for another attempt (the other address of its name, a login at last). */
enum { GRACE_MS = 2000, STEP_MS = 100, METADATA_STEP_MS = 300 };

static bool is_hopeless(const struct broker_trouble *trouble, int64_t began_ms)
{
    return trouble->kind != TROUBLE_NONE && clock_now_ms() - began_ms >= GRACE_MS;
}

static void tell_trouble(const struct cluster *cluster, const struct broker_trouble *trouble, const char *otherwise)
{
    found_error(cluster->check, cluster_place(cluster, broker_trouble_property(trouble)), "%s",
                trouble->kind != TROUBLE_NONE ? trouble->text : otherwise);
}

/* ---- The bootstrap servers ------------------------------------------------------------------------ */

static bool ask_metadata(struct cluster *cluster)
{
    int64_t began_ms = clock_now_ms();
    while (cluster_time_left_ms(cluster) > 0 && !is_hopeless(&cluster->trouble, began_ms)) {
        rd_kafka_resp_err_t failure = rd_kafka_metadata(cluster->client, 1, NULL, &cluster->metadata, METADATA_STEP_MS);
        if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
            return true;
        cluster_serve(cluster, STEP_MS);
    }
    cluster->metadata = NULL;
    tell_trouble(cluster, &cluster->trouble, "no bootstrap server has answered in time");
    return false;
}

static void note_nodes(struct cluster *cluster)
{
    cluster->node_count = (size_t)cluster->metadata->broker_cnt;
    cluster->nodes = alloc_zeroed(cluster->node_count + 1, sizeof *cluster->nodes);
    for (size_t i = 0; i < cluster->node_count; i++) {
        const rd_kafka_metadata_broker_t *broker = &cluster->metadata->brokers[i];
        cluster->nodes[i].id = broker->id;
        snprintf(cluster->nodes[i].address, sizeof cluster->nodes[i].address, "%s:%d", broker->host, broker->port);
    }
}

/* ---- Each broker where it says it is --------------------------------------------------------------- */

/* A broker answers about its own configuration only itself, so that an answer, a refusal too, is a sign of its life
 * through its advertised address with everything that security.protocol asks for. */
static void ask_node(struct cluster *cluster, struct cluster_node *node)
{
    char id[16];
    snprintf(id, sizeof id, "%d", (int)node->id);
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, id);
    rd_kafka_AdminOptions_t *options = cluster_options(cluster, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_opaque(options, node);
    rd_kafka_DescribeConfigs(cluster->client, &resource, 1, options, cluster->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
}

static void take_answer(rd_kafka_event_t *answer)
{
    struct cluster_node *node = rd_kafka_event_opaque(answer);
    node->answered = rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_event_destroy(answer);
}

static bool is_settled(const struct cluster *cluster, int64_t began_ms)
{
    for (size_t i = 0; i < cluster->node_count; i++)
        if (!cluster->nodes[i].answered && !is_hopeless(&cluster->nodes[i].trouble, began_ms))
            return false;
    return true;
}

static void wait_for_nodes(struct cluster *cluster)
{
    int64_t began_ms = clock_now_ms();
    while (!is_settled(cluster, began_ms) && cluster_time_left_ms(cluster) > 0) {
        rd_kafka_event_t *answer = cluster_answer(cluster, STEP_MS);
        if (answer != NULL)
            take_answer(answer);
    }
}

static void describe_security(const struct cluster *cluster, char *text, size_t size)
{
    const rd_kafka_conf_t *conf = rd_kafka_conf(cluster->client);
    char protocol[32] = "", mechanism[32] = "";
    size_t protocol_size = sizeof protocol, mechanism_size = sizeof mechanism;
    rd_kafka_conf_get(conf, "security.protocol", protocol, &protocol_size);
    rd_kafka_conf_get(conf, "sasl.mechanism", mechanism, &mechanism_size);
    bool login = strncmp(protocol, "sasl", strlen("sasl")) == 0;
    snprintf(text, size, "%s%s%s", protocol, login ? ", " : "", login ? mechanism : "");
}

static bool tell_node(const struct cluster *cluster, const struct cluster_node *node)
{
    char security[80], otherwise[400];
    describe_security(cluster, security, sizeof security);
    snprintf(otherwise, sizeof otherwise, "broker %d at %s, the address that it advertises, has not answered in time",
             (int)node->id, node->address);
    if (node->answered)
        found_fine(cluster->check, "broker %d at %s (%s)", (int)node->id, node->address, security);
    else
        tell_trouble(cluster, &node->trouble, otherwise);
    return node->answered;
}

bool brokers_check(struct cluster *cluster)
{
    bool any = false;
    if (!ask_metadata(cluster))
        return false;
    note_nodes(cluster);
    for (size_t i = 0; i < cluster->node_count; i++)
        ask_node(cluster, &cluster->nodes[i]);
    wait_for_nodes(cluster);
    for (size_t i = 0; i < cluster->node_count; i++)
        any |= tell_node(cluster, &cluster->nodes[i]);
    return any;
}

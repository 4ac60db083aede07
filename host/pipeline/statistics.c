#include "pipeline/statistics.h"

#include "ops/log.h"
#include "pipeline/families.h"

#include <jansson.h>
#include <string.h>

/* Parsed they take eight times as much memory (measured): 2 MiB at most, which is some 330 partitions. */
enum { MOST_BYTES = 256 << 10 };
enum { MOST_LANES = 64 };

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

/* NULL: they are not read. */
static json_t *parse(const char *json, size_t size)
{
    static bool told;
    if (size <= MOST_BYTES)
        return json_loadb(json, size, 0, NULL);
    if (!told)
        log_warn("consumer", "librdkafka's statistics have %zu bytes, more than the %d that are read", size,
                 MOST_BYTES);
    told = true;
    return NULL;
}

static void read_traffic(const char *client, const json_t *all)
{
    family_set(FAMILY_RECEIVED, number_of(all, "rx_bytes"), LABELS(client));
    family_set(FAMILY_TRANSMITTED, number_of(all, "tx_bytes"), LABELS(client));
}

/* Bootstrap addresses and the group's coordinator have entries of their own: those are no brokers. */
static bool is_broker(const json_t *broker)
{
    const char *source = json_string_value(json_object_get(broker, "source"));
    return json_integer_value(json_object_get(broker, "nodeid")) >= 0 &&
           (source == NULL || strcmp(source, "logical") != 0);
}

static void read_broker(const char *name, const json_t *broker)
{
    const json_t *rtt = json_object_get(broker, "rtt");
    const char *state = json_string_value(json_object_get(broker, "state"));
    double connects = number_of(broker, "connects");
    if (number_of(rtt, "cnt") > 0)
        family_set(FAMILY_BROKER_RTT, number_of(rtt, "avg") / 1e6, LABELS(name));
    family_set(FAMILY_BROKER_CONNECTED, state != NULL && strcmp(state, "UP") == 0 ? 1 : 0, LABELS(name));
    family_set(FAMILY_REQUEST_ERRORS,
               number_of(broker, "txerrs") + number_of(broker, "rxerrs") + number_of(broker, "req_timeouts"),
               LABELS(name));
    family_set(FAMILY_RECONNECTS, connects > 1 ? connects - 1 : 0, LABELS(name));
}

static void read_brokers(json_t *brokers)
{
    const char *name;
    json_t *broker;
    json_object_foreach(brokers, name, broker) if (is_broker(broker)) read_broker(name, broker);
}

/* A partition's queue is forwarded to that of its lane, and each of them tells the whole of that
 * (rdkafka_queue.h, rd_kafka_q_len): a lane is counted once. */
static void read_queues(json_t *topics, struct partitions *partitions)
{
    struct {
        double messages, bytes;
    } lanes[MOST_LANES] = {{0, 0}}, all = {0, 0};
    const char *topic, *key;
    json_t *entry, *one;
    json_object_foreach(topics, topic, entry) json_object_foreach(json_object_get(entry, "partitions"), key, one)
    {
        int32_t number = (int32_t)json_integer_value(json_object_get(one, "partition"));
        const struct partition *partition = partitions_find(partitions, topic, number);
        if (partition == NULL || !partition->fetched || partition->lane >= MOST_LANES)
            continue;
        lanes[partition->lane].messages = number_of(one, "fetchq_cnt");
        lanes[partition->lane].bytes = number_of(one, "fetchq_size");
    }
    for (size_t i = 0; i < MOST_LANES; i++) {
        all.messages += lanes[i].messages;
        all.bytes += lanes[i].bytes;
    }
    family_set(FAMILY_FETCH_QUEUE_MESSAGES, all.messages, NULL);
    family_set(FAMILY_FETCH_QUEUE_BYTES, all.bytes, NULL);
}

void statistics_of_consumer(const char *json, size_t size, struct partitions *partitions)
{
    json_t *all = parse(json, size);
    if (all != NULL) {
        read_traffic("consumer", all);
        read_brokers(json_object_get(all, "brokers"));
        read_queues(json_object_get(all, "topics"), partitions);
        json_decref(all);
    }
    for (enum family family = FAMILY_FETCH_QUEUE_MESSAGES; family <= FAMILY_RECONNECTS; family++)
        family_sweep(family); /* a broker that is gone; all of them, when they were not read */
}

void statistics_of_producer(const char *json, size_t size)
{
    json_t *all = parse(json, size);
    if (all != NULL)
        read_traffic("dead-letter-producer", all);
    json_decref(all);
}

/* import/client.c - the Java clients' keys as librdkafka's: the consumer's, and the producer's of dead letters.
 * What both need to reach the brokers goes to [kafka], so that the two have it; the producer says for itself only what
 * differs.  Where they reach different brokers, each has its own, and no brokers are shown the other's login.
 * Neighbours: tables.h; jaas.h; pipeline/clients.c, which refuses what Sluice's promises own. */
#include "import/jaas.h"
#include "import/tables.h"

#include <string.h>
#include <strings.h>

static const char budget[] = "buffer.max.bytes governs memory";
static const char owned[] = "Sluice commits an offset once every record before it is finished";
static const char letters[] = "letters are sent idempotently, until all in-sync replicas have them";
static const char java[] = "names a Java class, or is about Java's libraries";

/* ---- Reaching the brokers ------------------------------------------------------------------------- */

static void set_shared(struct import *import, const struct mapped *at, const char *option, const char *value)
{
    bool is_own = import->are_apart || strcmp(at->section, "kafka.producer") == 0;
    import_set(import, at, is_own ? at->section : "kafka", option, value);
}

static void map_shared(struct import *import, const struct mapped *at)
{
    set_shared(import, at, at->row->option != NULL ? at->row->option : at->row->key, at->value);
}

static void map_endpoint_identification(struct import *import, const struct mapped *at)
{
    set_shared(import, at, at->row->key, at->value[0] != '\0' ? at->value : "none");
}

static bool has_store_type(struct import *import, const struct mapped *at, const char *key, const char *type)
{
    const char *given = mapped_sibling(import, at, key);
    return given != NULL && strcasecmp(given, type) == 0;
}

static void map_truststore(struct import *import, const struct mapped *at)
{
    if (has_store_type(import, at, "ssl.truststore.type", "PEM"))
        set_shared(import, at, "ssl.ca.location", at->value);
    else
        import_tell(import, at, FINDING_NONE,
                    "no PEM: `keytool -exportcert -rfc` writes the certificates into a file for ssl.ca.location");
}

static void map_keystore(struct import *import, const struct mapped *at)
{
    static const char key[] = "ssl.keystore.type";
    if (has_store_type(import, at, key, "PKCS12")) {
        set_shared(import, at, "ssl.keystore.location", at->value);
    } else if (has_store_type(import, at, key, "PEM")) {
        set_shared(import, at, "ssl.certificate.location", at->value);
        set_shared(import, at, "ssl.key.location", at->value);
    } else {
        import_tell(import, at, FINDING_NONE,
                    "no PKCS12: `keytool -importkeystore -deststoretype PKCS12` makes one for ssl.keystore.location");
    }
}

static void map_keystore_password(struct import *import, const struct mapped *at)
{
    if (has_store_type(import, at, "ssl.keystore.type", "PKCS12"))
        set_shared(import, at, at->row->key, at->value);
}

/* What a login module's options are called by librdkafka. */
static const struct login {
    const char *module;
    struct {
        const char *java, *option;
    } options[2];
} logins[] = {
    {"PlainLoginModule", {{"username", "sasl.username"}, {"password", "sasl.password"}}},
    {"ScramLoginModule", {{"username", "sasl.username"}, {"password", "sasl.password"}}},
    {"Krb5LoginModule", {{"principal", "sasl.kerberos.principal"}, {"keyTab", "sasl.kerberos.keytab"}}},
};

static void map_jaas(struct import *import, const struct mapped *at)
{
    const char *module = jaas_module(at->value, &import->arena);
    for (size_t i = 0; module != NULL && i < sizeof logins / sizeof logins[0]; i++) {
        if (strcmp(class_name(module), logins[i].module) != 0)
            continue;
        for (size_t j = 0; j < sizeof logins[i].options / sizeof logins[i].options[0]; j++) {
            const char *value = jaas_option(at->value, logins[i].options[j].java, &import->arena);
            if (value != NULL)
                set_shared(import, at, logins[i].options[j].option, value);
        }
        return;
    }
    import_tell(import, at, FINDING_NONE, "login module %s: see librdkafka's sasl.* for what it does",
                module != NULL ? class_name(module) : "(none)");
}

/* Java's -1 is the system's default, which librdkafka has without being told. */
static void map_socket_buffer(struct import *import, const struct mapped *at)
{
    if (strcmp(at->value, "-1") != 0)
        map_shared(import, at);
}

/* ---- The consumer --------------------------------------------------------------------------------- */

static void map_offset_reset(struct import *import, const struct mapped *at)
{
    static const char *const known[] = {"earliest", "latest", "none"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(at->value, known[i]) == 0) {
            import_set(import, at, "pipeline", at->row->key, known[i]);
            return;
        }
    import_tell(import, at, FINDING_NONE, "a partition without a committed offset begins at its earliest record");
}

/* librdkafka takes no eager assignor beside the cooperative one, which is what Sluice has anyway. */
static void map_assignor(struct import *import, const struct mapped *at)
{
    if (strcmp(class_name(at->value), "RangeAssignor") == 0)
        import_set(import, at, at->section, at->row->key, "range");
    else if (strcmp(class_name(at->value), "RoundRobinAssignor") == 0)
        import_set(import, at, at->section, at->row->key, "roundrobin");
    else
        import_tell(import, at, FINDING_DIFFERS,
                    "partitions are assigned by cooperative-sticky, with group.instance.id by roundrobin");
}

/* ---- The tables ----------------------------------------------------------------------------------- */

static const struct mapping client_rows[] = {
    {"bootstrap.servers", .map = map_copy},
    {"client.dns.lookup", .map = map_shared},
    {"client.id", .map = map_shared},
    {"security.protocol", .map = map_shared},
    {"sasl.mechanism", .map = map_shared},
    {"sasl.jaas.config", .map = map_jaas, .flags = MAPPING_SECRET},
    {"sasl.kerberos.service.name", .map = map_shared},
    {"sasl.kerberos.", .map = map_drop, .text = "sasl.kerberos.kinit.cmd renews tickets"},
    {"sasl.login.", .map = map_none, .text = java},
    {"sasl.client.callback.handler.class", .map = map_none, .text = java},
    {"sasl.oauthbearer.", .map = map_none, .text = "see librdkafka's sasl.oauthbearer.*", .flags = MAPPING_SECRET},
    {"ssl.truststore.location", .map = map_truststore},
    {"ssl.truststore.password", .map = map_part, .flags = MAPPING_SECRET},
    {"ssl.truststore.type", .map = map_part},
    {"ssl.truststore.certificates", .map = map_none, .text = "wanted a file, which is ssl.ca.location",
     .flags = MAPPING_SECRET},
    {"ssl.keystore.location", .map = map_keystore},
    {"ssl.keystore.password", .map = map_keystore_password, .flags = MAPPING_SECRET},
    {"ssl.keystore.type", .map = map_part},
    {"ssl.keystore.certificate.chain", .map = map_none, .text = "wanted a file, which is ssl.certificate.location",
     .flags = MAPPING_SECRET},
    {"ssl.keystore.key", .map = map_none, .text = "wanted a file, which is ssl.key.location", .flags = MAPPING_SECRET},
    {"ssl.key.password", .map = map_shared, .flags = MAPPING_SECRET},
    {"ssl.endpoint.identification.algorithm", .map = map_endpoint_identification},
    {"ssl.cipher.suites", .map = map_none, .text = "ssl.cipher.suites takes OpenSSL's names"},
    {"ssl.", .map = map_drop, .text = java},
    {"security.providers", .map = map_drop, .text = java},
    {"connections.max.idle.ms", .map = map_shared},
    {"metadata.max.age.ms", .map = map_shared},
    {"reconnect.backoff.ms", .map = map_shared},
    {"reconnect.backoff.max.ms", .map = map_shared},
    {"retry.backoff.ms", .map = map_shared},
    {"retry.backoff.max.ms", .map = map_shared},
    {"socket.connection.setup.timeout.ms", .map = map_shared},
    {"socket.connection.setup.timeout.max.ms", .map = map_drop, .text = "the time does not grow"},
    {"receive.buffer.bytes", .map = map_socket_buffer, .option = "socket.receive.buffer.bytes"},
    {"send.buffer.bytes", .map = map_socket_buffer, .option = "socket.send.buffer.bytes"},
    {"metadata.", .map = map_drop, .text = "librdkafka recovers by rules of its own"},
    {"interceptor.classes", .map = map_none, .text = java, .preset = ""},
    {"metric.reporters", .map = map_drop, .text = "[http] metrics.listen serves metrics"},
    {"metrics.", .map = map_drop, .text = "[http] metrics.listen serves metrics"},
    {"enable.metrics.push", .map = map_drop, .text = "[http] metrics.listen serves metrics"},
};
const struct mapping_table client_table = {client_rows, sizeof client_rows / sizeof client_rows[0]};

static const struct mapping consumer_rows[] = {
    {"group.id", .map = map_copy},
    {"group.instance.id", .map = map_copy},
    {"group.protocol", .map = map_none, .text = "its rebalances cannot be drained before", .preset = "classic"},
    {"group.remote.assignor", .map = map_drop, .text = "is about group.protocol = consumer"},
    {"client.rack", .map = map_copy},
    {"session.timeout.ms", .map = map_copy},
    {"heartbeat.interval.ms", .map = map_copy},
    {"max.poll.interval.ms", .map = map_copy},
    {"max.poll.records", .map = map_batch},
    {"auto.offset.reset", .map = map_offset_reset},
    {"isolation.level", .map = map_copy},
    {"partition.assignment.strategy", .map = map_assignor},
    {"fetch.min.bytes", .map = map_copy},
    {"fetch.max.wait.ms", .map = map_copy, .option = "fetch.wait.max.ms"},
    {"fetch.max.bytes", .map = map_drop, .text = budget},
    {"max.partition.fetch.bytes", .map = map_drop, .text = budget},
    {"check.crcs", .map = map_copy},
    {"request.timeout.ms", .map = map_copy, .option = "socket.timeout.ms"},
    {"default.api.timeout.ms", .map = map_drop, .text = "nothing waits for ever"},
    {"allow.auto.create.topics", .map = map_drop, .text = "a topic that is not there is waited for"},
    {"exclude.internal.topics", .map = map_drop, .text = "topics.regex says which"},
    {"enable.auto.commit", .map = map_drop, .text = owned},
    {"auto.commit.interval.ms", .map = map_drop, .text = owned},
    {"key.deserializer", .map = map_drop, .text = java},
    {"value.deserializer", .map = map_drop, .text = java},
};
const struct mapping_table consumer_table = {consumer_rows, sizeof consumer_rows / sizeof consumer_rows[0]};

static const struct mapping producer_rows[] = {
    {"compression.type", .map = map_copy},
    {"compression.", .map = map_drop, .text = "compression.level has a default"},
    {"linger.ms", .map = map_copy},
    {"batch.size", .map = map_copy},
    {"request.timeout.ms", .map = map_copy},
    {"buffer.memory", .map = map_drop, .text = budget},
    {"max.request.size", .map = map_drop, .text = "a letter may be as large as what was consumed"},
    {"acks", .map = map_drop, .text = letters},
    {"enable.idempotence", .map = map_drop, .text = letters},
    {"retries", .map = map_drop, .text = letters},
    {"delivery.timeout.ms", .map = map_drop, .text = letters},
    {"max.in.flight.requests.per.connection", .map = map_drop, .text = letters},
    {"max.block.ms", .map = map_drop, .text = letters},
    {"partitioner.", .map = map_drop, .text = java},
    {"transactional.id", .map = map_drop, .text = letters},
    {"transaction.", .map = map_drop, .text = letters},
    {"key.serializer", .map = map_drop, .text = java},
    {"value.serializer", .map = map_drop, .text = java},
};
const struct mapping_table producer_table = {producer_rows, sizeof producer_rows / sizeof producer_rows[0]};

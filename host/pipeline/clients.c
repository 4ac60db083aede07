#include "pipeline/clients.h"

#include "base/alloc.h"
#include "config/nearest.h"
#include "ops/log.h"
#include "pipeline/broker_trouble.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum client { CONSUMER = 1, PRODUCER = 2, BOTH = 3 };

/* What [kafka.consumer] and [kafka.producer] are for each client; [kafka] comes before them. */
static const char *const own_sections[] = {[CONSUMER] = "kafka.consumer", [PRODUCER] = "kafka.producer"};

struct preset {
    enum client client;
    const char *key, *value;
};

static const struct preset defaults[] = {
    {BOTH, "client.id", "sluice"},
    {BOTH, "statistics.interval.ms", "5000"}, /* statistics.h */
    {BOTH, "reconnect.backoff.max.ms",
     "2000"}, /* its default of 10 s is how long a broker that is back goes unnoticed */
    {CONSUMER, "partition.assignment.strategy", "cooperative-sticky"}, /* but see plan_assignor() */
    {CONSUMER, "session.timeout.ms", "10000"},   /* what a killed member costs its partitions; librdkafka's is 45 s */
    {CONSUMER, "heartbeat.interval.ms", "1000"}, /* how soon a member hears that another has left */
    /* A fetch that waits for new records of one partition keeps the others of its broker waiting: with its default of
     * 500 ms a backlog came at 742 images/s, with 20 ms at 2,599. */
    {CONSUMER, "fetch.wait.max.ms", "20"},
    {CONSUMER, "fetch.queue.backoff.ms", "1"}, /* its default of 1 s is a stall whenever a small queue fills */
    {CONSUMER, "topic.metadata.refresh.interval.ms", "5000"}, /* how soon a topic created later is seen */
    {PRODUCER, "allow.auto.create.topics", "false"},          /* a dead letter topic is the operator's to create */
    {PRODUCER, "message.timeout.ms", "30000"},                /* then we try the letter again ourselves */
    {PRODUCER, "linger.ms", "5"},
    /* No smaller than what the consumer may receive: its own default refuses records that the broker took. */
    {PRODUCER, "message.max.bytes", "100000000"},
    /* Payloads stay ours until they are acknowledged, so that intake keeps them within the budget; a limit here would
     * refuse a single letter that is larger than it. */
    {PRODUCER, "queue.buffering.max.kbytes", "2097151"},
};

/* Set by us whatever the file says; a file that names them is told why. */
static const struct preset owned[] = {
    {CONSUMER, "enable.auto.commit", "false"},
    {CONSUMER, "enable.auto.offset.store", "false"},
    {CONSUMER, "enable.partition.eof", "true"},
    {CONSUMER, "auto.offset.reset", "error"},
    {PRODUCER, "acks", "all"},
    {PRODUCER, "enable.idempotence", "true"},
};

/* value NULL: the key is refused with any value. */
static const struct refusal {
    const char *key, *value, *why;
} refusals[] = {
    {"enable.auto.commit", NULL, "Sluice commits an offset once every record before it is finished"},
    {"enable.auto.offset.store", NULL, "Sluice commits explicit offsets"},
    {"enable.partition.eof", NULL, "Sluice needs it to see the end of transactional and compacted partitions"},
    {"auto.offset.reset", NULL, "it stands in [pipeline]: Sluice asks for start positions itself"},
    {"acks", NULL, "a dead letter counts once all in-sync replicas have it"},
    {"request.required.acks", NULL, "a dead letter counts once all in-sync replicas have it"},
    {"enable.idempotence", NULL, "dead letters are produced idempotently"},
    {"group.protocol", "consumer", "its server-side assignor has no callback to drain a revoked partition in"},
    {"plugin.library.paths", NULL, "librdkafka would load shared objects that Sluice has not checked"},
};

static void log_librdkafka(const rd_kafka_t *client, int syslog_level, const char *facility, const char *text)
{
    (void)client;
    if (strcmp(facility, "SSLCERTVRFY") == 0) /* at every attempt; broker_trouble.h tells it once */
        return;
    sluice_level level = syslog_level <= 3   ? SLUICE_LOG_ERROR
                         : syslog_level == 4 ? SLUICE_LOG_WARN
                         : syslog_level <= 6 ? SLUICE_LOG_INFO
                                             : SLUICE_LOG_DEBUG;
    log_write(level, LOG_AREA("librdkafka"), "%s: %s", facility, text);
}

static void preset(rd_kafka_conf_t *conf, const char *key, const char *value)
{
    char why[512];
    if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        log_error("librdkafka", "%s = %s is refused: %s", key, value, why);
        abort(); /* the library is older than the build asked for */
    }
}

static void preset_number(rd_kafka_conf_t *conf, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    preset(conf, key, text);
}

/* The consumer's memory, by librdkafka's names; what a file may set at most. */
struct limit {
    const char *key;
    uint64_t most;
    const char *share;
};

enum { LIMIT_COUNT = 4 };
enum { OLDEST_LIBRDKAFKA = 0x02030000 }; /* as rd_kafka_version() counts: 0xMMmmrrxx */

static void limits_of(const struct budget *budget, struct limit limits[LIMIT_COUNT])
{
    const struct limit all[LIMIT_COUNT] = {
        {"queued.max.messages.kbytes", budget->queued_bytes / 1024, "each lane's share of an eighth"},
        {"fetch.max.bytes", budget->fetch_bytes, "a sixteenth, no less than 1 MiB,"},
        {"max.partition.fetch.bytes", 1 << 20, "1 MiB whatever the size"},
        {"queued.min.messages", budget->queued_bytes / 1024, "one for each KiB of that"},
    };
    memcpy(limits, all, sizeof all);
}

/* The name nearest to an unknown key, among all that librdkafka knows. */
static const char *nearest_property(const rd_kafka_conf_t *conf, const char *key, char *text, size_t size)
{
    size_t count;
    const char **dump = rd_kafka_conf_dump((rd_kafka_conf_t *)conf, &count);
    const char **names = alloc_zeroed(count / 2 + 1, sizeof *names);
    for (size_t i = 0; i < count / 2; i++)
        names[i] = dump[2 * i];
    const char *nearest = nearest_name(names, key);
    snprintf(text, size, "%s", nearest != NULL ? nearest : "");
    free(names);
    rd_kafka_conf_dump_free(dump, count);
    return nearest != NULL ? text : NULL;
}

static bool is_refused(const struct setting *setting, struct problems *problems)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *refusal = &refusals[i];
        if (strcmp(setting->name, refusal->key) != 0)
            continue;
        if (refusal->value != NULL && strcmp(setting->value, refusal->value) != 0)
            continue;
        problems_error(problems, &setting->place, "%s%s%s cannot be set: %s", setting->name,
                       refusal->value != NULL ? " = " : "", refusal->value != NULL ? refusal->value : "", refusal->why);
        return true;
    }
    return false;
}

static bool is_above_limit(const struct setting *setting, const struct limit *limits, struct problems *problems)
{
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        char *end;
        if (strcmp(setting->name, limits[i].key) != 0)
            continue;
        unsigned long long value = strtoull(setting->value, &end, 10);
        if (end == setting->value || *end != '\0' || value <= limits[i].most)
            return false; /* librdkafka tells what is no number */
        problems_error(problems, &setting->place,
                       "%s: got %s, wanted at most %" PRIu64 " (%s of buffer.max.bytes, which governs all memory)",
                       setting->name, setting_shown(setting, setting->value), limits[i].most, limits[i].share);
        return true;
    }
    return false;
}

/* Applies a section to a conf.  report false: problems in it were told for the other client already. */
static void apply_section(rd_kafka_conf_t *conf, const struct section *section, const struct limit *limits, bool report,
                          struct problems *problems)
{
    for (size_t i = 0; section != NULL && i < section->count; i++) {
        const struct setting *setting = &section->settings[i];
        char why[512], nearest[128];
        struct problems *told = problems;
        if (!report)
            told = problems_new();
        if (!is_refused(setting, told) && !is_above_limit(setting, limits, told)) {
            rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, setting->name, setting->value, why, sizeof why);
            if (result == RD_KAFKA_CONF_UNKNOWN && nearest_property(conf, setting->name, nearest, sizeof nearest))
                problems_error(told, &setting->place, "[%s] %s: no such librdkafka property, did you mean %s?",
                               section->name, setting->name, nearest);
            else if (result == RD_KAFKA_CONF_UNKNOWN)
                problems_error(told, &setting->place, "[%s] %s: no such librdkafka property", section->name,
                               setting->name);
            else if (result != RD_KAFKA_CONF_OK)
                problems_error(told, &setting->place, "[%s] %s", section->name,
                               setting->has_secret ? "value refused by librdkafka" : why);
        }
        if (!report)
            problems_free(told);
    }
}

static rd_kafka_conf_t *plan_client(enum client client, const struct settings *settings, const struct limit *limits,
                                    struct problems *problems)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, log_librdkafka);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (defaults[i].client & client)
            preset(conf, defaults[i].key, defaults[i].value);
    for (size_t i = 0; i < LIMIT_COUNT && client == CONSUMER; i++)
        preset_number(conf, limits[i].key, limits[i].most);
    apply_section(conf, settings_section(settings, "kafka"), limits, client == CONSUMER, problems);
    apply_section(conf, settings_section(settings, own_sections[client]), limits, true, problems);
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        if (owned[i].client & client)
            preset(conf, owned[i].key, owned[i].value);
    broker_trouble_watch_certificates(conf);
    return conf;
}

static bool is_set(const rd_kafka_conf_t *conf, const char *key, char *value, size_t size)
{
    size_t got = size;
    return rd_kafka_conf_get(conf, key, value, &got) == RD_KAFKA_CONF_OK && value[0] != '\0';
}

static int64_t number_of(const rd_kafka_conf_t *conf, const char *key)
{
    char value[32];
    return is_set(conf, key, value, sizeof value) ? strtoll(value, NULL, 10) : 0;
}

const struct setting *client_setting(const struct settings *settings, rd_kafka_type_t type, const char *key)
{
    const char *const names[] = {own_sections[type == RD_KAFKA_CONSUMER ? CONSUMER : PRODUCER], "kafka"};
    const struct setting *setting = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && setting == NULL; i++) {
        const struct section *section = settings_section(settings, names[i]);
        setting = section != NULL ? section_setting(section, key) : NULL;
    }
    return setting;
}

/* A cooperative rebalance takes partitions from one member in a first round and gives them to another in a second, for
 * which the first has to join again.  A static member that dies in between and comes back gets its part of the first
 * round without a new rebalance: nobody owns the others, for good (seen in 1 of 30 rolling restarts of three). */
static void plan_assignor(struct client_plan *plan, const struct settings *settings, struct problems *problems)
{
    static const char key[] = "partition.assignment.strategy";
    char value[512];
    const struct setting *setting = client_setting(settings, RD_KAFKA_CONSUMER, key);
    if (!is_set(plan->consumer, "group.instance.id", value, sizeof value))
        return;
    if (setting == NULL)
        preset(plan->consumer, key, "roundrobin");
    else if (strstr(setting->value, "cooperative") != NULL)
        problems_error(
            problems, &setting->place,
            "%s: got %s beside group.instance.id, wanted roundrobin or range: a static member killed during a "
            "cooperative rebalance leaves partitions that nobody reads",
            key, setting_shown(setting, setting->value));
}

/* The rebalance must be over well before the broker gives the member up. */
static void plan_drain(struct client_plan *plan, const struct pipeline_options *options,
                       const struct settings *settings, struct problems *problems)
{
    enum { DEFAULT_DRAIN_MS = 10000 };
    int64_t interval = plan->max_poll_interval_ms = number_of(plan->consumer, "max.poll.interval.ms");
    int64_t usual = interval * 2 / 5 < DEFAULT_DRAIN_MS ? interval * 2 / 5 : DEFAULT_DRAIN_MS;
    int64_t drain = options->rebalance_drain_timeout_ms > 0 ? options->rebalance_drain_timeout_ms : usual;
    if (drain > interval / 2) {
        const struct section *pipeline = settings_section(settings, "pipeline");
        const struct setting *setting = pipeline ? section_setting(pipeline, "rebalance.drain.timeout.ms") : NULL;
        problems_error(problems, setting != NULL ? &setting->place : NULL,
                       "rebalance.drain.timeout.ms: got %" PRId64 " ms, wanted at most half of max.poll.interval.ms "
                       "(%" PRId64 " ms)",
                       drain, interval);
    }
    plan->rebalance_drain_timeout_ms = drain;
}

void client_plan_init(struct client_plan *plan, const struct pipeline_config *config, const struct settings *settings,
                      struct problems *problems)
{
    struct budget budget = budget_plan(&config->pipeline);
    struct limit limits[LIMIT_COUNT];
    char value[512];
    limits_of(&budget, limits);
    *plan = (struct client_plan){
        .consumer = plan_client(CONSUMER, settings, limits, problems),
        .producer = plan_client(PRODUCER, settings, limits, problems),
    };
    if (!is_set(plan->consumer, "group.id", value, sizeof value) && config->pipeline.name != NULL) {
        snprintf(value, sizeof value, "connect-%s", config->pipeline.name); /* Kafka Connect's own rule */
        preset(plan->consumer, "group.id", value);
    }
    plan_assignor(plan, settings, problems);
    const rd_kafka_conf_t *const confs[] = {plan->consumer, plan->producer};
    for (size_t i = 0; i < 2; i++)
        if (!is_set(confs[i], "bootstrap.servers", value, sizeof value)) {
            const struct section *kafka = settings_section(settings, "kafka");
            problems_error(problems, kafka != NULL ? &kafka->place : NULL,
                           "[kafka] bootstrap.servers is missing: wanted host:port, ...");
            break;
        }
    plan_drain(plan, &config->pipeline, settings, problems);
    if (rd_kafka_version() < OLDEST_LIBRDKAFKA)
        problems_error(problems, NULL,
                       "librdkafka %s is loaded, wanted 2.3 or newer: older ones stall whenever a queue fills",
                       rd_kafka_version_str());
}

void client_plan_free(struct client_plan *plan)
{
    if (plan->consumer != NULL)
        rd_kafka_conf_destroy(plan->consumer);
    if (plan->producer != NULL)
        rd_kafka_conf_destroy(plan->producer);
    plan->consumer = plan->producer = NULL;
}

static void plan_short_lived(rd_kafka_conf_t *conf)
{
    char why[512];
    preset(conf, "log_level", "0");
    preset(conf, "statistics.interval.ms",
           "0"); /* nobody takes them, and they would queue up for as long as it is there */
    rd_kafka_conf_set(conf, "enable.metrics.push", "false", why, sizeof why); /* unknown before librdkafka 2.5 */
}

int client_open_short_lived(rd_kafka_t **client, rd_kafka_type_t type, const struct pipeline_config *config,
                            const struct settings *settings, void (*prepare)(rd_kafka_conf_t *conf), void *opaque,
                            struct error *error)
{
    struct client_plan plan;
    struct problems *problems = problems_new(); /* told when the configuration was loaded */
    char why[512];
    client_plan_init(&plan, config, settings, problems);
    problems_free(problems);
    rd_kafka_conf_t **conf = type == RD_KAFKA_CONSUMER ? &plan.consumer : &plan.producer;
    plan_short_lived(*conf);
    prepare(*conf);
    rd_kafka_conf_set_opaque(*conf, opaque);
    *client = rd_kafka_new(type, *conf, why, sizeof why);
    if (*client != NULL)
        *conf = NULL; /* the client's now */
    client_plan_free(&plan);
    return *client != NULL ? 0 : error_set(error, "cannot create a client of Kafka: %s", why);
}

rd_kafka_resp_err_t client_ask_topic(rd_kafka_t *client, const char *topic, int timeout_ms,
                                     const struct rd_kafka_metadata **metadata)
{
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (handle == NULL)
        return rd_kafka_last_error();
    rd_kafka_resp_err_t failure = rd_kafka_metadata(client, 0, handle, metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR || (*metadata)->topic_cnt == 1)
        return failure;
    rd_kafka_metadata_destroy(*metadata);
    return RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

static void try_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const struct section *section,
                       struct problems *problems)
{
    char why[512];
    rd_kafka_conf_t *copy = rd_kafka_conf_dup(conf);
    plan_short_lived(copy); /* it begins to connect at once, which is nobody's business here */
    rd_kafka_t *client = rd_kafka_new(type, copy, why, sizeof why);
    if (client != NULL) {
        rd_kafka_destroy(client);
        return;
    }
    rd_kafka_conf_destroy(copy);
    problems_error(problems, section != NULL ? &section->place : NULL, "librdkafka refuses the %s: %s",
                   type == RD_KAFKA_CONSUMER ? "consumer" : "producer", why);
}

void clients_validate(const struct pipeline_config *config, const struct settings *settings, struct problems *problems)
{
    struct client_plan plan;
    const struct section *kafka = settings_section(settings, "kafka");
    const struct section *consumer = settings_section(settings, own_sections[CONSUMER]);
    const struct section *producer = settings_section(settings, own_sections[PRODUCER]);
    client_plan_init(&plan, config, settings, problems);
    try_client(RD_KAFKA_CONSUMER, plan.consumer, consumer != NULL ? consumer : kafka, problems);
    try_client(RD_KAFKA_PRODUCER, plan.producer, producer != NULL ? producer : kafka, problems);
    client_plan_free(&plan);
}

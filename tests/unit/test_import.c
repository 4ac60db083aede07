/* Kafka Connect configurations: mapped key by key, written as an INI that reads back. */
#include "testing.h"

#include "config/pipeline_config.h"
#include "import/import.h"
#include "import/tables.h"
#include "pipeline/clients.h"

#include <jansson.h>
#include <unistd.h>

/* ---- Importing texts ------------------------------------------------------------------------------ */

static const char *file_of(const char *content, const char *suffix, char path[64])
{
    snprintf(path, 64, "/tmp/sluice-test-XXXXXX%s", suffix);
    int fd = mkstemps(path, (int)strlen(suffix));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
    return path;
}

struct imported {
    struct import import;
    char *ini, *told;
};

/* worker: properties, or NULL. */
static struct imported import_texts(const char *connector, const char *worker)
{
    struct imported imported;
    struct error error;
    char connector_path[64], worker_path[64];
    size_t size;
    struct import_files files = {.connector = file_of(connector, ".json", connector_path),
                                 .worker = worker != NULL ? file_of(worker, ".properties", worker_path) : NULL};
    if (import_run(&imported.import, &files, &error) != 0)
        fail_msg("%s", error.text);
    unlink(connector_path);
    if (worker != NULL)
        unlink(worker_path);
    FILE *out = open_memstream(&imported.ini, &size);
    draft_print(&imported.import.draft, out);
    fclose(out);
    out = open_memstream(&imported.told, &size);
    findings_print(&imported.import.findings, out);
    fclose(out);
    return imported;
}

static void imported_free(struct imported *imported)
{
    import_free(&imported->import);
    free(imported->ini);
    free(imported->told);
}

#define MONGODB "\"connector.class\": \"com.mongodb.kafka.connect.MongoSinkConnector\", "

/* A connector of mongo-kafka with these keys beside its class. */
static struct imported import_keys(const char *keys, const char *worker)
{
    char *text;
    assert_true(asprintf(&text, "{" MONGODB "%s}", keys) > 0);
    struct imported imported = import_texts(text, worker);
    free(text);
    return imported;
}

/* NULL: not set. */
static void want(const char *keys, const char *worker, const char *section, const char *option, const char *value)
{
    struct imported imported = import_keys(keys, worker);
    const char *got = draft_value(&imported.import.draft, section, option);
    if (value == NULL ? got != NULL : got == NULL || strcmp(got, value) != 0)
        fail_msg("%s: [%s] %s is %s", keys, section, option, got != NULL ? got : "not set");
    imported_free(&imported);
}

static void want_told_of(const char *keys, const char *worker, const char *words, bool is_told)
{
    struct imported imported = import_keys(keys, worker);
    if ((strstr(imported.told, words) != NULL) != is_told)
        fail_msg("wanted %s'%s', told: %s", is_told ? "" : "no ", words, imported.told);
    imported_free(&imported);
}

static void want_told(const char *keys, const char *words)
{
    want_told_of(keys, NULL, words, true);
}

/* ---- Keys ----------------------------------------------------------------------------------------- */

static void numbers_and_booleans_are_their_text(void **state)
{
    (void)state;
    want("\"tasks.max\": 3, \"errors.log.enable\": true", NULL, "pipeline", "tasks.max", "3");
    want("\"tasks.max\": 3, \"errors.log.enable\": true", NULL, "pipeline", "errors.log.enable", "true");
}

static void the_group_stays_the_connectors(void **state)
{
    (void)state;
    want("\"name\": \"plants\"", NULL, "kafka.consumer", "group.id", NULL); /* connect-plants, our default too */
    want("\"name\": \"my plants\"", NULL, "pipeline", "name", "my_plants");
    want("\"name\": \"my plants\"", NULL, "kafka.consumer", "group.id", "connect-my plants");
    want("\"name\": \"my plants\", \"consumer.override.group.id\": \"g\"", NULL, "kafka.consumer", "group.id", "g");
}

static void the_smallest_batch_wins(void **state)
{
    static const char keys[] = "\"consumer.override.max.poll.records\": 700, \"max.batch.size\": %d";
    char text[128];
    (void)state;
    snprintf(text, sizeof text, keys, 300);
    want(text, NULL, "pipeline", "batch.max.records", "300");
    snprintf(text, sizeof text, keys, 900);
    want(text, NULL, "pipeline", "batch.max.records", "700");
    snprintf(text, sizeof text, keys, 0);
    want(text, NULL, "pipeline", "batch.max.records", "700");
    want("\"max.batch.size\": 0", NULL, "pipeline", "batch.max.records", NULL);
}

static void collections_become_one_name_or_a_template(void **state)
{
    (void)state;
    want("\"topics\": \"a\"", NULL, "sink.mongodb", "collection", "a");
    want("\"topics\": \"a\", \"topic.override.a.collection\": \"b-a\"", NULL, "sink.mongodb", "collection", "b-a");
    want("\"topics\": \"a,b\"", NULL, "sink.mongodb", "collection", "${topic}");
    want("\"topics\": \"a, b\", \"collection\": \"c\"", NULL, "sink.mongodb", "collection", "c");
    want("\"topics\": \"a,b\", \"topic.override.a.collection\": \"x-a-y\", \"topic.override.b.collection\": \"x-b-y\"",
         NULL, "sink.mongodb", "collection", "x-${topic}-y");
    want(
        "\"topics\": \"a,b\", \"topic.override.a.collection\": \"data-a\", \"topic.override.b.collection\": \"data-b\"",
        NULL, "sink.mongodb", "collection", "data-${topic}");
    want("\"topics\": \"a,b\", \"topic.override.a.collection\": \"x\"", NULL, "sink.mongodb", "collection", "");
    want("\"topics.regex\": \"a.*\"", NULL, "sink.mongodb", "collection", "${topic}");
    want("\"topics.regex\": \"a.*\", \"collection\": \"c\"", NULL, "sink.mongodb", "collection", "c");
    want_told("\"topics\": \"a.b\", \"topic.override.a.b.database\": \"x\"",
              "no counterpart: topic.override.a.b.database = x");
}

static void only_one_field_of_an_allow_list_is_a_business_key(void **state)
{
#define BY(strategy, list, type)                                                                                      \
    "\"document.id.strategy\": \"x.y." strategy "\", \"document.id.strategy.partial.value.projection.list\": \"" list \
    "\", \"document.id.strategy.partial.value.projection.type\": \"" type "\""
    (void)state;
    want(BY("PartialValueStrategy", " id ", "allowlist"), NULL, "sink.mongodb", "key.field", "id");
    want(BY("PartialValueStrategy", "id,camera", "AllowList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("PartialValueStrategy", "id ,camera", "AllowList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("PartialValueStrategy", "id", "BlockList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("PartialValueStrategy", "a.id", "AllowList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("PartialValueStrategy", "_id", "AllowList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("PartialValueStrategy", "id\\n[log]\\nformat=json", "AllowList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("FullKeyStrategy", "id", "AllowList"), NULL, "sink.mongodb", "key.field", "");
    want(BY("PartialValueStrategy", "id", "AllowList") ", \"writemodel.strategy\": \"DeleteOneBusinessKeyStrategy\"",
         NULL, "sink.mongodb", "key.field", "");
    want("\"document.id.strategy\": \"PartialValueStrategy\", \"value.projection.type\": \"whitelist\", "
         "\"value.projection.list\": \"id\"",
         NULL, "sink.mongodb", "key.field", "id");
#undef BY
}

static void tolerance_keeps_what_is_passed_over_in_sight(void **state)
{
    (void)state;
    want("\"topics\": \"a\"", NULL, "pipeline", "errors.tolerance", NULL);
    want("\"errors.tolerance\": \"all\"", NULL, "pipeline", "errors.log.enable", "true");
    want("\"errors.tolerance\": \"all\", \"errors.deadletterqueue.topic.name\": \"d\"", NULL, "pipeline",
         "errors.log.enable", NULL);
    want("\"mongo.errors.tolerance\": \"data\"", NULL, "pipeline", "errors.tolerance", "all");
    want("\"errors.tolerance\": \"all\", \"mongo.errors.tolerance\": \"none\"", NULL, "pipeline", "errors.tolerance",
         "none");
}

static void a_delay_below_our_first_one_lowers_that(void **state)
{
    (void)state;
    want("\"errors.retry.delay.max.ms\": 100", NULL, "pipeline", "errors.retry.delay.initial.ms", "100");
    want("\"errors.retry.delay.max.ms\": 60000", NULL, "pipeline", "errors.retry.delay.initial.ms", NULL);
    want("\"errors.retry.timeout\": 0", NULL, "pipeline", "errors.retry.timeout", NULL);
    want("\"errors.retry.timeout\": 600000", NULL, "pipeline", "errors.retry.timeout", "600000");
}

static void only_values_that_are_plain_json_can_be_read(void **state)
{
    (void)state;
    want_told("\"value.converter\": \"io.confluent.connect.avro.AvroConverter\"", "no counterpart: value.converter = ");
    want_told("\"value.converter\": \"org.apache.kafka.connect.json.JsonConverter\"",
              "no counterpart: value.converter = org.apache.kafka.connect.json.JsonConverter: with schemas.enable");
    want_told("\"value.converter\": \"JsonConverter\", \"value.converter.schemas.enable\": false",
              "differs: value.converter = JsonConverter: integers");
    struct imported imported = import_keys("\"topics\": \"a\"", "value.converter=JsonConverter");
    assert_non_null(strstr(imported.told, "value.converter (not given): JsonConverter in the worker's file: with "));
    imported_free(&imported);
}

static void casts_and_timestamps_of_fields_become_conversions(void **state)
{
#define SMT(type, settings) \
    "\"transforms\": \"x\", \"transforms.x.type\": \"org.apache.kafka.connect.transforms." type "\", " settings
#define CAST(spec) SMT("Cast$Value", "\"transforms.x.spec\": \"" spec "\"")
#define TIMESTAMP(settings) SMT("TimestampConverter$Value", "\"transforms.x.field\": \"at\"" settings)
#define ISO ", \"transforms.x.format\": \"yyyy-MM-dd'T'HH:mm:ss.SSS\""
#define TO_TIMESTAMP ", \"transforms.x.target.type\": \"Timestamp\""
    static const char none[] = "no counterpart: transforms.x.type = ";
    (void)state;
    want(CAST("id:int64, percent:float32"), NULL, "transform.event", "convert.id", "int");
    want(CAST("id:int64, percent:float32"), NULL, "transform.event", "convert.percent", "double");
    want(CAST("id:int64,flag:boolean"), NULL, "transform.event", "convert.id", NULL);
    want_told(CAST("id:int64,flag:boolean"), none);
    want_told(CAST("int32"), none);
    want_told(CAST("a.b:int32"), none);
    want_told(CAST("a=b:int32"), none);
    want(TIMESTAMP(ISO TO_TIMESTAMP), NULL, "transform.event", "convert.at", "date");
    want_told(TIMESTAMP(TO_TIMESTAMP), none); /* of a number */
    want_told(TIMESTAMP(ISO ", \"transforms.x.target.type\": \"unix\""), none);
    want_told(CAST("id:int64") ", \"transforms.x.predicate\": \"p\"", none);
#undef SMT
#undef CAST
#undef TIMESTAMP
#undef ISO
#undef TO_TIMESTAMP
}

/* ---- Clients -------------------------------------------------------------------------------------- */

static void a_connectors_override_wins_over_the_workers_client(void **state)
{
    static const char worker[] = "bootstrap.servers=k:9092\nsession.timeout.ms=1\nconsumer.session.timeout.ms=2\n";
    (void)state;
    want("\"topics\": \"a\"", worker, "kafka", "bootstrap.servers", "k:9092");
    want("\"topics\": \"a\"", worker, "kafka.consumer", "session.timeout.ms", "2");
    want("\"consumer.override.session.timeout.ms\": 3", worker, "kafka.consumer", "session.timeout.ms", "3");
    want("\"consumer.override.max.poll.records\": 900", "consumer.max.poll.records=700", "pipeline",
         "batch.max.records", "900");
}

static void the_producer_keeps_its_own_credentials(void **state)
{
#define LOGIN(password) "a.PlainLoginModule required username=\\\"u\\\" password=\\\"" password "\\\";"
    static const char worker[] = "consumer.sasl.jaas.config=a.PlainLoginModule required username=u password=p;\n"
                                 "producer.sasl.jaas.config=a.PlainLoginModule required username=u password=p;\n";
    (void)state;
    want("\"topics\": \"a\"", worker, "kafka", "sasl.password", "p");
    want("\"topics\": \"a\"", worker, "kafka.producer", "sasl.password", NULL);
    want("\"consumer.override.sasl.jaas.config\": \"" LOGIN("q") "\"", worker, "kafka", "sasl.password", "q");
    want("\"consumer.override.sasl.jaas.config\": \"" LOGIN("q") "\"", worker, "kafka.producer", "sasl.password", "p");
    want("\"consumer.override.sasl.jaas.config\": \"" LOGIN("q") "\"", worker, "kafka.producer", "sasl.username", NULL);
#undef LOGIN
}

/* In Connect a client without servers of its own has the worker's, and without a login of its own none. */
static void each_client_reaches_the_brokers_it_reached_before(void **state)
{
#define LETTERS "\"errors.deadletterqueue.topic.name\": \"d\""
#define ELSEWHERE LETTERS ", \"consumer.override.bootstrap.servers\": \"b:1\""
    static const char worker[] = "bootstrap.servers=a:1\n";
    static const char login[] = "bootstrap.servers=a:1\nconsumer.security.protocol=SSL\n"
                                "consumer.ssl.key.password=p\n";
    static const char both[] = "bootstrap.servers=a:1\nconsumer.security.protocol=SSL\n"
                               "producer.security.protocol=SSL\n";
    static const char inherited[] = "differs: dead letters: in Connect their producer has no login of its own";
    static const char reader[] = "differs: dead letters: they go to other brokers";
    (void)state;
    want(ELSEWHERE, worker, "kafka", "bootstrap.servers", "a:1");
    want(ELSEWHERE, worker, "kafka.consumer", "bootstrap.servers", "b:1");
    want(LETTERS, "bootstrap.servers=a:1\nconsumer.bootstrap.servers=b:1", "kafka.consumer", "bootstrap.servers",
         "b:1");
    want(LETTERS, "bootstrap.servers=a:1\nproducer.bootstrap.servers=b:1", "kafka.producer", "bootstrap.servers",
         "b:1");
    want(LETTERS, "bootstrap.servers=a:1\nconsumer.bootstrap.servers=a:1", "kafka.consumer", "bootstrap.servers", NULL);
    want(ELSEWHERE, login, "kafka", "security.protocol", NULL);
    want(ELSEWHERE, login, "kafka.consumer", "security.protocol", "SSL");
    want(ELSEWHERE, login, "kafka.consumer", "ssl.key.password", "p");
    want(ELSEWHERE, both, "kafka.producer", "security.protocol", "SSL");
    want(LETTERS, login, "kafka", "security.protocol", "SSL");
    want(LETTERS ", \"producer.override.bootstrap.servers\": \"b:1\"", login, "kafka.consumer", "security.protocol",
         "SSL");
    want_told_of(ELSEWHERE, login, "advice: consumer.ssl.key.password: a secret in plain text: [kafka.consumer]", true);
    want_told_of(ELSEWHERE, worker, reader, true);
    want_told_of(ELSEWHERE, login, inherited, false);
    want_told_of(ELSEWHERE ", \"producer.override.bootstrap.servers\": \"b:1\"", worker, reader, false);
    want_told_of(LETTERS, worker, reader, false);
    want_told_of(LETTERS, login, inherited, true);
    want_told_of(LETTERS, both, inherited, false);
    want_told_of("\"topics\": \"a\"", login, inherited, false);
    want_told_of(ELSEWHERE, NULL, "to be set: [kafka] bootstrap.servers", true);
    want_told_of(ELSEWHERE ", \"producer.override.bootstrap.servers\": \"c:1\"", NULL,
                 "to be set: [kafka] bootstrap.servers", false);
#undef LETTERS
#undef ELSEWHERE
}

static void every_key_of_the_workers_clients_is_told_of(void **state)
{
    static const char worker[] = "consumer.max.pol.records=5\nproducer.linger=5\nadmin.linger=5\n";
    (void)state;
    want_told_of("\"topics\": \"a\"", worker, "no counterpart: consumer.max.pol.records: no key of", true);
    want_told_of("\"topics\": \"a\"", worker, "no counterpart: producer.linger: no key of", true);
    want_told_of("\"topics\": \"a\"", worker, "admin.linger", false);
    want_told_of("\"consumer.override.max.pol.records\": 5", worker, "counterpart: consumer.max.pol.records", false);
}

static void stores_are_taken_in_the_formats_that_openssl_reads(void **state)
{
#define STORE(which, type) "\"consumer.override.ssl." which "store.type\": \"" type "\", "
    (void)state;
    want(STORE("trust", "PEM") "\"consumer.override.ssl.truststore.location\": \"/t\"", NULL, "kafka",
         "ssl.ca.location", "/t");
    want(STORE("key", "PKCS12") "\"consumer.override.ssl.keystore.location\": \"/k\"", NULL, "kafka",
         "ssl.keystore.location", "/k");
    want(STORE("key", "pem") "\"consumer.override.ssl.keystore.location\": \"/k\"", NULL, "kafka", "ssl.key.location",
         "/k");
    want_told("\"consumer.override.ssl.keystore.location\": \"/k.jks\"",
              "no counterpart: consumer.override.ssl.keystore.location = /k.jks: no PKCS12");
#undef STORE
}

static void check_row(const struct mapping *row, const char *section)
{
    bool is_copied = row->map == map_copy || row->map == map_if_true;
    const char *option = row->option != NULL ? row->option : row->key;
    sluice_option found;
    char why[128];
    if (row->section != NULL)
        section = row->section;
    if (!is_copied || section == NULL)
        return;
    if (strcmp(section, "pipeline") == 0) {
        if (!options_find(&host_sections[0].table, option, &found))
            fail_msg("%s becomes [pipeline] %s, which is no option", row->key, option);
        return;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, option, "", why, sizeof why) == RD_KAFKA_CONF_UNKNOWN)
        fail_msg("%s becomes [%s] %s, which librdkafka does not know", row->key, section, option);
    rd_kafka_conf_destroy(conf);
}

static void every_row_names_an_option_that_exists(void **state)
{
    static const struct {
        const struct mapping_table *table;
        const char *section;
    } tables[] = {{&framework_table, NULL},
                  {&worker_table, NULL},
                  {&mongodb_table, NULL},
                  {&client_table, "kafka"},
                  {&consumer_table, "kafka.consumer"},
                  {&producer_table, "kafka.producer"}};
    (void)state;
    assert_string_equal(host_sections[0].name, "pipeline");
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (size_t j = 0; j < tables[i].table->count; j++)
            check_row(&tables[i].table->rows[j], tables[i].section);
}

/* ---- Secrets and references ----------------------------------------------------------------------- */

static void references_are_said_our_way_or_told(void **state)
{
    static const char worker[] = "config.providers.k8s.class=a.b.DirectoryConfigProvider\n";
    (void)state;
    want("\"connection.uri\": \"mongodb://${env:U}@h/\"", NULL, "sink.mongodb", "connection.uri",
         "mongodb://${env:U}@h/");
    want("\"connection.uri\": \"${directory:/run/s:uri}\"", NULL, "sink.mongodb", "connection.uri",
         "${file:/run/s/uri}");
    want("\"connection.uri\": \"${k8s:/run/s:uri}\"", worker, "sink.mongodb", "connection.uri", "${file:/run/s/uri}");
    want("\"database\": \"a${b}${\"", NULL, "sink.mongodb", "database", "a$${b}$${");
    want_told("\"connection.uri\": \"${file:/c.properties:uri}\"",
              "no counterpart: connection.uri: ${file:/c.properties:uri} is a key of a properties file");
    want("\"connection.uri\": \"pa$${env:X}\"", NULL, "sink.mongodb", "connection.uri", "");
    want_told("\"connection.uri\": \"pa$${env:X}\"", "no counterpart: connection.uri: a $ before ${env:X}");
    want("\"connection.uri\": \"$ ${env:X}$\"", NULL, "sink.mongodb", "connection.uri", "$ ${env:X}$");
    want_told("\"connection.uri\": \"${vault:a:b}\"", "no counterpart: connection.uri: ${vault:a:b} is of a provider");
}

static void secrets_are_in_no_finding_and_told_of_when_in_plain_text(void **state)
{
    struct imported imported = import_keys(
        "\"connection.uri\": \"mongodb://u:S3cr3t@h/\", \"consumer.override.ssl.key.password\": \"S3cr3t\", "
        "\"connection.ssl.truststorePassword\": \"S3cr3t\", "
        "\"consumer.override.sasl.jaas.config\": \"a.OtherLoginModule required password=S3cr3t;\", "
        "\"consumer.override.sasl.oauthbearer.client.credentials.client.secret\": \"S3cr3t\"",
        NULL);
    (void)state;
    assert_null(strstr(imported.told, "S3cr3t"));
    assert_non_null(strstr(imported.told, "advice: connection.uri: a secret in plain text"));
    assert_non_null(strstr(imported.told, "advice: consumer.override.ssl.key.password: a secret in plain text"));
    imported_free(&imported);
}

static void told_lines_hold_no_control_characters(void **state)
{
    (void)state;
    want_told("\"a\\u001b[2J\\nimport: \": \"b\"", "no counterpart: a\\x1b[2J\\nimport: : no key of");
    want_told("\"a\\u009b2J\\u202e\": \"b\"", "no counterpart: a\\u009b2J\\u202e: no key of");
}

/* ---- The INI -------------------------------------------------------------------------------------- */

/* Reads a made file back; what it says of [sink.mongodb] database, NULL when it is not there. */
static char *database_of(const char *ini)
{
    char path[64];
    const char *file = file_of(ini, ".ini", path);
    struct settings settings;
    struct problems *problems = problems_new();
    settings_load(&settings, &file, 1, problems);
    unlink(path);
    if (problems_errors(problems) > 0) {
        problems_print(problems, stderr);
        fail_msg("no INI: %s", ini);
    }
    const struct section *section = settings_section(&settings, "sink.mongodb");
    const struct setting *setting = section_setting(section, "database");
    char *value = setting != NULL ? strdup(setting->value) : NULL;
    settings_free(&settings);
    problems_free(problems);
    return value;
}

/* Connect itself takes a value without the blanks around it, but not what stands in quotes within. */
static void what_a_line_would_not_give_back_is_not_written(void **state)
{
#define LOGIN(password) \
    "\"consumer.override.sasl.jaas.config\": \"PlainLoginModule required password=\\\"" password "\\\";\""
    struct draft draft = {.settings = NULL};
    (void)state;
    want("\"database\": \" plants\\n\"", NULL, "sink.mongodb", "database", "plants");
    want(LOGIN("p w"), NULL, "kafka", "sasl.password", "p w");
    want(LOGIN(" pw"), NULL, "kafka", "sasl.password", NULL);
    want(LOGIN("p\\nw"), NULL, "kafka", "sasl.password", NULL);
    want_told(LOGIN("pw "), "no counterpart: consumer.override.sasl.jaas.config: [kafka] sasl.password: a value here");
    assert_non_null(draft_set(&draft, "pipeline", "name", "a\n[log]", NULL));
    assert_non_null(draft_set(&draft, "pipeline", "a\nb", "c", NULL));
    assert_non_null(draft_set(&draft, "pipeline", "name", "\ta", NULL));
    assert_null(draft_set(&draft, "pipeline", "name", "a", NULL));
    assert_int_equal(draft.count, 1);
    draft_free(&draft);
#undef LOGIN
}

static void any_value_reads_back_as_it_was(void **state)
{
    static const char letters[] = "ab$${}}=;#[]\"'\\ \t.,\n";
    (void)state;
    seed_random("any value reads back");
    for (int round = 0; round < 300; round++) {
        char value[16] = {0};
        for (uint32_t i = 0, size = random_below(sizeof value - 1); i < size; i++)
            value[i] = letters[random_below(sizeof letters - 1)];
        json_t *config =
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "connector.class", IMPORT_MONGODB_CLASS, "database", value,
                      "name", value, "topics", value, "transforms", value, "topics.regex", value);
        char *type, *spec;
        assert_true(asprintf(&type, "transforms.%s.type", value) > 0);
        assert_true(asprintf(&spec, "transforms.%s.spec", value) > 0);
        json_object_set_new(config, type, json_string("org.apache.kafka.connect.transforms.Cast$Value"));
        json_object_set_new(config, spec, json_string("a:int32"));
        char *text = json_dumps(config, 0);
        struct imported imported = import_texts(text, NULL);
        char *got = database_of(imported.ini);
        char *begin = value + strspn(value, " \t\n"), *end = begin + strlen(begin);
        while (end > begin && strchr(" \t\n", end[-1]) != NULL)
            *--end = '\0';
        if (strchr(begin, '\n') != NULL)
            assert_null(got);
        else
            assert_string_equal(got, begin);
        free(type);
        free(spec);
        free(got);
        imported_free(&imported);
        free(text);
        json_decref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_booleans_are_their_text),
        cmocka_unit_test(the_group_stays_the_connectors),
        cmocka_unit_test(the_smallest_batch_wins),
        cmocka_unit_test(collections_become_one_name_or_a_template),
        cmocka_unit_test(only_one_field_of_an_allow_list_is_a_business_key),
        cmocka_unit_test(tolerance_keeps_what_is_passed_over_in_sight),
        cmocka_unit_test(a_delay_below_our_first_one_lowers_that),
        cmocka_unit_test(only_values_that_are_plain_json_can_be_read),
        cmocka_unit_test(casts_and_timestamps_of_fields_become_conversions),
        cmocka_unit_test(a_connectors_override_wins_over_the_workers_client),
        cmocka_unit_test(the_producer_keeps_its_own_credentials),
        cmocka_unit_test(each_client_reaches_the_brokers_it_reached_before),
        cmocka_unit_test(every_key_of_the_workers_clients_is_told_of),
        cmocka_unit_test(stores_are_taken_in_the_formats_that_openssl_reads),
        cmocka_unit_test(every_row_names_an_option_that_exists),
        cmocka_unit_test(references_are_said_our_way_or_told),
        cmocka_unit_test(secrets_are_in_no_finding_and_told_of_when_in_plain_text),
        cmocka_unit_test(told_lines_hold_no_control_characters),
        cmocka_unit_test(what_a_line_would_not_give_back_is_not_written),
        cmocka_unit_test(any_value_reads_back_as_it_was),
    };
    return RUN(tests);
}

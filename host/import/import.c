#include "import/import.h"

#include "import/reference.h"
#include "import/tables.h"

#include <string.h>

bool import_is_mongodb(const struct entries *connector)
{
    static const char *const names[] = {IMPORT_MONGODB_CLASS, "MongoSinkConnector", "MongoSink"};
    const char *class = entries_value(connector, "connector.class");
    for (size_t i = 0; class != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], class) == 0)
            return true;
    return false;
}

static void set_bootstrap_servers(struct import *import, const char *given)
{
    static const char section[] = "kafka", option[] = "bootstrap.servers";
    if (given != NULL)
        draft_set(&import->draft, section, option, given, NULL);
    if (draft_value(&import->draft, section, option) != NULL)
        return;
    draft_set(&import->draft, section, option, "", "host:port, ...: the worker has it");
    findings_add(&import->findings, FINDING_UNSET,
                 "[kafka] bootstrap.servers: the worker's file has it (--worker FILE, --bootstrap-servers LIST)");
}

/* The Java consumer reads what an aborted transaction wrote unless it is told not to; librdkafka's default differs. */
static void set_isolation(struct import *import)
{
    static const char section[] = "kafka.consumer", option[] = "isolation.level";
    if (draft_value(&import->draft, section, option) == NULL)
        draft_set(&import->draft, section, option, "read_uncommitted",
                  "as the Java consumer without it; read_committed leaves aborted transactions out");
}

static void tell_unmapped(struct import *import)
{
    bool is_mongodb = import_is_mongodb(&import->connector);
    for (size_t i = 0; i < import->connector.count; i++)
        if (!import->connector.items[i].mapped)
            findings_add(&import->findings, FINDING_NONE, "%s: %s", import->connector.items[i].name,
                         is_mongodb ? "no key of Kafka Connect 4.1 or mongo-kafka 2.0"
                                    : "a key of a connector that is not known");
}

/* What is read of which file, in this order. */
static const struct pass {
    const char *prefix, *section;
    bool of_worker;
    const struct mapping_table *table;
} passes[] = {
    {"", NULL, false, &framework_table},
    {"", NULL, true, &worker_table},
    {"consumer.", "kafka.consumer", true, &client_table},
    {"consumer.", "kafka.consumer", true, &consumer_table},
    {"producer.", "kafka.producer", true, &client_table},
    {"producer.", "kafka.producer", true, &producer_table},
    {"consumer.override.", "kafka.consumer", false, &client_table},
    {"consumer.override.", "kafka.consumer", false, &consumer_table},
    {"producer.override.", "kafka.producer", false, &client_table},
    {"producer.override.", "kafka.producer", false, &producer_table},
};

static void translate_references(struct import *import, struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        reference_translate(import, &entries->items[i]);
}

/* Of the worker's clients, what the connector overrides key by key. */
static void leave_out_overridden(struct import *import, const char *prefix, const char *override)
{
    for (size_t i = 0; i < import->worker.count; i++) {
        struct entry *entry = &import->worker.items[i];
        if (strncmp(entry->name, prefix, strlen(prefix)) == 0 &&
            entries_value(&import->connector,
                          arena_printf(&import->arena, "%s%s", override, entry->name + strlen(prefix))) != NULL)
            entry->mapped = true;
    }
}

static void map_all(struct import *import, const char *bootstrap_servers)
{
    translate_references(import, &import->connector);
    translate_references(import, &import->worker);
    leave_out_overridden(import, "consumer.", "consumer.override.");
    leave_out_overridden(import, "producer.", "producer.override.");
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        mapping_apply(import, passes[i].of_worker ? &import->worker : &import->connector, passes[i].prefix,
                      passes[i].section, passes[i].table);
    draft_leave_out_repeated(&import->draft, "kafka.producer", "kafka");
    set_bootstrap_servers(import, bootstrap_servers);
    set_isolation(import);
    if (import_is_mongodb(&import->connector))
        mapping_apply(import, &import->connector, "", NULL, &mongodb_table);
    tell_unmapped(import);
}

int import_run(struct import *import, const struct import_files *files, struct error *error)
{
    *import = (struct import){.connector = {.items = NULL}};
    if (entries_read(&import->connector, files->connector, entries_syntax_of(files->connector), error) != 0 ||
        (files->worker != NULL && entries_read(&import->worker, files->worker, ENTRIES_PROPERTIES, error) != 0))
        return -1;
    map_all(import, files->bootstrap_servers);
    return 0;
}

void import_free(struct import *import)
{
    entries_free(&import->connector);
    entries_free(&import->worker);
    draft_free(&import->draft);
    findings_free(&import->findings);
    arena_free(&import->arena);
}

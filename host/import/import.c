#include "import/import.h"

#include "import/reference.h"
#include "import/tables.h"

#include <string.h>
#include <strings.h>

bool import_is_mongodb(const struct entries *connector)
{
    static const char *const names[] = {IMPORT_MONGODB_CLASS, "MongoSinkConnector", "MongoSink"};
    const char *class = entries_value(connector, "connector.class");
    for (size_t i = 0; class != NULL && i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], class) == 0)
            return true;
    return false;
}

/* ---- The two clients ------------------------------------------------------------------------------ */

static const char servers[] = "bootstrap.servers";

/* Those that a client of Connect's reaches: its own, else the worker's; NULL: not told. */
static const char *servers_of(struct import *import, const char *client)
{
    const char *own =
        entries_value(&import->connector, arena_printf(&import->arena, "%s.override.%s", client, servers));
    if (own == NULL)
        own = entries_value(&import->worker, arena_printf(&import->arena, "%s.%s", client, servers));
    return own != NULL ? own : entries_value(&import->worker, servers);
}

static bool are_apart(struct import *import)
{
    const char *consumers = servers_of(import, "consumer"), *producers = servers_of(import, "producer");
    return consumers != NULL && (producers == NULL || strcmp(consumers, producers) != 0);
}

static void tell_of_letters(struct import *import)
{
    const char *protocol = draft_value(&import->draft, "kafka", "security.protocol");
    if (import_value(import, "errors.deadletterqueue.topic.name")[0] == '\0')
        return;
    if (import->are_apart)
        findings_add(&import->findings, FINDING_DIFFERS,
                     "dead letters: they go to other brokers than the consumer's, as before, and `sluice dlq` reads "
                     "from the consumer's");
    else if (protocol != NULL && strcasecmp(protocol, "PLAINTEXT") != 0 &&
             draft_value(&import->draft, "kafka.producer", "security.protocol") == NULL)
        findings_add(&import->findings, FINDING_DIFFERS,
                     "dead letters: in Connect their producer has no login of its own (security.protocol); here it has "
                     "the consumer's");
}

static void want_bootstrap_servers(struct import *import)
{
    if (servers_of(import, "consumer") != NULL && servers_of(import, "producer") != NULL)
        return;
    draft_set(&import->draft, "kafka", servers, "", "host:port, ...: the worker has it");
    findings_add(&import->findings, FINDING_UNSET,
                 "[kafka] bootstrap.servers: the worker's file has it (--worker FILE, --bootstrap-servers LIST)");
}

/* ---- The whole ------------------------------------------------------------------------------------ */

/* The Java consumer reads what an aborted transaction wrote unless it is told not to; librdkafka's default differs. */
static void set_isolation(struct import *import)
{
    static const char section[] = "kafka.consumer", option[] = "isolation.level";
    if (draft_value(&import->draft, section, option) == NULL)
        draft_set(&import->draft, section, option, "read_uncommitted",
                  "as the Java consumer without it; read_committed leaves aborted transactions out");
}

static void tell_unmapped(struct import *import, const struct entries *entries, const char *prefix, const char *why)
{
    for (const struct entry *entry = entries->first; entry != NULL; entry = entry->hh.next)
        if (!entry->mapped && strncmp(entry->name, prefix, strlen(prefix)) == 0)
            findings_add(&import->findings, FINDING_NONE, "%s: %s", entry->name, why);
}

/* Of the worker's own keys most are not about a sink; those of its clients are. */
static void tell_all_unmapped(struct import *import)
{
    static const char no_client_key[] = "no key of Kafka's clients 4.1";
    tell_unmapped(import, &import->connector, "",
                  import_is_mongodb(&import->connector) ? "no key of Kafka Connect 4.1 or mongo-kafka 2.0"
                                                        : "a key of a connector that is not known");
    tell_unmapped(import, &import->worker, "consumer.", no_client_key);
    tell_unmapped(import, &import->worker, "producer.", no_client_key);
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
    for (struct entry *entry = entries->first; entry != NULL; entry = entry->hh.next)
        reference_translate(import, entry);
}

/* Of the worker's clients, what the connector overrides key by key. */
static void leave_out_overridden(struct import *import, const char *prefix, const char *override)
{
    for (struct entry *entry = import->worker.first; entry != NULL; entry = entry->hh.next)
        if (strncmp(entry->name, prefix, strlen(prefix)) == 0 &&
            entries_value(&import->connector,
                          arena_printf(&import->arena, "%s%s", override, entry->name + strlen(prefix))) != NULL)
            entry->mapped = true;
}

static void map_all(struct import *import)
{
    translate_references(import, &import->connector);
    translate_references(import, &import->worker);
    leave_out_overridden(import, "consumer.", "consumer.override.");
    leave_out_overridden(import, "producer.", "producer.override.");
    import->are_apart = are_apart(import);
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++)
        mapping_apply(import, passes[i].of_worker ? &import->worker : &import->connector, passes[i].prefix,
                      passes[i].section, passes[i].table);
    tell_of_letters(import);
    draft_leave_out_repeated(&import->draft, "kafka.consumer", "kafka");
    draft_leave_out_repeated(&import->draft, "kafka.producer", "kafka");
    want_bootstrap_servers(import);
    set_isolation(import);
    if (import_is_mongodb(&import->connector))
        mapping_apply(import, &import->connector, "", NULL, &mongodb_table);
    tell_all_unmapped(import);
}

int import_run(struct import *import, const struct import_files *files, struct error *error)
{
    *import = (struct import){.connector = {.first = NULL}};
    if (entries_read(&import->connector, files->connector, entries_syntax_of(files->connector), error) != 0 ||
        (files->worker != NULL && entries_read(&import->worker, files->worker, ENTRIES_PROPERTIES, error) != 0))
        return -1;
    if (files->bootstrap_servers != NULL)
        entries_set(&import->worker, servers, files->bootstrap_servers);
    map_all(import);
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

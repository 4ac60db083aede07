/* import/mongodb.c - mongo-kafka's own keys as those of mongodb-image, which merges events into the documents that a
 * business key names.
 * Neighbours: tables.h; framework.c has what every connector has; plugins/mongodb_image. */
#include "import/tables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char sink[] = "sink.mongodb";

static bool is_true(const char *value)
{
    return strcasecmp(value, "true") == 0;
}

/* ---- The collection ------------------------------------------------------------------------------- */

/* Where a topic's records go: its own collection, else the one of all, else one of the topic's name. */
static const char *collection_of(struct import *import, const char *topic)
{
    const char *own = import_value(import, arena_printf(&import->arena, "topic.override.%s.collection", topic));
    const char *all = import_value(import, "collection");
    return own[0] != '\0' ? own : all[0] != '\0' ? all : topic;
}

struct topics {
    const char **names;
    size_t count;
};

static struct topics topics_of(struct import *import)
{
    const char *list = import_value(import, "topics");
    struct topics topics = {.names = arena_alloc(&import->arena, (strlen(list) + 1) * sizeof *topics.names)};
    char *rest = arena_text(&import->arena, list), *topic;
    while ((topic = strsep(&rest, ", ")) != NULL)
        if (topic[0] != '\0')
            topics.names[topics.count++] = topic;
    return topics;
}

/* Every topic's collection is before, the topic's name (or nothing), behind. */
static bool all_are(struct import *import, const struct topics *topics, const char *before, bool with_topic,
                    const char *behind)
{
    for (size_t i = 0; i < topics->count; i++) {
        const char *topic = topics->names[i];
        const char *name = arena_printf(&import->arena, "%s%s%s", before, with_topic ? topic : "", behind);
        if (strcmp(name, collection_of(import, topic)) != 0)
            return false;
    }
    return true;
}

/* One name for all, or one with ${topic} where the topic's own stands; "" where neither says it. */
static const char *common_collection(struct import *import, const struct topics *topics)
{
    const char *topic = topics->names[0], *first = collection_of(import, topic);
    if (all_are(import, topics, first, false, ""))
        return first;
    for (const char *at = first; (at = strstr(at, topic)) != NULL; at++) {
        const char *before = arena_copy(&import->arena, first, (size_t)(at - first)), *behind = at + strlen(topic);
        if (all_are(import, topics, before, true, behind))
            return arena_printf(&import->arena, "%s${topic}%s", before, behind);
    }
    return "";
}

static void map_collection(struct import *import, const struct mapped *at)
{
    struct topics topics = topics_of(import);
    const char *name = topics.count > 0       ? common_collection(import, &topics)
                       : at->value[0] != '\0' ? at->value
                                              : "${topic}"; /* topics.regex */
    import_set(import, at, sink, "collection", name);
    if (name[0] == '\0')
        import_tell(import, at, FINDING_NONE,
                    "the topics' collections have no ${topic} in common: a pipeline for each; [%s] collection is left "
                    "empty",
                    sink);
}

/* Those of collections are map_collection()'s. */
static void map_override(struct import *import, const struct mapped *at)
{
    static const char suffix[] = ".collection";
    size_t size = strlen(at->key), suffix_size = strlen(suffix);
    bool is_collection = size > suffix_size && strcmp(at->key + size - suffix_size, suffix) == 0;
    if (!is_collection || import_value(import, "topics")[0] == '\0')
        import_tell(import, at, FINDING_NONE, "all topics of a pipeline are stored alike: a pipeline for this one");
}

/* ---- The business key ----------------------------------------------------------------------------- */

static const char any_record[] = "makes a document of every record, and mongodb-image merges records into documents";
static const char own_id[] =
    "is the document's _id, which here is the database's own: an event with a field _id becomes "
    "a dead letter";

static const struct id_strategy {
    const char *class;
    const char *field_list; /* the key that names its fields; NULL: it is none by fields, and text says what it does */
    const char *older_list; /* what earlier releases had instead */
    const char *text;
} id_strategies[] = {
    {"PartialValueStrategy", "document.id.strategy.partial.value.projection", "value.projection", NULL},
    {"PartialKeyStrategy", "document.id.strategy.partial.key.projection", "key.projection",
     "the field is taken from the value, not from the Kafka key: it has to be in both"},
    {"BsonOidStrategy", NULL, NULL, any_record},
    {"UuidStrategy", NULL, NULL, any_record},
    {"KafkaMetaDataStrategy", NULL, NULL, any_record},
    {"FullKeyStrategy", NULL, NULL, "names documents by the whole Kafka key, and key.field is a field of the value"},
    {"ProvidedInKeyStrategy", NULL, NULL, own_id},
    {"ProvidedInValueStrategy", NULL, NULL, own_id},
    {"UuidProvidedInKeyStrategy", NULL, NULL, own_id},
    {"UuidProvidedInValueStrategy", NULL, NULL, own_id},
};

static const struct id_strategy *id_strategy_of(const char *class)
{
    for (size_t i = 0; i < sizeof id_strategies / sizeof id_strategies[0]; i++)
        if (strcmp(id_strategies[i].class, class_name(class)) == 0)
            return &id_strategies[i];
    return NULL;
}

/* The one top-level field that a projection keeps; NULL: it keeps something else. */
static const char *only_field(struct import *import, const char *projection)
{
    const char *type = import_value(import, arena_printf(&import->arena, "%s.type", projection));
    char *list = arena_text(&import->arena, import_value(import, arena_printf(&import->arena, "%s.list", projection)));
    char *field = list + strspn(list, " ");
    for (char *end = field + strlen(field); end > field && end[-1] == ' ';)
        *--end = '\0';
    bool is_allowed = strcasecmp(type, "AllowList") == 0 || strcasecmp(type, "Whitelist") == 0;
    return is_allowed && field[0] != '\0' && strpbrk(field, ", .*\r\n") == NULL && strcmp(field, "_id") != 0 ? field
                                                                                                             : NULL;
}

static const char by_id[] =
    "finds documents by _id; here key.field finds them, and a new one's _id is the database's own";
static const char deletes[] = "every record deletes a document there";

/* What a write model does to the document that is found. */
static const struct write_model {
    const char *class;
    enum finding_kind kind;
    bool by_key; /* writes what the key names, so that key.field can be filled in */
    const char *text;
} write_models[] = {
    {"ReplaceOneBusinessKeyStrategy", FINDING_DIFFERS, true,
     "an event is merged into the document: a field that it lacks stays"},
    {"UpdateOneBusinessKeyTimestampStrategy", FINDING_DIFFERS, true,
     "_insertedTS and _modifiedTS are not written; those that are there stay"},
    {"DefaultWriteModelStrategy", FINDING_NONE, true, by_id},
    {"ReplaceOneDefaultStrategy", FINDING_NONE, true, by_id},
    {"UpdateOneDefaultStrategy", FINDING_NONE, true, by_id},
    {"UpdateOneTimestampsStrategy", FINDING_NONE, true, by_id},
    {"InsertOneDefaultStrategy", FINDING_NONE, false, any_record},
    {"DeleteOneDefaultStrategy", FINDING_NONE, false, deletes},
    {"DeleteOneBusinessKeyStrategy", FINDING_NONE, false, deletes},
};

static const struct write_model *write_model_of(const char *class)
{
    for (size_t i = 0; i < sizeof write_models / sizeof write_models[0]; i++)
        if (strcmp(write_models[i].class, class_name(class)) == 0)
            return &write_models[i];
    return NULL;
}

static void map_write_model(struct import *import, const struct mapped *at)
{
    const struct write_model *model = write_model_of(at->value);
    if (model != NULL)
        import_tell(import, at, model->kind, "%s", model->text);
    else
        import_tell(import, at, FINDING_NONE, "not known");
}

/* The field, or NULL and why there is none. */
static const char *key_field(struct import *import, const struct mapped *at, const char **why)
{
    const struct id_strategy *strategy = id_strategy_of(at->value);
    *why = strategy == NULL ? "not known" : strategy->text;
    if (strategy == NULL || strategy->field_list == NULL)
        return NULL;
    const char *field = only_field(import, strategy->field_list);
    if (field == NULL)
        field = only_field(import, strategy->older_list);
    if (field == NULL)
        *why = "wanted an AllowList of one top-level field other than _id: key.field is one";
    return field;
}

/* What would be stored by a wrong key, or should not be stored at all, waits for somebody to say the right one. */
static void map_id_strategy(struct import *import, const struct mapped *at)
{
    const struct write_model *model = write_model_of(import_value(import, "writemodel.strategy"));
    bool by_key = import_value(import, "writemodel.strategy")[0] == '\0' || (model != NULL && model->by_key);
    const char *why, *field = key_field(import, at, &why);
    if (import_value(import, "change.data.capture.handler")[0] != '\0')
        by_key = false;
    if (field == NULL)
        import_tell(import, at, FINDING_NONE, "%s", why);
    else if (why != NULL)
        import_tell(import, at, FINDING_DIFFERS, "%s", why);
    if (field == NULL || !by_key)
        import_tell(import, at, FINDING_UNSET, "[%s] key.field: which field of an event names its document", sink);
    draft_set(&import->draft, sink, "key.field", field != NULL && by_key ? field : "", "from document.id.strategy");
}

/* ---- The rest ------------------------------------------------------------------------------------- */

static void map_delete_on_null(struct import *import, const struct mapped *at)
{
    if (is_true(at->value))
        import_tell(
            import, at, FINDING_NONE,
            "the Kafka key is a document there ({\"id\": 7}), the bare key here (7): where it is bare, [pipeline] "
            "null.values = delete; else such a record is rejected");
}

static void map_overwrite(struct import *import, const struct mapped *at)
{
    if (is_true(at->value))
        import_tell(import, at, FINDING_DIFFERS, "an event with a field _id becomes a dead letter");
}

static void map_processors(struct import *import, const struct mapped *at)
{
    char *rest = arena_text(&import->arena, at->value), *processor;
    while ((processor = strsep(&rest, ", ")) != NULL)
        if (processor[0] != '\0' && strcmp(class_name(processor), "DocumentIdAdder") != 0)
            findings_add(&import->findings, FINDING_NONE, "%s: %s: events are stored without it", at->key,
                         class_name(processor));
}

static void map_rate(struct import *import, const struct mapped *at)
{
    if (strtol(at->value, NULL, 10) > 0)
        import_tell(import, at, FINDING_DIFFERS, "nothing limits the rate");
}

static const char processor_text[] = "is a post processor's: see post.processor.chain";
static const char tls_text[] = "a PEM file in connection.uri instead: tlsCAFile=FILE, tlsCertificateKeyFile=FILE";

static const struct mapping rows[] = {
    {"connection.uri", .map = map_required, .section = sink, .flags = MAPPING_SECRET | MAPPING_ALWAYS},
    {"database", .map = map_required, .section = sink, .flags = MAPPING_ALWAYS},
    {"collection", .map = map_collection, .flags = MAPPING_ALWAYS},
    {"topic.override.", .map = map_override},
    {"namespace.mapper", .map = map_none, .text = "the collection follows the topic, not a field",
     .preset = "com.mongodb.kafka.connect.sink.namespace.mapping.DefaultNamespaceMapper"},
    {"namespace.mapper.", .map = map_part},
    {"document.id.strategy", .map = map_id_strategy, .preset = "BsonOidStrategy", .flags = MAPPING_ALWAYS},
    {"document.id.strategy.overwrite.existing", .map = map_overwrite},
    {"document.id.strategy.", .map = map_part},
    {"writemodel.strategy", .map = map_write_model, .preset = "DefaultWriteModelStrategy", .flags = MAPPING_ALWAYS},
    {"delete.on.null.values", .map = map_delete_on_null},
    {"delete.writemodel.strategy", .map = map_part},
    {"max.batch.size", .map = map_batch},
    {"bulk.write.ordered", .map = map_drop, .text = "what is about one document is written in the order of the log"},
    {"rate.limiting.every.n", .map = map_rate},
    {"rate.limiting.timeout", .map = map_part},
    {"max.num.retries", .map = map_drop, .text = "a server that is away is waited for"},
    {"retries.defer.timeout", .map = map_drop, .text = "a server that is away is waited for"},
    {"mongo.errors.tolerance", .map = map_part},
    {"mongo.errors.log.enable", .map = map_if_true, .section = "pipeline", .option = "errors.log.enable"},
    {"post.processor.chain", .map = map_processors},
    {"key.projection.", .map = map_part},
    {"value.projection.", .map = map_part},
    {"field.renamer.", .map = map_drop, .text = processor_text},
    {"change.data.capture.handler", .map = map_none, .text = "the events of a change stream are not taken apart",
     .preset = ""},
    {"timeseries.timefield", .map = map_none, .text = "no time series collection is made", .preset = ""},
    {"timeseries.", .map = map_part},
    {"server.api.", .map = map_drop, .text = "no version of the API is declared"},
    {"connection.ssl.", .map = map_none, .text = tls_text, .preset = "", .flags = MAPPING_SECRET},
    {"provider", .map = map_drop, .text = "says who runs the connector"},
};

const struct mapping_table mongodb_table = {rows, sizeof rows / sizeof rows[0]};

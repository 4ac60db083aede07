/* import/framework.c - the keys that every sink connector of Kafka Connect has.
 * Neighbours: tables.h; mongodb.c has the connector's own. */
#include "import/import.h"
#include "import/regex.h"
#include "import/tables.h"
#include "import/transforms.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_TASKS = 64, FIRST_DELAY_MS = 300 }; /* of [pipeline] tasks.max, errors.retry.delay.initial.ms */

/* ---- Name, topics, class -------------------------------------------------------------------------- */

/* Any name will do in Connect; the group keeps it, so that its offsets are found. */
static void map_name(struct import *import, const struct mapped *at)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char *name = arena_text(&import->arena, at->value);
    if (name[0] == '\0')
        import_tell(import, at, FINDING_UNSET, "[pipeline] name, and with it the consumer group connect-<name>");
    if (name[strspn(name, allowed)] != '\0') {
        for (char *c = name; *(c += strspn(c, allowed)) != '\0';)
            *c = '_';
        import_tell(import, at, FINDING_DIFFERS, "a name is letters, digits and . _ -; the group stays connect-%s",
                    at->value);
        import_set(import, at, "kafka.consumer", "group.id", arena_printf(&import->arena, "connect-%s", at->value));
    }
    import_set(import, at, "pipeline", "name", name);
}

static void map_topics(struct import *import, const struct mapped *at)
{
    bool is_regex = import_value(import, "topics.regex")[0] != '\0';
    if (at->value[0] == '\0' && is_regex)
        return;
    if (at->value[0] == '\0')
        import_tell(import, at, FINDING_UNSET, "[pipeline] topics or topics.regex");
    import_set(import, at, "pipeline", "topics", at->value);
}

static void map_regex(struct import *import, const struct mapped *at)
{
    struct error error;
    if (at->value[0] == '\0')
        return;
    const char *regex = regex_from_java(at->value, &import->arena, &error);
    import_set(import, at, "pipeline", "topics.regex", regex != NULL ? regex : "");
    if (regex == NULL)
        import_tell(import, at, FINDING_NONE, "POSIX regular expressions have no %s; topics.regex is left empty",
                    error.text);
}

static void map_class(struct import *import, const struct mapped *at)
{
    bool is_known = import_is_mongodb(&import->connector);
    draft_set(&import->draft, "pipeline", "transforms", "event", NULL);
    draft_set(&import->draft, "pipeline", "sink", "mongodb", NULL);
    draft_set(&import->draft, "transform.event", "plugin", "json-event", NULL);
    draft_set(&import->draft, "sink.mongodb", "plugin", is_known ? "mongodb-image" : "", NULL);
    if (!is_known)
        import_tell(import, at, FINDING_NONE,
                    "only " IMPORT_MONGODB_CLASS " is known; [sink.mongodb] plugin is left empty");
}

static void map_tasks(struct import *import, const struct mapped *at)
{
    bool is_above = strtol(at->value, NULL, 10) > MOST_TASKS;
    if (is_above)
        import_tell(import, at, FINDING_DIFFERS, "at most %d tasks a process; start several processes", MOST_TASKS);
    import_set(import, at, "pipeline", "tasks.max",
               is_above ? arena_printf(&import->arena, "%d", MOST_TASKS) : at->value);
}

/* ---- Converters ----------------------------------------------------------------------------------- */

static const char registry[] = "values are framed for a schema registry, which nothing here reads; each would become a "
                               "dead letter (json.schema-framed)";

static const struct converter {
    const char *class;
    enum finding_kind kind;
    const char *text;
} converters[] = {
    {"StringConverter", FINDING_DIFFERS,
     "extended JSON ({\"$date\": ...}) is a document here; [transform.event] convert.FIELD = date gives a field its "
     "type"},
    {"JsonConverter", FINDING_DIFFERS, "integers are int32 where they fit, not always int64"},
    {"ByteArrayConverter", FINDING_NONE, "values are BSON, and json-event wants JSON"},
    {"AvroConverter", FINDING_NONE, registry},
    {"ProtobufConverter", FINDING_NONE, registry},
    {"JsonSchemaConverter", FINDING_NONE, registry},
};

/* With the envelope {"schema": ..., "payload": ...}, which is this converter's default. */
static bool has_envelope(struct import *import, const char *class)
{
    static const char key[] = "value.converter.schemas.enable";
    const struct entries *from =
        entries_value(&import->connector, "value.converter") != NULL ? &import->connector : &import->worker;
    const char *enable = entries_value(from, key);
    return strcmp(class, "JsonConverter") == 0 && (enable == NULL || strcasecmp(enable, "false") != 0);
}

static void map_value_converter(struct import *import, const struct mapped *at)
{
    const char *of_worker = entries_value(&import->worker, "value.converter");
    const char *value = at->is_given ? at->value : of_worker != NULL ? of_worker : "";
    const char *class = class_name(value);
    const char *whose = at->is_given ? "" : arena_printf(&import->arena, "%s in the worker's file: ", class);
    if (value[0] == '\0') {
        import_tell(import, at, FINDING_ADVICE, "the worker's file says (--worker FILE); taken to be JSON");
        return;
    }
    if (has_envelope(import, class)) {
        import_tell(import, at, FINDING_NONE,
                    "%swith schemas.enable values are {\"schema\": ..., \"payload\": ...}, and nothing here takes the "
                    "payload out",
                    whose);
        return;
    }
    for (size_t i = 0; i < sizeof converters / sizeof converters[0]; i++)
        if (strcmp(converters[i].class, class) == 0) {
            import_tell(import, at, converters[i].kind, "%s%s", whose, converters[i].text);
            return;
        }
    import_tell(import, at, FINDING_NONE, "%snot known; values are taken to be JSON", whose);
}

/* ---- Errors --------------------------------------------------------------------------------------- */

/* mongo-kafka's own wins over the framework's for what the connector does; its "data" is what "all" is here. */
static void map_tolerance(struct import *import, const struct mapped *at)
{
    const char *own = import_value(import, "mongo.errors.tolerance");
    const char *tolerance = own[0] != '\0' ? own : at->value;
    bool is_all = strcasecmp(tolerance, "all") == 0;
    if (own[0] != '\0' && strcasecmp(own, at->value) != 0)
        import_tell(import, at, FINDING_DIFFERS, "mongo.errors.tolerance = %s is taken for the transforms as well",
                    own);
    if (is_all)
        import_tell(import, at, FINDING_DIFFERS,
                    "only records that can never be stored are passed over; a server that is away is waited for");
    if (strcasecmp(tolerance, "none") == 0 && !at->is_given)
        return;
    is_all |= strcasecmp(tolerance, "data") == 0;
    import_set(import, at, "pipeline", "errors.tolerance", is_all ? "all" : tolerance);
    if (is_all && import_value(import, "errors.deadletterqueue.topic.name")[0] == '\0') {
        draft_set(&import->draft, "pipeline", "errors.log.enable", "true", NULL);
        import_tell(import, at, FINDING_DIFFERS,
                    "without a dead letter topic each record passed over is logged (errors.log.enable = true)");
    }
}

static void map_dead_letter_topic(struct import *import, const struct mapped *at)
{
    if (at->value[0] == '\0')
        return;
    import_set(import, at, "pipeline", at->row->key, at->value);
    import_tell(import, at, FINDING_DIFFERS, "the topic must exist: Sluice never creates it");
}

static void map_context_headers(struct import *import, const struct mapped *at)
{
    if (strcasecmp(at->value, "true") != 0)
        import_tell(import, at, FINDING_DIFFERS, "letters always have them");
}

/* In Connect it is about converters and transforms alone, and 0, its default, is no retry of those. */
static void map_retry_timeout(struct import *import, const struct mapped *at)
{
    if (strtol(at->value, NULL, 10) <= 0) {
        import_tell(import, at, FINDING_DROPPED, "a server that is away is waited for");
        return;
    }
    import_set(import, at, "pipeline", at->row->key, at->value);
    import_tell(import, at, FINDING_DIFFERS, "counts for the sink's retries as well; without it they go on for ever");
}

static void map_retry_delay(struct import *import, const struct mapped *at)
{
    long most_ms = strtol(at->value, NULL, 10);
    if (most_ms < 1) {
        import_tell(import, at, FINDING_DROPPED, "[pipeline] %s has a default", at->row->key);
        return;
    }
    if (most_ms < FIRST_DELAY_MS)
        import_set(import, at, "pipeline", "errors.retry.delay.initial.ms", at->value);
    import_set(import, at, "pipeline", at->row->key, at->value);
}

static const struct mapping rows[] = {
    {"name", .map = map_name, .flags = MAPPING_ALWAYS},
    {"topics", .map = map_topics, .flags = MAPPING_ALWAYS},
    {"topics.regex", .map = map_regex},
    {"connector.class", .map = map_class, .flags = MAPPING_ALWAYS},
    {"tasks.max", .map = map_tasks},
    {"errors.tolerance", .map = map_tolerance, .preset = "none", .flags = MAPPING_ALWAYS},
    {"errors.deadletterqueue.topic.name", .map = map_dead_letter_topic},
    {"errors.deadletterqueue.topic.replication.factor", .map = map_drop, .text = "the topic must exist"},
    {"errors.deadletterqueue.context.headers.enable", .map = map_context_headers},
    {"errors.log.enable", .map = map_if_true, .section = "pipeline"},
    {"errors.log.include.messages", .map = map_copy, .section = "pipeline"},
    {"errors.retry.timeout", .map = map_retry_timeout},
    {"errors.retry.delay.max.ms", .map = map_retry_delay},
    {"value.converter", .map = map_value_converter, .flags = MAPPING_ALWAYS},
    {"value.converter.", .map = map_part},
    {"key.converter", .map = map_drop, .text = "the Kafka key is not read"},
    {"key.converter.", .map = map_part},
    {"header.converter", .map = map_drop, .text = "headers are not read"},
    {"header.converter.", .map = map_part},
    {"transforms", .map = map_transforms},
    {"transforms.", .map = map_part},
    {"predicates", .map = map_part},
    {"predicates.", .map = map_part},
    {"admin.override.", .map = map_drop, .text = "Sluice creates no topics"},
    {"config.action.reload", .map = map_none, .text = "a secret that changes is read at the next start",
     .preset = "restart"},
    {"connector.plugin.version", .map = map_drop, .text = "plugins have versions of their own"},
    {"tasks.max.enforce", .map = map_drop, .text = "tasks.max is never exceeded"},
};

const struct mapping_table framework_table = {rows, sizeof rows / sizeof rows[0]};

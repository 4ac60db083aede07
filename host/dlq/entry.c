#include "dlq/entry.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LATEST_MS INT64_C(253402300799999) /* the year 9999 ends: later times have no ISO 8601 form of four digits */

/* ---- Dialects: who writes which headers ---------------------------------------------------------- */

enum number { NUMBER_TEXT, NUMBER_BIG_ENDIAN };

/* The first whose topic or code is there tells of the letter. */
static const struct dialect {
    const char *writer, *prefix;
    enum number number;
    const char *topic, *partition, *offset, *code, *message, *stage, *connector, *plugin;
} dialects[] = {
    {.writer = "sluice",
     .prefix = LETTER_SLUICE_PREFIX,
     .topic = LETTER_CONNECT_PREFIX "topic",
     .partition = LETTER_CONNECT_PREFIX "partition",
     .offset = LETTER_CONNECT_PREFIX "offset",
     .code = LETTER_SLUICE_PREFIX "error.code",
     .message = LETTER_CONNECT_PREFIX "exception.message",
     .stage = LETTER_CONNECT_PREFIX "stage",
     .connector = LETTER_CONNECT_PREFIX "connector.name",
     .plugin = LETTER_SLUICE_PREFIX "plugin"},
    /* org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter */
    {.writer = "kafka-connect",
     .prefix = LETTER_CONNECT_PREFIX,
     .topic = LETTER_CONNECT_PREFIX "topic",
     .partition = LETTER_CONNECT_PREFIX "partition",
     .offset = LETTER_CONNECT_PREFIX "offset",
     .code = LETTER_CONNECT_PREFIX "exception.class.name",
     .message = LETTER_CONNECT_PREFIX "exception.message",
     .stage = LETTER_CONNECT_PREFIX "stage",
     .connector = LETTER_CONNECT_PREFIX "connector.name",
     .plugin = LETTER_CONNECT_PREFIX "class.name"},
    /* org.springframework.kafka.support.KafkaHeaders, DLT_*: partition and offset as Java's ByteBuffer writes them */
    {.writer = "spring-kafka",
     .prefix = "kafka_dlt-",
     .number = NUMBER_BIG_ENDIAN,
     .topic = "kafka_dlt-original-topic",
     .partition = "kafka_dlt-original-partition",
     .offset = "kafka_dlt-original-offset",
     .code = "kafka_dlt-exception-fqcn",
     .message = "kafka_dlt-exception-message",
     .plugin = "kafka_dlt-exception-cause-fqcn"},
    /* KIP-1034, org.apache.kafka.streams.errors.internals.ExceptionHandlerUtils */
    {.writer = "kafka-streams",
     .prefix = "__streams.errors.",
     .topic = "__streams.errors.topic",
     .partition = "__streams.errors.partition",
     .offset = "__streams.errors.offset",
     .code = "__streams.errors.exception",
     .message = "__streams.errors.message"},
};
enum { DIALECT_COUNT = sizeof dialects / sizeof dialects[0] };

bool entry_header_is_told(const char *name)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (strncmp(name, dialects[i].prefix, strlen(dialects[i].prefix)) == 0)
            return true;
    return false;
}

/* ---- Headers -------------------------------------------------------------------------------------- */

size_t entry_header_count(const struct entry *entry)
{
    return entry->record->headers != NULL ? rd_kafka_header_cnt(entry->record->headers) : 0;
}

const char *entry_header(const struct entry *entry, size_t i, sluice_bytes *value)
{
    const char *name = "";
    rd_kafka_header_get_all(entry->record->headers, i, &name, &value->data, &value->size);
    return name;
}

/* The last of the name that is not null, as Kafka's own lastHeader(). */
static sluice_bytes find(const struct entry *entry, const char *name)
{
    sluice_bytes value;
    for (size_t i = name != NULL ? entry_header_count(entry) : 0; i-- > 0;)
        if (strcmp(entry_header(entry, i, &value), name) == 0 && value.data != NULL)
            return value;
    return (sluice_bytes){NULL, 0};
}

static const char *text_of(struct entry *entry, const char *name)
{
    sluice_bytes value = find(entry, name);
    return value.data != NULL ? arena_copy(&entry->arena, value.data, value.size) : NULL;
}

static int64_t decimal_of(struct entry *entry, const char *name, int64_t otherwise)
{
    const char *text = text_of(entry, name);
    char *end;
    if (text == NULL || *text < '0' || *text > '9')
        return otherwise;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0 ? number : otherwise;
}

static int64_t big_endian_of(struct entry *entry, const char *name, int64_t otherwise)
{
    sluice_bytes value = find(entry, name);
    uint64_t number = 0;
    if (value.data == NULL || (value.size != 4 && value.size != 8))
        return otherwise;
    for (size_t i = 0; i < value.size; i++)
        number = number << 8 | ((const unsigned char *)value.data)[i];
    return (int64_t)number >= 0 ? (int64_t)number : otherwise;
}

/* "2023-10-08T15:39:49.123Z", as letter.c writes it. */
static int64_t time_of(struct entry *entry, const char *name, int64_t otherwise)
{
    const char *text = text_of(entry, name);
    struct tm utc = {0};
    const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
    if (rest == NULL)
        return otherwise;
    int64_t ms = *rest == '.' ? strtol(rest + 1, NULL, 10) % 1000 : 0;
    return (int64_t)timegm(&utc) * 1000 + ms;
}

/* ---- What they tell ------------------------------------------------------------------------------- */

static const struct dialect *dialect_of(const struct entry *entry)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (find(entry, dialects[i].code).data != NULL ||
            (i > 0 && find(entry, dialects[i].topic).data != NULL)) /* the first shares its topic with the second */
            return &dialects[i];
    return NULL;
}

static void read_dialect(struct entry *entry, const struct dialect *dialect)
{
    int64_t (*const number_of)(struct entry *, const char *, int64_t) =
        dialect->number == NUMBER_TEXT ? decimal_of : big_endian_of;
    const char *code = text_of(entry, dialect->code);
    entry->writer = dialect->writer;
    entry->topic = text_of(entry, dialect->topic);
    entry->partition = number_of(entry, dialect->partition, -1);
    if (entry->partition > INT32_MAX)
        entry->partition = -1;
    entry->offset = number_of(entry, dialect->offset, -1);
    entry->code = code != NULL ? code : entry->code;
    entry->message = text_of(entry, dialect->message);
    entry->stage = text_of(entry, dialect->stage);
    entry->connector = text_of(entry, dialect->connector);
    entry->plugin = text_of(entry, dialect->plugin);
}

struct entry *entry_new(struct record *record)
{
    struct entry *entry = alloc_zeroed(1, sizeof *entry);
    *entry = (struct entry){.record = record,
                            .value_bytes = record->value.data != NULL ? (int64_t)record->value.size : -1,
                            .writer = "unknown",
                            .partition = -1,
                            .offset = -1,
                            .code = "unknown"};
    const struct dialect *dialect = dialect_of(entry);
    if (dialect != NULL)
        read_dialect(entry, dialect);
    int64_t own_ms = decimal_of(entry, LETTER_SLUICE_PREFIX "timestamp", -1);
    if (own_ms >= 0) { /* the topic took the letter with another time only */
        record->timestamp_ms = own_ms;
        record->timestamp_type = SLUICE_TIME_CREATE;
    }
    entry->attempts = decimal_of(entry, LETTER_SLUICE_PREFIX "attempts", -1);
    entry->replay_count = decimal_of(entry, LETTER_SLUICE_PREFIX "replay.count", 0);
    if (entry->replay_count > INT32_MAX) /* a made-up number must not overflow when it is counted on */
        entry->replay_count = INT32_MAX;
    entry->omitted_bytes = decimal_of(entry, LETTER_SLUICE_PREFIX "value.omitted", -1);
    entry->failed_at_ms = time_of(entry, LETTER_SLUICE_PREFIX "failed.at",
                                  record->timestamp_type != SLUICE_TIME_NONE ? record->timestamp_ms : -1);
    if (entry->failed_at_ms < 0 || entry->failed_at_ms > LATEST_MS)
        entry->failed_at_ms = -1;
    return entry;
}

void entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    record_free(entry->record);
    arena_free(&entry->arena);
    free(entry);
}

bool entry_origin_is_told(const struct entry *entry)
{
    return entry->topic != NULL && entry->partition >= 0 && entry->offset >= 0;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
    return hash;
}

uint64_t entry_origin_hash(const struct entry *entry)
{
    bool told = entry_origin_is_told(entry);
    const char *topic = told ? entry->topic : "";
    const char *connector = entry->connector != NULL ? entry->connector : "";
    const int64_t numbers[] = {told ? entry->partition : entry->record->partition_number,
                               told ? entry->offset : entry->record->offset};
    uint64_t hash = hash_bytes(0xcbf29ce484222325u, topic, strlen(topic) + 1);
    hash = hash_bytes(hash, connector, strlen(connector) + 1); /* pipelines may share a dead letter topic */
    return hash_bytes(hash, numbers, sizeof numbers);
}

bool entry_show(const struct entry *entry, const char *as_topic, struct arena *arena, struct sluice_record *seen)
{
    const struct record *record = entry->record;
    bool told = entry_origin_is_told(entry);
    size_t count = entry_header_count(entry), kept = 0;
    struct record_header *headers = arena_alloc(arena, count * sizeof *headers + 1);
    for (size_t i = 0; i < count; i++) {
        headers[kept].name = entry_header(entry, i, &headers[kept].value);
        kept += !entry_header_is_told(headers[kept].name);
    }
    *seen = (struct sluice_record){
        .view = {.size = sizeof seen->view,
                 .partition = -1,
                 .offset = -1,
                 .topic = told ? entry->topic : as_topic,
                 .original_topic = told ? entry->topic : as_topic,
                 .original_partition = told ? (int32_t)entry->partition : record->partition_number,
                 .original_offset = told ? entry->offset : record->offset,
                 .header_count = (uint32_t)kept,
                 .timestamp_ms = record->timestamp_ms,
                 .timestamp_type = record->timestamp_type,
                 .format = SLUICE_BYTES,
                 .key = record->key,
                 .value = record->value},
        .headers = headers,
    };
    return seen->view.topic != NULL;
}

#include "plan.h"

#include "statement.h"

#include <stdlib.h>
#include <string.h>

/* bson_malloc and its kin never return NULL: libbson ends the process instead. */

static struct collection_writes *collection_of(struct plan *plan, const char *collection, enum operation operation)
{
    for (size_t i = 0; i < plan->collection_count; i++)
        if (plan->collections[i].operation == operation && strcmp(plan->collections[i].collection, collection) == 0)
            return &plan->collections[i];
    plan->collections = bson_realloc(plan->collections, (plan->collection_count + 1) * sizeof *plan->collections);
    struct collection_writes *added = &plan->collections[plan->collection_count++];
    *added = (struct collection_writes){.collection = bson_strdup(collection), .operation = operation};
    return added;
}

static bool is_whole(const bson_value_t *value, int64_t *number)
{
    switch (value->value_type) {
    case BSON_TYPE_INT32: *number = value->value.v_int32; return true;
    case BSON_TYPE_INT64: *number = value->value.v_int64; return true;
    case BSON_TYPE_DOUBLE:
        if (!(value->value.v_double >= -0x1p63 && value->value.v_double < 0x1p63))
            return false;
        *number = (int64_t)value->value.v_double;
        return (double)*number == value->value.v_double;
    default: return false;
    }
}

/* Bytes that are the same for equal keys of one collection only: 7 and 7.0 are one key to MongoDB, so numbers are
 * compared as numbers. */
static char *key_bytes(const char *collection, const struct event *event, size_t *size)
{
    bson_t key = BSON_INITIALIZER;
    int64_t number;
    if (is_whole(&event->key, &number))
        bson_append_int64(&key, collection, -1, number);
    else
        bson_append_value(&key, collection, -1, &event->key);
    char *bytes = bson_malloc(key.len);
    memcpy(bytes, bson_get_data(&key), key.len);
    *size = key.len;
    bson_destroy(&key);
    return bytes;
}

static struct write *write_of(struct plan *plan, const char *collection, const struct event *event)
{
    size_t size;
    struct write *write;
    char *key = key_bytes(collection, event, &size);
    HASH_FIND(hh, plan->by_key, key, size, write);
    if (write != NULL) {
        bson_free(key);
        return write;
    }
    write = bson_malloc0(sizeof *write);
    write->operation = event->operation;
    write->key = key;
    write->key_size = size;
    HASH_ADD_KEYPTR(hh, plan->by_key, write->key, write->key_size, write);
    struct collection_writes *writes = collection_of(plan, collection, event->operation);
    writes->writes = bson_realloc(writes->writes, (writes->count + 1) * sizeof(struct write *));
    writes->writes[writes->count++] = write;
    return write;
}

bool plan_add(struct plan *plan, const char *collection, size_t record, const struct event *event)
{
    struct write *write = write_of(plan, collection, event);
    size_t bytes = event->document.size + write->key_size + STATEMENT_OVERHEAD_BYTES;
    if (write->count > 0 && (write->operation == OPERATION_DELETE || event->operation == OPERATION_DELETE))
        return false; /* a delete shares its write with nobody */
    if (write->count == PLAN_MOST_FOLDED || (write->count > 0 && write->bytes + bytes > EVENT_LARGEST_BYTES))
        return false;
    if (plan->count == plan->capacity) {
        plan->capacity = plan->capacity > 0 ? plan->capacity * 2 : 64;
        plan->events = bson_realloc(plan->events, plan->capacity * sizeof *plan->events);
    }
    write->events = bson_realloc(write->events, (write->count + 1) * sizeof *write->events);
    write->events[write->count++] = plan->count;
    write->bytes += bytes;
    plan->events[plan->count++] = (struct planned_event){.record = record, .event = *event};
    return true;
}

void plan_clear(struct plan *plan)
{
    HASH_CLEAR(hh, plan->by_key);
    for (size_t i = 0; i < plan->collection_count; i++) {
        struct collection_writes *writes = &plan->collections[i];
        for (size_t j = 0; j < writes->count; j++) {
            bson_free(writes->writes[j]->events);
            bson_free(writes->writes[j]->key);
            bson_free(writes->writes[j]);
        }
        bson_free(writes->writes);
        bson_free(writes->collection);
    }
    bson_free(plan->collections);
    bson_free(plan->events);
    *plan = (struct plan){.events = NULL};
}

size_t plan_command_end(const struct collection_writes *writes, size_t first)
{
    size_t end = first, bytes = 0;
    while (end < writes->count && end - first < PLAN_MOST_WRITES &&
           (end == first || bytes + writes->writes[end]->bytes <= PLAN_COMMAND_BYTES))
        bytes += writes->writes[end++]->bytes;
    return end;
}

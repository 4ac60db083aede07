#include "admin/offsets_body.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int number_in(const json_t *json, int64_t most, int64_t *number)
{
    const char *text = json_string_value(json);
    char *end = "";
    errno = 0;
    if (json_is_integer(json))
        *number = json_integer_value(json);
    else if (text != NULL && text[0] != '\0' && strspn(text, "-0123456789") == strlen(text))
        *number = strtoll(text, &end, 10);
    else
        return -1;
    return *end == '\0' && errno == 0 && *number >= 0 && *number <= most ? 0 : -1;
}

/* A number that is wrong, as it is written. */
static int tell_number(struct error *error, size_t i, const char *what, const json_t *got, const char *wanted)
{
    char *text = got != NULL ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    error_set(error, "offsets[%zu]: %s: got %.100s, wanted %s", i, what, text != NULL ? text : "nothing", wanted);
    free(text);
    return -1;
}

/* Only what is known: a misspelt kafka_offset must not be taken for a reset. */
static int check_names(const json_t *object, const char *const *names, size_t i, const char *what, struct error *error)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return error_set(error, "offsets[%zu]: %s: wanted an object", i, what);
    json_object_foreach((json_t *)object, name, value)
    {
        size_t known = 0;
        while (names[known] != NULL && strcmp(names[known], name) != 0)
            known++;
        if (names[known] == NULL)
            return error_set(error, "offsets[%zu]: %s: '%.100s' is not known", i, what, name);
    }
    return 0;
}

static int parse_one(const json_t *entry, size_t i, rd_kafka_topic_partition_list_t *offsets, struct error *error)
{
    static const char *const names[] = {"partition", "offset", NULL};
    static const char *const partition_names[] = {"kafka_topic", "kafka_partition", NULL};
    static const char *const offset_names[] = {"kafka_offset", NULL};
    const json_t *partition = json_object_get(entry, "partition"), *offset = json_object_get(entry, "offset");
    const char *topic = json_string_value(json_object_get(partition, "kafka_topic"));
    int64_t number, position = RD_KAFKA_OFFSET_INVALID;
    if (check_names(entry, names, i, "entry", error) != 0 ||
        check_names(partition, partition_names, i, "partition", error) != 0)
        return -1;
    if (topic == NULL || topic[0] == '\0')
        return error_set(error, "offsets[%zu]: partition: wanted kafka_topic, a topic's name", i);
    if (number_in(json_object_get(partition, "kafka_partition"), INT32_MAX, &number) != 0)
        return tell_number(error, i, "kafka_partition", json_object_get(partition, "kafka_partition"),
                           "a partition's number");
    if (offset == NULL)
        return error_set(error, "offsets[%zu]: wanted offset, an object or null (which resets it)", i);
    if (!json_is_null(offset)) {
        if (check_names(offset, offset_names, i, "offset", error) != 0)
            return -1;
        if (number_in(json_object_get(offset, "kafka_offset"), INT64_MAX, &position) != 0)
            return tell_number(error, i, "kafka_offset", json_object_get(offset, "kafka_offset"),
                               "a whole number, at least 0");
    }
    if (rd_kafka_topic_partition_list_find(offsets, topic, (int32_t)number) != NULL)
        return error_set(error, "offsets[%zu]: partition %" PRId64 " of %s is there twice", i, number, topic);
    rd_kafka_topic_partition_list_add(offsets, topic, (int32_t)number)->offset = position;
    return 0;
}

int offsets_body_parse(const json_t *body, rd_kafka_topic_partition_list_t **offsets, struct error *error)
{
    const json_t *entries = json_object_get(body, "offsets"), *entry;
    size_t i;
    *offsets = NULL;
    if (!json_is_array(entries) || json_array_size(entries) == 0 || json_object_size(body) != 1)
        return error_set(error, "wanted {\"offsets\": […]} with at least one partition");
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)json_array_size(entries));
    json_array_foreach(entries, i, entry)
    {
        if (parse_one(entry, i, list, error) != 0) {
            rd_kafka_topic_partition_list_destroy(list);
            return -1;
        }
    }
    *offsets = list;
    return 0;
}

json_t *offsets_body_json(const rd_kafka_topic_partition_list_t *offsets)
{
    json_t *entries = json_array();
    for (int i = 0; i < offsets->cnt; i++) {
        const rd_kafka_topic_partition_t *partition = &offsets->elems[i];
        json_array_append_new(entries, json_pack("{s:{s:s, s:i}, s:{s:I}}", "partition", "kafka_topic",
                                                 partition->topic, "kafka_partition", (int)partition->partition,
                                                 "offset", "kafka_offset", (json_int_t)partition->offset));
    }
    return json_pack("{s:o}", "offsets", entries);
}

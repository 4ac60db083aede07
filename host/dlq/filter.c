#include "dlq/filter.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void filter_init(struct filter *filter)
{
    *filter = (struct filter){
        .partition = -1, .offset_from = -1, .offset_to = INT64_MAX, .since_ms = INT64_MIN, .until_ms = INT64_MAX};
}

void filter_free(struct filter *filter)
{
    for (size_t i = 0; i < filter->coordinate_count; i++)
        free(filter->coordinates[i].topic);
    free(filter->coordinates);
    free(filter->code);
    free(filter->stage);
    free(filter->pipeline);
    free(filter->topic);
    free(filter->key);
    free(filter->header_name);
    free(filter->header_value);
    filter_init(filter);
}

/* ---- Matching ------------------------------------------------------------------------------------- */

static bool equals(sluice_bytes bytes, const char *text)
{
    return bytes.data != NULL && bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

static bool matches_coordinates(const struct filter *filter, const struct entry *entry)
{
    for (size_t i = 0; i < filter->coordinate_count; i++) {
        const struct coordinates *wanted = &filter->coordinates[i];
        if (wanted->topic == NULL
                ? wanted->partition == entry->record->partition_number && wanted->offset == entry->record->offset
                : entry->topic != NULL && strcmp(wanted->topic, entry->topic) == 0 &&
                      wanted->partition == entry->partition && wanted->offset == entry->offset)
            return true;
    }
    return filter->coordinate_count == 0;
}

static bool matches_header(const struct filter *filter, const struct entry *entry)
{
    for (size_t i = 0; i < entry_header_count(entry); i++) {
        sluice_bytes value;
        if (strcmp(entry_header(entry, i, &value), filter->header_name) == 0 &&
            (filter->header_value == NULL || equals(value, filter->header_value)))
            return true;
    }
    return false;
}

static bool matches_origin(const struct filter *filter, const struct entry *entry)
{
    if (filter->topic != NULL && (entry->topic == NULL || fnmatch(filter->topic, entry->topic, 0) != 0))
        return false;
    if (filter->partition >= 0 && filter->partition != entry->partition)
        return false;
    return entry->offset >= filter->offset_from && entry->offset <= filter->offset_to;
}

bool filter_matches(const struct filter *filter, const struct entry *entry)
{
    return matches_coordinates(filter, entry) && (filter->code == NULL || fnmatch(filter->code, entry->code, 0) == 0) &&
           (filter->stage == NULL || (entry->stage != NULL && strcasecmp(filter->stage, entry->stage) == 0)) &&
           (filter->pipeline == NULL ||
            (entry->connector != NULL && fnmatch(filter->pipeline, entry->connector, 0) == 0)) &&
           matches_origin(filter, entry) && (filter->key == NULL || equals(entry->record->key, filter->key)) &&
           (filter->header_name == NULL || matches_header(filter, entry)) &&
           (filter->since_ms == INT64_MIN || entry->failed_at_ms >= filter->since_ms) &&
           (filter->until_ms == INT64_MAX || entry->failed_at_ms < filter->until_ms);
}

bool filter_is_by_letter(const struct filter *filter)
{
    for (size_t i = 0; i < filter->coordinate_count; i++)
        if (filter->coordinates[i].topic != NULL)
            return false;
    return filter->coordinate_count > 0;
}

/* ---- Reading what is wanted ------------------------------------------------------------------------ */

/* Decimal digits up to the end; returns where they end, NULL where there are none. */
static const char *parse_number(const char *text, int64_t most, int64_t *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return NULL;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && *number <= most ? end : NULL;
}

int filter_add_coordinates(struct filter *filter, const char *text, struct error *error)
{
    const char *last = strrchr(text, ':'), *first = strchr(text, ':'), *rest;
    const char *numbers = first != last ? first + 1 : text; /* behind a topic, which has no colon */
    struct coordinates coordinates = {.topic = NULL};
    int64_t partition;
    if (last == NULL || first == text || parse_number(numbers, INT32_MAX, &partition) != last ||
        (rest = parse_number(last + 1, INT64_MAX - 1, &coordinates.offset)) == NULL || *rest != '\0')
        return error_set(error,
                         "got '%s', wanted a letter as PARTITION:OFFSET, or the record it is about as "
                         "TOPIC:PARTITION:OFFSET",
                         text);
    if (filter->coordinate_count == FILTER_MOST_COORDINATES)
        return error_set(error, "more than %d letters by name", FILTER_MOST_COORDINATES);
    coordinates.topic = first != last ? alloc_copy(text, (size_t)(first - text)) : NULL;
    coordinates.partition = (int32_t)partition;
    filter->coordinates = alloc_resized(filter->coordinates, filter->coordinate_count + 1, sizeof *filter->coordinates);
    filter->coordinates[filter->coordinate_count++] = coordinates;
    return 0;
}

static bool parse_age(const char *text, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    int64_t number, age;
    const char *rest = parse_number(text, INT64_MAX, &number);
    if (rest == NULL)
        return false;
    rest += strspn(rest, " ");
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, rest) == 0 && !__builtin_mul_overflow(number, units[i].ms, &age)) {
            *ms = clock_wall_ms() - age;
            return true;
        }
    return false;
}

static bool parse_date(const char *text, int64_t *ms)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm utc = {0};
        const char *rest = strptime(text, forms[i], &utc);
        int64_t fraction_ms = 0;
        if (rest != NULL && i < 2 && *rest == '.' && strspn(rest + 1, "0123456789") == 3) {
            fraction_ms = strtol(rest + 1, NULL, 10);
            rest += 4;
        }
        if (rest == NULL || (*rest != '\0' && strcmp(rest, "Z") != 0))
            continue;
        *ms = (int64_t)timegm(&utc) * 1000 + fraction_ms;
        return true;
    }
    return false;
}

int filter_parse_time(const char *text, int64_t *ms, struct error *error)
{
    if (parse_date(text, ms) || parse_age(text, ms))
        return 0;
    return error_set(error,
                     "got '%s', wanted a time in UTC (2026-11-25, 2026-11-25T10:00:00Z) or an age (90 s, 15 min, 2 h, "
                     "3 d)",
                     text);
}

static int set_text(struct filter *filter, size_t offset, const char *text, struct error *error)
{
    char **member = (char **)((char *)filter + offset);
    (void)error;
    free(*member);
    *member = alloc_text(text);
    return 0;
}

static int set_partition(struct filter *filter, size_t offset, const char *text, struct error *error)
{
    const char *rest = parse_number(text, INT32_MAX, &filter->partition);
    (void)offset;
    return rest != NULL && *rest == '\0' ? 0 : error_set(error, "got '%s', wanted a partition's number", text);
}

/* 17, 10-20, 10-, -20 */
static int set_offsets(struct filter *filter, size_t offset, const char *text, struct error *error)
{
    const char *rest = text;
    int64_t from = 0, to = INT64_MAX;
    (void)offset;
    if (*text != '-' && (rest = parse_number(text, INT64_MAX, &from)) != NULL && *rest == '\0')
        to = from;
    else if (rest != NULL && *rest == '-' && rest[1] != '\0')
        rest = parse_number(rest + 1, INT64_MAX, &to);
    else if (rest != NULL && rest > text && *rest == '-')
        rest++;
    else
        rest = NULL;
    if (rest == NULL || *rest != '\0' || from > to)
        return error_set(error, "got '%s', wanted offsets: 17, 10-20, 10- or -20", text);
    filter->offset_from = from;
    filter->offset_to = to;
    return 0;
}

static int set_header(struct filter *filter, size_t offset, const char *text, struct error *error)
{
    const char *equal = strchr(text, '=');
    (void)offset, (void)error;
    free(filter->header_name);
    free(filter->header_value);
    filter->header_name = alloc_copy(text, equal != NULL ? (size_t)(equal - text) : strlen(text));
    filter->header_value = equal != NULL ? alloc_text(equal + 1) : NULL;
    return 0;
}

static int set_time(struct filter *filter, size_t offset, const char *text, struct error *error)
{
    return filter_parse_time(text, (int64_t *)((char *)filter + offset), error);
}

static const struct filter_member {
    const char *name;
    size_t offset;
    int (*set)(struct filter *filter, size_t offset, const char *text, struct error *error);
} filter_members[] = {
    {"code", offsetof(struct filter, code), set_text},
    {"stage", offsetof(struct filter, stage), set_text},
    {"pipeline", offsetof(struct filter, pipeline), set_text},
    {"topic", offsetof(struct filter, topic), set_text},
    {"partition", offsetof(struct filter, partition), set_partition},
    {"offset", offsetof(struct filter, offset_from), set_offsets},
    {"key", offsetof(struct filter, key), set_text},
    {"header", offsetof(struct filter, header_name), set_header},
    {"since", offsetof(struct filter, since_ms), set_time},
    {"until", offsetof(struct filter, until_ms), set_time},
};

const char *filter_name(size_t i)
{
    return i < sizeof filter_members / sizeof filter_members[0] ? filter_members[i].name : NULL;
}

int filter_set(struct filter *filter, const char *name, const char *text, struct error *error)
{
    for (size_t i = 0; i < sizeof filter_members / sizeof filter_members[0]; i++)
        if (strcmp(filter_members[i].name, name) == 0)
            return filter_members[i].set(filter, filter_members[i].offset, text, error);
    return error_set(error, "there is no filter '%s'", name);
}

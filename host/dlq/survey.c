#include "dlq/survey.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "dlq/letter_json.h"
#include "dlq/text.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { MOST_GROUPS = 10000, LONGEST_VALUE = 256 };

const char *const survey_by_names[] = {
    [SURVEY_CODE] = "code", [SURVEY_TOPIC] = "topic", [SURVEY_STAGE] = "stage", [SURVEY_HOUR] = "hour"};

int survey_parse_by(struct survey *survey, const char *text, struct error *error)
{
    survey->by_count = 0;
    for (size_t size; *text != '\0'; text += size + (text[size] == ',')) {
        size = strcspn(text, ",");
        size_t by = 0;
        while (by < SURVEY_BY_COUNT &&
               (strlen(survey_by_names[by]) != size || strncmp(survey_by_names[by], text, size) != 0))
            by++;
        bool twice = false;
        for (size_t i = 0; i < survey->by_count; i++)
            twice |= survey->by[i] == by;
        if (by == SURVEY_BY_COUNT || twice)
            return error_set(error, "got '%.*s', wanted some of code, topic, stage, hour, each once", (int)size, text);
        survey->by[survey->by_count++] = (enum survey_by)by;
    }
    return survey->by_count > 0 ? 0 : error_set(error, "wanted some of code, topic, stage, hour");
}

/* ---- Counting ------------------------------------------------------------------------------------- */

struct slot {
    UT_hash_handle hh;
    struct survey_group group;
    size_t key_size;
    char key[]; /* the values, each with its NUL */
};

struct counting {
    struct survey *survey;
    struct slot *slots;
};

static const char *value_of(const struct entry *entry, enum survey_by by, char hour[CLOCK_ISO8601_SIZE])
{
    const char *value = NULL;
    switch (by) {
    case SURVEY_CODE: value = entry->code; break;
    case SURVEY_TOPIC: value = entry->topic; break;
    case SURVEY_STAGE: value = entry->stage; break;
    case SURVEY_HOUR:
        if (entry->failed_at_ms >= 0) {
            clock_format(entry->failed_at_ms / 3600000 * 3600000, hour);
            memcpy(hour + strlen("2026-11-25T10:00"), "Z", 2);
            value = hour;
        }
        break;
    case SURVEY_BY_COUNT: break;
    }
    return value != NULL ? value : "(not told)";
}

/* NULL: there is none, and no room for another. */
static struct slot *slot_for(struct counting *counting, const char *const *values, size_t most)
{
    struct survey *survey = counting->survey;
    char key[SURVEY_BY_COUNT * (LONGEST_VALUE + 1)];
    size_t size = 0;
    struct slot *slot;
    for (size_t i = 0; i < survey->by_count; i++) {
        size_t length = strnlen(values[i], LONGEST_VALUE);
        memcpy(key + size, values[i], length);
        key[size + length] = '\0';
        size += length + 1;
    }
    HASH_FIND(hh, counting->slots, key, size, slot);
    if (slot != NULL || HASH_COUNT(counting->slots) >= most)
        return slot;
    slot = alloc_zeroed(1, sizeof *slot + size);
    slot->key_size = size;
    memcpy(slot->key, key, size);
    slot->group.oldest_ms = slot->group.newest_ms = -1;
    HASH_ADD_KEYPTR(hh, counting->slots, slot->key, size, slot);
    return slot;
}

static void widen(int64_t *oldest_ms, int64_t *newest_ms, int64_t at_ms)
{
    if (at_ms < 0)
        return;
    if (*oldest_ms < 0 || at_ms < *oldest_ms)
        *oldest_ms = at_ms;
    if (at_ms > *newest_ms)
        *newest_ms = at_ms;
}

static bool count(void *counting_, struct entry *entry)
{
    static const char *const others[] = {"(others)", "(others)", "(others)", "(others)"};
    struct counting *counting = counting_;
    struct survey *survey = counting->survey;
    const char *values[SURVEY_BY_COUNT];
    char hour[CLOCK_ISO8601_SIZE];
    for (size_t i = 0; i < survey->by_count; i++)
        values[i] = value_of(entry, survey->by[i], hour);
    struct slot *slot = slot_for(counting, values, MOST_GROUPS);
    if (slot == NULL)
        slot = slot_for(counting, others, MOST_GROUPS + 1);
    slot->group.count++;
    widen(&slot->group.oldest_ms, &slot->group.newest_ms, entry->failed_at_ms);
    widen(&survey->oldest_ms, &survey->newest_ms, entry->failed_at_ms);
    entry_free(entry);
    return true;
}

/* ---- The result ----------------------------------------------------------------------------------- */

static int largest_first(const void *a_, const void *b_)
{
    const struct survey_group *a = a_, *b = b_;
    int order = (b->count > a->count) - (b->count < a->count);
    return order != 0 ? order : strcmp(a->values[0], b->values[0]);
}

static int earliest_first(const void *a, const void *b)
{
    return strcmp(((const struct survey_group *)a)->values[0], ((const struct survey_group *)b)->values[0]);
}

static void collect(struct counting *counting)
{
    struct survey *survey = counting->survey;
    struct slot *slot, *next;
    survey->groups = alloc_zeroed(HASH_COUNT(counting->slots) + 1, sizeof *survey->groups);
    HASH_ITER(hh, counting->slots, slot, next)
    {
        struct survey_group *group = &survey->groups[survey->group_count++];
        *group = slot->group;
        const char *value = arena_copy(&survey->arena, slot->key, slot->key_size);
        for (size_t i = 0; i < survey->by_count; i++, value += strlen(value) + 1)
            group->values[i] = value;
        HASH_DEL(counting->slots, slot);
        free(slot);
    }
    bool by_time = survey->by_count == 1 && survey->by[0] == SURVEY_HOUR;
    if (survey->group_count > 0)
        qsort(survey->groups, survey->group_count, sizeof *survey->groups, by_time ? earliest_first : largest_first);
}

int survey_run(struct survey *survey, struct letters *letters, const struct filter *filter, struct error *error)
{
    struct counting counting = {.survey = survey};
    survey->oldest_ms = survey->newest_ms = -1;
    int result = letters_each(letters, filter, count, &counting, &survey->counts, error);
    collect(&counting);
    return result;
}

static json_t *group_json(const struct survey *survey, const struct survey_group *group, int64_t new_since_ms)
{
    json_t *row = json_pack("{s:I, s:o, s:o, s:b}", "count", (json_int_t)group->count, "oldest",
                            letter_json_time(group->oldest_ms), "newest", letter_json_time(group->newest_ms), "new",
                            group->oldest_ms >= new_since_ms);
    for (size_t i = 0; i < survey->by_count; i++) {
        char *visible = text_visible(group->values[i], strlen(group->values[i]));
        json_object_set_new(row, survey_by_names[survey->by[i]], json_string(visible));
        free(visible);
    }
    return row;
}

json_t *survey_json(const struct survey *survey, const char *topic, int64_t new_since_ms)
{
    const struct letter_counts *counts = &survey->counts;
    json_t *groups = json_array();
    for (size_t i = 0; i < survey->group_count; i++)
        json_array_append_new(groups, group_json(survey, &survey->groups[i], new_since_ms));
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "topic", topic, "matched",
                     (json_int_t)counts->matched, "read", (json_int_t)counts->read, "decided",
                     (json_int_t)counts->decided, "repeats", (json_int_t)counts->repeats, "others",
                     (json_int_t)counts->others, "oldest", letter_json_time(survey->oldest_ms), "newest",
                     letter_json_time(survey->newest_ms), "groups", groups);
}

void survey_free(struct survey *survey)
{
    free(survey->groups);
    arena_free(&survey->arena);
}

#include "pipeline/origin.h"

#include <stdlib.h>
#include <string.h>

/* The header's value as text in the arena, NULL when it is not there. */
static char *header_text(const struct record_header *headers, size_t count, const char *name, struct arena *arena)
{
    for (size_t i = count; i-- > 0;)
        if (strcmp(headers[i].name, name) == 0 && headers[i].value.data != NULL)
            return arena_copy(arena, headers[i].value.data, headers[i].value.size);
    return NULL;
}

static bool header_number(const struct record_header *headers, size_t count, const char *name, struct arena *arena,
                          int64_t max, int64_t *number)
{
    char *text = header_text(headers, count, name, arena), *end;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    long long value = strtoll(text, &end, 10);
    *number = value;
    return *end == '\0' && value <= max;
}

struct record_origin origin_read(const struct record_header *headers, size_t count, const char *pipeline,
                                 struct arena *arena)
{
    struct record_origin origin = {.topic = NULL};
    const char *connector = header_text(headers, count, LETTER_CONNECT_PREFIX "connector.name", arena);
    if (connector == NULL || strcmp(connector, pipeline) != 0)
        return origin; /* somebody else's letter: its headers are the user's */
    int64_t partition;
    char *topic = header_text(headers, count, LETTER_CONNECT_PREFIX "topic", arena);
    if (topic == NULL ||
        !header_number(headers, count, LETTER_CONNECT_PREFIX "partition", arena, INT32_MAX, &partition) ||
        !header_number(headers, count, LETTER_CONNECT_PREFIX "offset", arena, INT64_MAX, &origin.offset))
        return (struct record_origin){.topic = NULL};
    header_number(headers, count, LETTER_SLUICE_PREFIX "replay.count", arena, INT64_MAX, &origin.replay_count);
    origin.topic = topic;
    origin.partition = (int32_t)partition;
    return origin;
}

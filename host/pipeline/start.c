#include "pipeline/start.h"

#include <inttypes.h>
#include <stdio.h>

static const struct position nowhere = {.offset = -1, .leader_epoch = -1};

static struct position reset_to(const struct start *start, const struct pipeline_options *options)
{
    const int64_t offsets[] = {
        [OFFSET_RESET_EARLIEST] = start->low, [OFFSET_RESET_LATEST] = start->high, [OFFSET_RESET_NONE] = -1};
    return (struct position){.offset = offsets[options->auto_offset_reset], .leader_epoch = -1};
}

/* Behind what is left of the log that was read, retention permitting: nothing is read twice, and nothing passed. */
static struct position behind_cut(const struct start *start)
{
    return start->cut_at.offset >= start->low ? start->cut_at
                                              : (struct position){.offset = start->low, .leader_epoch = -1};
}

/* A cut behind it took only what was fetched ahead and is not ours yet. */
static bool is_cut(const struct start *start)
{
    return start->cut && start->cut_at.offset < start->committed.offset;
}

/* In range, or beyond the end but of a log that is known: how much of it is left turns out when it is to be read. */
static bool can_be_tried(const struct start *start)
{
    return start->committed.offset >= start->low && !is_cut(start) &&
           (start->committed.offset <= start->high || (start->committed.leader_epoch >= 0 && !start->refused));
}

static void decide_gone(struct start *start, const struct pipeline_options *options, const char *topic,
                        int32_t partition)
{
    bool cut_known = is_cut(start) && start->cut_at.offset >= 0;
    char what[256], then[256], where[32] = "";
    struct position going_on = cut_known ? behind_cut(start) : reset_to(start, options);
    start->from = options->offsets_out_of_range == OUT_OF_RANGE_RESET ? going_on : nowhere;
    if (cut_known)
        snprintf(what, sizeof what,
                 "the log was cut at offset %" PRId64 ", and what stood there up to offset %" PRId64
                 " was read: %" PRId64 " offsets that are gone, or hold other records now",
                 start->cut_at.offset, start->committed.offset, start->committed.offset - start->cut_at.offset);
    else
        snprintf(what, sizeof what,
                 "offset %" PRId64 " is gone from the broker, which has %" PRId64 " to %" PRId64 "%s",
                 start->committed.offset, start->low, start->high,
                 is_cut(start) ? " of a log that was cut below it and written anew" : "");
    if (cut_known)
        snprintf(where, sizeof where, " to %" PRId64, going_on.offset);
    if (start->from.offset >= 0)
        snprintf(then, sizeof then, "going on at %" PRId64 " (offsets.out.of.range = reset)", start->from.offset);
    else
        snprintf(then, sizeof then,
                 "to go on, set the group's offset%s (kafka-consumer-groups.sh --reset-offsets) while Sluice is "
                 "stopped, or offsets.out.of.range = reset",
                 where);
    snprintf(start->why, sizeof start->why, "%s[%" PRId32 "]: %s; %s", topic, partition, what, then);
}

void start_decide(struct start *start, const struct pipeline_options *options, const char *topic, int32_t partition)
{
    start->why[0] = '\0';
    if (start->committed.offset < 0) {
        start->from = reset_to(start, options);
        if (start->from.offset < 0)
            snprintf(start->why, sizeof start->why,
                     "%s[%" PRId32 "]: the group has no committed offset and auto.offset.reset = none", topic,
                     partition);
    } else if (can_be_tried(start)) {
        start->from = start->committed;
    } else {
        decide_gone(start, options, topic, partition);
    }
}

static rd_kafka_resp_err_t ask(rd_kafka_t *client, const char *topic, int32_t partition, int timeout_ms,
                               const struct pipeline_options *options, struct start *start)
{
    rd_kafka_resp_err_t failure =
        rd_kafka_query_watermark_offsets(client, topic, partition, &start->low, &start->high, timeout_ms);
    start->known = failure == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (start->known)
        start_decide(start, options, topic, partition);
    return failure;
}

static int tell(rd_kafka_resp_err_t failure, struct error *error)
{
    return error_set(error, "cannot ask for start positions: %s", rd_kafka_err2str(failure));
}

int start_ask(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list, int timeout_ms,
              const struct pipeline_options *options, struct start *starts, struct error *error)
{
    enum { MOST_FAILURES = 3 }; /* each may take its time, and others wait for the answer */
    rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(list);
    rd_kafka_resp_err_t failure = rd_kafka_committed(client, committed, timeout_ms);
    int failures = failure == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : MOST_FAILURES;
    for (int i = 0; i < list->cnt; i++)
        starts[i] = (struct start){.committed = nowhere, .from = nowhere, .refused = starts[i].refused};
    for (int i = 0; i < list->cnt && failures < MOST_FAILURES; i++) {
        const rd_kafka_topic_partition_t *element = &committed->elems[i];
        if (element->offset >= 0)
            starts[i].committed = (struct position){.offset = element->offset,
                                                    .leader_epoch = rd_kafka_topic_partition_get_leader_epoch(element)};
        if (element->err != RD_KAFKA_RESP_ERR_NO_ERROR || ask(client, element->topic, element->partition, timeout_ms,
                                                              options, &starts[i]) != RD_KAFKA_RESP_ERR_NO_ERROR)
            failures++;
    }
    rd_kafka_topic_partition_list_destroy(committed);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : tell(failure, error);
}

int start_ask_again(rd_kafka_t *client, const char *topic, int32_t partition, int timeout_ms,
                    const struct pipeline_options *options, struct start *start, struct error *error)
{
    rd_kafka_resp_err_t failure = ask(client, topic, partition, timeout_ms, options, start);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : tell(failure, error);
}

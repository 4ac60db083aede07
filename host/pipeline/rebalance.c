#include "pipeline/rebalance.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ops/health.h"
#include "ops/log.h"
#include "pipeline/counters.h"
#include "pipeline/gauges.h"
#include "pipeline/intake.h"
#include "pipeline/start.h"

#include <stdlib.h>
#include <string.h>

enum { ASK_TIMEOUT_MS = 1000, ASK_AGAIN_MS = 500, STEP_MS = 20, LAST_COMMIT_MS = 2000, JOIN_AGAIN_MS = 5000 };
/* Of a partition that could not be asked while others go on: each question holds them up. */
enum { LATE_ASK_TIMEOUT_MS = 500, LATE_ASK_AGAIN_MS = 3000 };
/* Of librdkafka's own main thread. */
enum { SEEK_TIMEOUT_MS = 200 };

static bool is_cooperative(const struct rebalance *rebalance)
{
    const char *protocol = rd_kafka_rebalance_protocol(rebalance->consumer->client);
    return protocol != NULL && strcmp(protocol, "COOPERATIVE") == 0;
}

/* Answers librdkafka, which waits for exactly one answer to each callback. */
static void answer(struct rebalance *rebalance, rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_t *client = rebalance->consumer->client;
    rd_kafka_error_t *error = NULL;
    rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool assign = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    if (is_cooperative(rebalance))
        error = assign ? rd_kafka_incremental_assign(client, list) : rd_kafka_incremental_unassign(client, list);
    else
        failure = rd_kafka_assign(client, assign ? list : NULL);
    rebalance->unchecked |= assign;
    if (error != NULL)
        log_error("consumer", "%s: %s", assign ? "assign" : "unassign", rd_kafka_error_string(error));
    else if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        log_error("consumer", "%s: %s", assign ? "assign" : "unassign", rd_kafka_err2str(failure));
    if (error != NULL)
        rd_kafka_error_destroy(error);
}

static void become_steady(struct rebalance *rebalance)
{
    rd_kafka_topic_partition_list_destroy(rebalance->list);
    rebalance->list = NULL;
    rebalance->state = REBALANCE_STEADY;
}

static struct partition *partition_of(const struct rebalance *rebalance, int i)
{
    const rd_kafka_topic_partition_t *element = &rebalance->list->elems[i];
    return partitions_get(&rebalance->consumer->partitions, element->topic, element->partition);
}

/* ---- Coming -------------------------------------------------------------------------------------- */

static size_t least_loaded(const struct rebalance *rebalance)
{
    size_t least = 0;
    for (size_t i = 1; i < rebalance->lane_count; i++)
        if (rebalance->lanes[i].partitions < rebalance->lanes[least].partitions)
            least = i;
    return least;
}

static void forward(const struct rebalance *rebalance, const struct partition *partition)
{
    rd_kafka_queue_t *queue =
        rd_kafka_queue_get_partition(rebalance->consumer->client, partition->topic, partition->number);
    rd_kafka_queue_forward(queue, rebalance->lanes[partition->lane].queue);
    rd_kafka_queue_destroy(queue);
}

/* A new epoch on the lane it is bound to. */
static void start_partition(const struct rebalance *rebalance, struct partition *partition, const struct start *start)
{
    partition_begin(partition, start->from, partition->lane);
    partition->committed = start->committed.offset;
    if (!start->known) {
        partition->state = PARTITION_STARTING;
        consumer_tell_waiting(partition, "its start position is not known yet: has it a leader?");
        return;
    }
    if (start->from.offset < 0) {
        partition->state = PARTITION_STOPPED;
        consumer_tell_failed(partition, start->why);
        return;
    }
    partition->state = PARTITION_ACTIVE;
    counters_topic(partition);
    const struct lane *lane = &rebalance->lanes[partition->lane];
    const struct log_about about = {.area = "consumer",
                                    .task = lane->task_count == 1 ? (int32_t)partition->lane : -1,
                                    .topic = partition->topic,
                                    .partition = partition->number,
                                    .offset = start->from.offset};
    log_write(SLUICE_LOG_INFO, &about, "partition assigned%s",
              start->committed.offset < 0 ? ", the group has no committed offset" : "");
    if (start->why[0] != '\0')
        log_warn("consumer", "%s", start->why);
}

static void begin_partition(struct rebalance *rebalance, struct partition *partition, const struct start *start)
{
    partition->lane = least_loaded(rebalance);
    rebalance->lanes[partition->lane].partitions++;
    start_partition(rebalance, partition, start);
}

static void assign(struct rebalance *rebalance)
{
    rd_kafka_topic_partition_list_t *wanted = rebalance->list;
    struct error error;
    struct start *starts = alloc_zeroed((size_t)wanted->cnt, sizeof *starts);
    if (wanted->cnt > 0 && start_ask(rebalance->consumer->client, wanted, ASK_TIMEOUT_MS, rebalance->consumer->options,
                                     starts, &error) != 0) {
        if (rebalance->next_try_ms == 0)
            log_warn("consumer", "%s; asking again", error.text);
        health_tell("group", false, "%s", error.text);
        rebalance->next_try_ms = clock_now_ms() + ASK_AGAIN_MS;
        free(starts);
        return;
    }
    rd_kafka_topic_partition_list_t *readable = rd_kafka_topic_partition_list_new(wanted->cnt);
    for (int i = 0; i < wanted->cnt; i++) {
        struct partition *partition = partition_of(rebalance, i);
        begin_partition(rebalance, partition, &starts[i]);
        if (partition->state != PARTITION_ACTIVE)
            continue;
        partition->fetched = true;
        forward(rebalance, partition); /* before it is assigned, so that no record takes the other way */
        struct position first = starts[i].from;
        if (first.offset > starts[i].high) /* it would be refused before it is sought there: see check_positions() */
            first.offset = starts[i].high;
        consumer_add_position(readable, partition, first);
    }
    answer(rebalance, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, readable);
    rd_kafka_topic_partition_list_destroy(readable);
    free(starts);
    consumer_heard_broker(rebalance->consumer);
    health_tell("group", true, NULL);
    become_steady(rebalance);
}

/* ---- Going --------------------------------------------------------------------------------------- */

static void lane_set_deadline(const struct lane *lane, int64_t deadline_ms)
{
    for (size_t i = 0; i < lane->task_count; i++)
        if (task_is_busy(&lane->tasks[i]))
            atomic_store(&lane->tasks[i].limits.deadline_ms, deadline_ms);
}

static void begin_drain(struct rebalance *rebalance, int64_t now_ms)
{
    rebalance->deadline_ms = now_ms + rebalance->drain_timeout_ms;
    for (int i = 0; i < rebalance->list->cnt; i++) {
        struct partition *partition = partition_of(rebalance, i);
        partition_clear_units(partition);
        if (partition->state == PARTITION_ACTIVE)
            partition->state = PARTITION_DRAINING;
        if (partition->inside > 0)
            lane_set_deadline(&rebalance->lanes[partition->lane], rebalance->deadline_ms);
    }
}

static bool is_drained(const struct rebalance *rebalance)
{
    for (int i = 0; i < rebalance->list->cnt; i++) {
        const struct partition *partition = partition_of(rebalance, i);
        if (partition->state == PARTITION_DRAINING && (partition->inside > 0 || partition->letters > 0))
            return false;
    }
    return true;
}

/* The partitions are gone; what is still inside a plugin is forgotten when it comes back. */
static void let_go(struct rebalance *rebalance)
{
    rd_kafka_topic_partition_list_t *readable = rd_kafka_topic_partition_list_new(rebalance->list->cnt);
    for (int i = 0; i < rebalance->list->cnt; i++) {
        struct partition *partition = partition_of(rebalance, i);
        const struct log_about about = {.area = "consumer",
                                        .task = -1,
                                        .topic = partition->topic,
                                        .partition = partition->number,
                                        .offset = partition->committed};
        if (!partition_owned(partition))
            continue;
        if (partition->fetched)
            rd_kafka_topic_partition_list_add(readable, partition->topic, partition->number);
        partition->fetched = false;
        intake_resume(rebalance->consumer, partition); /* a pause would outlive the assignment */
        log_write(SLUICE_LOG_INFO, &about, "partition given up%s",
                  partition->inside > 0 ? " while a batch of it is inside a plugin" : "");
        consumer_forget_partition(partition);
        gauges_forget(partition);
        rebalance->lanes[partition->lane].partitions--;
        partition_end(partition);
    }
    /* The answer makes a cooperative member join again.  A commit that arrives between the group's new generation and
     * our hearing of it is refused, and librdkafka takes all that is left to us for lost. */
    rebalance->joins_again = is_cooperative(rebalance) && !rebalance->closing;
    if (rebalance->joins_again)
        commits_hold(rebalance->commits, clock_now_ms() + JOIN_AGAIN_MS);
    answer(rebalance, RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS, readable);
    rd_kafka_topic_partition_list_destroy(readable);
    become_steady(rebalance);
}

/* What goes on elsewhere always has something to commit: only what is going is waited for, and what is on its way. */
static bool wants_commit(const struct rebalance *rebalance)
{
    for (int i = 0; i < rebalance->list->cnt; i++)
        if (commits_wants(partition_of(rebalance, i)))
            return true;
    return false;
}

static void drain(struct rebalance *rebalance, int64_t now_ms)
{
    if (rd_kafka_assignment_lost(rebalance->consumer->client)) {
        let_go(rebalance);
        return;
    }
    if (rebalance->state == REBALANCE_DRAINING && (is_drained(rebalance) || now_ms >= rebalance->deadline_ms)) {
        rebalance->state = REBALANCE_COMMITTING;
        rebalance->deadline_ms = now_ms + LAST_COMMIT_MS;
    }
    if (rebalance->state != REBALANCE_COMMITTING)
        return;
    bool waiting =
        commits_under_way(rebalance->commits) || (wants_commit(rebalance) && commits_send(rebalance->commits));
    if (!waiting || now_ms >= rebalance->deadline_ms)
        let_go(rebalance);
}

/* ---- Going on elsewhere -------------------------------------------------------------------------- */

/* librdkafka compares a position with the log when the leader changes and on a seek, not when it begins there
 * (rdkafka_offset.c, rd_kafka_offset_validate).  So whatever begins where a leader is known of the log before it is
 * sought there, and taken from only then: a log that was cut meanwhile is told as one that is cut while it is read.
 * Refused are those that librdkafka has not begun with, as it does once no commit is under way. */
static void check_positions(struct rebalance *rebalance)
{
    struct partitions *partitions = &rebalance->consumer->partitions;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < partitions->count; i++) {
        const struct partition *partition = partitions->all[i];
        if (partition->unchecked && partition->fetched && partition->state == PARTITION_ACTIVE)
            consumer_add_position(list, partition, partition->offsets.next);
    }
    if (list->cnt > 0)
        rd_kafka_error_destroy(rd_kafka_seek_partitions(rebalance->consumer->client, list, SEEK_TIMEOUT_MS));
    rebalance->unchecked = false;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &list->elems[i];
        struct partition *partition = partitions_find(partitions, element->topic, element->partition);
        partition->unchecked = element->err != RD_KAFKA_RESP_ERR_NO_ERROR;
        rebalance->unchecked |= partition->unchecked;
    }
    rd_kafka_topic_partition_list_destroy(list);
}

/* Reads a partition of ours from another offset: that of its next record.  A seek does not do: librdkafka refuses it
 * once the position was out of range.  An eager assignment is replaced as a whole. */
static void assign_again(struct rebalance *rebalance, const struct partition *moved)
{
    const struct partitions *partitions = &rebalance->consumer->partitions;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    bool alone = is_cooperative(rebalance);
    for (size_t i = 0; i < partitions->count; i++) {
        struct partition *partition = partitions->all[i];
        if (!partition->fetched || (alone && partition != moved))
            continue;
        consumer_add_position(list, partition, partition->offsets.next);
        partition->unchecked = partition->offsets.next.leader_epoch >= 0;
    }
    answer(rebalance, RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS, list);
    /* Stopping a partition ends its forwarding, in librdkafka's main thread: any question that thread answers comes
     * back after that (rdkafka_partition.c, rd_kafka_toppar_fetch_stop). */
    is_cooperative(rebalance);
    for (int i = 0; i < list->cnt; i++)
        forward(rebalance,
                partitions_find(&rebalance->consumer->partitions, list->elems[i].topic, list->elems[i].partition));
    answer(rebalance, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* The offset to go on from was not on the broker: retention has overtaken us, or the log was cut.  What is in hand is
 * delivered whatever becomes of the rest.  -1: the broker does not answer. */
static int find_position(struct rebalance *rebalance, struct partition *partition)
{
    const struct consumer *consumer = rebalance->consumer;
    struct start start = {
        .committed = partition->offsets.next, .refused = true, .cut = partition->log_cut, .cut_at = partition->cut_at};
    struct error error;
    if (start_ask_again(consumer->client, partition->topic, partition->number, LATE_ASK_TIMEOUT_MS, consumer->options,
                        &start, &error) != 0) {
        consumer_tell_waiting(partition, error.text);
        return -1;
    }
    if (start.from.offset < 0) {
        consumer_tell_failed(partition, start.why);
        partition->position_lost = false;
        partition->unreadable = true; /* whatever is written there from now on */
        return 0;
    }
    bool back = start.from.offset < partition->offsets.next.offset;
    if (back && offsets_unfinished(&partition->offsets) > 0)
        return 0; /* once it is delivered: it may be of the part of the log that is left */
    if (start.why[0] != '\0')
        log_warn("consumer", "%s", start.why);
    intake_resume(rebalance->consumer, partition); /* a pause would outlive the assignment */
    if (back) {
        partition_end(partition);
        partition_begin(partition, start.from, partition->lane);
        partition->state = PARTITION_ACTIVE;
    }
    offsets_end_of_partition(&partition->offsets, start.from.offset);
    /* What that was about is behind. */
    partition->position_lost = partition->log_cut = partition->unreadable = false;
    consumer_forget_partition(partition);
    assign_again(rebalance, partition);
    return 0;
}

/* A partition that could not be asked when it was assigned: the others have gone on without it.  Whether it is to be
 * read from now on. */
static bool start_late(struct rebalance *rebalance, struct partition *partition)
{
    struct consumer *consumer = rebalance->consumer;
    struct start start = {.refused = true}; /* what lies beyond the end is not tried here */
    struct error error;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, partition->topic, partition->number);
    start_ask(consumer->client, list, LATE_ASK_TIMEOUT_MS, consumer->options, &start, &error);
    rd_kafka_topic_partition_list_destroy(list);
    consumer_serve(consumer, clock_now_ms()); /* it may have been taken away meanwhile */
    if (!start.known || rebalance->state != REBALANCE_STEADY || partition->state != PARTITION_STARTING)
        return false;
    consumer_forget_partition(partition);
    start_partition(rebalance, partition, &start);
    partition->fetched = partition->state == PARTITION_ACTIVE;
    return partition->fetched;
}

/* One that is new to librdkafka's assignment. */
static void assign_late(struct rebalance *rebalance, const struct partition *partition)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    consumer_add_position(list, partition, partition->offsets.next);
    forward(rebalance, partition);
    answer(rebalance, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* All that can be asked by now, up to the first that cannot: with that one's neighbour it begins the next time. */
static void start_late_ones(struct rebalance *rebalance, int64_t now_ms)
{
    const struct partitions *partitions = &rebalance->consumer->partitions;
    const struct partition *started = NULL;
    if (now_ms < rebalance->next_late_ms)
        return;
    bool cooperative = is_cooperative(rebalance), failed = false;
    for (size_t looked = 0; looked < partitions->count && !failed; looked++) {
        struct partition *partition = partitions->all[rebalance->next_late++ % partitions->count];
        if (partition->state != PARTITION_STARTING)
            continue;
        if (!start_late(rebalance, partition))
            failed = true;
        else if (cooperative)
            assign_late(rebalance, partition);
        else
            started = partition;
        rebalance->next_late_ms = clock_now_ms() + LATE_ASK_AGAIN_MS;
    }
    if (started != NULL && rebalance->state == REBALANCE_STEADY) /* once for all of them */
        assign_again(rebalance, started);
}

/* As those that are late: each that cannot be asked holds the others up. */
static void find_lost_positions(struct rebalance *rebalance, int64_t now_ms)
{
    const struct partitions *partitions = &rebalance->consumer->partitions;
    bool failed = false;
    if (now_ms < rebalance->next_lost_ms)
        return;
    for (size_t looked = 0; looked < partitions->count && !failed; looked++) {
        struct partition *partition = partitions->all[rebalance->next_lost++ % partitions->count];
        if (!partition->position_lost || partition->state != PARTITION_ACTIVE)
            continue;
        failed = find_position(rebalance, partition) != 0;
        rebalance->next_lost_ms = clock_now_ms() + (failed ? LATE_ASK_AGAIN_MS : ASK_AGAIN_MS);
    }
}

/* ---- From outside -------------------------------------------------------------------------------- */

void rebalance_wanted(struct rebalance *rebalance, rd_kafka_resp_err_t what,
                      const rd_kafka_topic_partition_list_t *list)
{
    bool assigned = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    counters_rebalance(assigned);
    if (!assigned || !rebalance->joins_again)
        commits_hold(rebalance->commits, 0); /* the generation is known now */
    rebalance->joins_again = false;          /* an assignment right behind a revocation is still of the old one */
    if (rebalance->list != NULL)
        become_steady(rebalance);
    rebalance->list = rd_kafka_topic_partition_list_copy(list);
    rebalance->next_try_ms = 0;
    if (assigned && rebalance->closing) {
        answer(rebalance, what, list);
        become_steady(rebalance);
    } else if (assigned) {
        rebalance->state = REBALANCE_ASSIGNING;
    } else if (rebalance->closing || rd_kafka_assignment_lost(rebalance->consumer->client)) {
        let_go(rebalance);
    } else {
        rebalance->state = REBALANCE_DRAINING;
        begin_drain(rebalance, clock_now_ms());
    }
}

int64_t rebalance_serve(struct rebalance *rebalance, int64_t now_ms)
{
    if (rebalance->state == REBALANCE_ASSIGNING && now_ms >= rebalance->next_try_ms)
        assign(rebalance);
    else if (rebalance->state == REBALANCE_DRAINING || rebalance->state == REBALANCE_COMMITTING)
        drain(rebalance, now_ms);
    else if (rebalance->state == REBALANCE_STEADY && !rebalance->closing) {
        find_lost_positions(rebalance, now_ms);
        start_late_ones(rebalance, now_ms);
    }
    if (rebalance->unchecked && !rebalance->closing)
        check_positions(rebalance);
    return rebalance->state == REBALANCE_STEADY && !rebalance->unchecked ? INT64_MAX : STEP_MS;
}

void rebalance_close(struct rebalance *rebalance)
{
    rebalance->closing = true;
    if (rebalance->state == REBALANCE_ASSIGNING) {
        answer(rebalance, RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, rebalance->list);
        become_steady(rebalance);
    } else if (rebalance->list != NULL) {
        let_go(rebalance);
    }
}

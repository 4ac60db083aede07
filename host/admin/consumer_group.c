#include "admin/consumer_group.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "pipeline/clients.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ID_TIMEOUT_MS = 2000, ASK_TIMEOUT_MS = 10000, POLL_MS = 100 };

/* ---- The client ----------------------------------------------------------------------------------- */

void consumer_group_init(struct consumer_group *group, const struct pipeline_config *config,
                         const struct settings *settings, const atomic_bool *stopping)
{
    *group = (struct consumer_group){.config = config, .settings = settings, .stopping = stopping};
    pthread_mutex_init(&group->lock, NULL);
}

void consumer_group_close(struct consumer_group *group)
{
    if (group->client != NULL)
        rd_kafka_destroy(group->client);
    free(group->name);
    pthread_mutex_destroy(&group->lock);
}

static void prepare(rd_kafka_conf_t *conf)
{
    (void)conf; /* nothing is heard of it but its answers */
}

static char *group_of(rd_kafka_t *client)
{
    size_t size = 0;
    rd_kafka_conf_get(rd_kafka_conf(client), "group.id", NULL, &size);
    char *group = alloc_zeroed(size + 1, 1);
    rd_kafka_conf_get(rd_kafka_conf(client), "group.id", group, &size);
    return group;
}

/* A consumer, which joins no group before it subscribes: its settings are the ones that name the group. */
static int open_client(struct consumer_group *group, struct error *error)
{
    int result = 0;
    pthread_mutex_lock(&group->lock);
    if (group->client == NULL)
        result = client_open_short_lived(&group->client, RD_KAFKA_CONSUMER, group->config, group->settings, prepare,
                                         NULL, error);
    if (result == 0 && group->name == NULL)
        group->name = group_of(group->client);
    pthread_mutex_unlock(&group->lock);
    return result;
}

char *consumer_group_cluster_id(struct consumer_group *group)
{
    struct error error;
    if (open_client(group, &error) != 0)
        return NULL;
    char *theirs = rd_kafka_clusterid(group->client, ID_TIMEOUT_MS); /* cached by librdkafka */
    char *id = theirs != NULL ? alloc_text(theirs) : NULL;
    if (theirs != NULL)
        rd_kafka_mem_free(group->client, theirs);
    return id;
}

/* ---- A question about the group ------------------------------------------------------------------- */

/* One of librdkafka's admin requests. */
struct question {
    const char *what; /* "reset offsets of" */
    rd_kafka_admin_op_t op;
    void (*send)(const struct consumer_group *group, const rd_kafka_topic_partition_list_t *offsets,
                 const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue);
    const rd_kafka_group_result_t **(*groups)(rd_kafka_event_t *answer, size_t *count);
};

static enum group_answer tell(const struct consumer_group *group, const struct question *question,
                              rd_kafka_resp_err_t failure, struct error *error)
{
    switch (failure) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND: /* then it has no offsets */ return GROUP_OK;
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
    case RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC:
        error_set(
            error,
            "cannot %s the group %s, which still has members (%s): another process of this pipeline, to be stopped "
            "as well, or a static member whose session has yet to end (session.timeout.ms); try again then",
            question->what, group->name, rd_kafka_err2name(failure));
        return GROUP_HAS_MEMBERS;
    default:
        error_set(error, "cannot %s the group %s: %s", question->what, group->name, rd_kafka_err2str(failure));
        return failure == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? GROUP_NO_SUCH_PARTITION : GROUP_FAILED;
    }
}

static rd_kafka_event_t *wait_for(const struct consumer_group *group, rd_kafka_queue_t *queue)
{
    int64_t until_ms = clock_now_ms() + ASK_TIMEOUT_MS + 1000;
    rd_kafka_event_t *event = NULL;
    while (event == NULL && clock_now_ms() < until_ms && !atomic_load(group->stopping))
        event = rd_kafka_queue_poll(queue, POLL_MS);
    return event;
}

/* The first failure: of the request, of the group, of a partition. */
static rd_kafka_resp_err_t failure_in(const rd_kafka_group_result_t *group)
{
    const rd_kafka_error_t *failure = rd_kafka_group_result_error(group);
    const rd_kafka_topic_partition_list_t *partitions = rd_kafka_group_result_partitions(group);
    if (failure != NULL)
        return rd_kafka_error_code(failure);
    for (int i = 0; partitions != NULL && i < partitions->cnt; i++)
        if (partitions->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
            return partitions->elems[i].err;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* found: what the answer says of partitions, the caller's; may be NULL. */
static enum group_answer ask(struct consumer_group *group, const struct question *question,
                             const rd_kafka_topic_partition_list_t *offsets, rd_kafka_topic_partition_list_t **found,
                             struct error *error)
{
    char why[256];
    if (open_client(group, error) != 0)
        return GROUP_FAILED;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(group->client);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(group->client, question->op);
    rd_kafka_AdminOptions_set_request_timeout(options, ASK_TIMEOUT_MS, why, sizeof why);
    question->send(group, offsets, options, queue);
    rd_kafka_event_t *event = wait_for(group, queue);
    rd_kafka_resp_err_t failure = event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        size_t count;
        const rd_kafka_group_result_t **groups = question->groups(event, &count);
        failure = count == 1 ? failure_in(groups[0]) : RD_KAFKA_RESP_ERR__FAIL;
        if (failure == RD_KAFKA_RESP_ERR_NO_ERROR && found != NULL)
            *found = rd_kafka_topic_partition_list_copy(rd_kafka_group_result_partitions(groups[0]));
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return tell(group, question, failure, error);
}

/* ---- The questions -------------------------------------------------------------------------------- */

static void send_list(const struct consumer_group *group, const rd_kafka_topic_partition_list_t *offsets,
                      const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    rd_kafka_ListConsumerGroupOffsets_t *request = rd_kafka_ListConsumerGroupOffsets_new(group->name, offsets);
    rd_kafka_ListConsumerGroupOffsets(group->client, &request, 1, options, queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(request);
}

static const rd_kafka_group_result_t **listed(rd_kafka_event_t *answer, size_t *count)
{
    return rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(answer),
                                                           count);
}

static void send_alter(const struct consumer_group *group, const rd_kafka_topic_partition_list_t *offsets,
                       const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    rd_kafka_AlterConsumerGroupOffsets_t *request = rd_kafka_AlterConsumerGroupOffsets_new(group->name, offsets);
    rd_kafka_AlterConsumerGroupOffsets(group->client, &request, 1, options, queue);
    rd_kafka_AlterConsumerGroupOffsets_destroy(request);
}

static const rd_kafka_group_result_t **altered(rd_kafka_event_t *answer, size_t *count)
{
    return rd_kafka_AlterConsumerGroupOffsets_result_groups(rd_kafka_event_AlterConsumerGroupOffsets_result(answer),
                                                            count);
}

static void send_forget(const struct consumer_group *group, const rd_kafka_topic_partition_list_t *offsets,
                        const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    rd_kafka_DeleteConsumerGroupOffsets_t *request = rd_kafka_DeleteConsumerGroupOffsets_new(group->name, offsets);
    rd_kafka_DeleteConsumerGroupOffsets(group->client, &request, 1, options, queue);
    rd_kafka_DeleteConsumerGroupOffsets_destroy(request);
}

static const rd_kafka_group_result_t **forgotten(rd_kafka_event_t *answer, size_t *count)
{
    return rd_kafka_DeleteConsumerGroupOffsets_result_groups(rd_kafka_event_DeleteConsumerGroupOffsets_result(answer),
                                                             count);
}

static void send_delete(const struct consumer_group *group, const rd_kafka_topic_partition_list_t *offsets,
                        const rd_kafka_AdminOptions_t *options, rd_kafka_queue_t *queue)
{
    (void)offsets;
    rd_kafka_DeleteGroup_t *request = rd_kafka_DeleteGroup_new(group->name);
    rd_kafka_DeleteGroups(group->client, &request, 1, options, queue);
    rd_kafka_DeleteGroup_destroy(request);
}

static const rd_kafka_group_result_t **deleted(rd_kafka_event_t *answer, size_t *count)
{
    return rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(answer), count);
}

static const struct question list_offsets = {"ask for the offsets of", RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
                                             send_list, listed};
static const struct question alter_offsets = {"change the offsets of", RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS,
                                              send_alter, altered};
static const struct question forget_offsets = {"reset offsets of", RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS,
                                               send_forget, forgotten};
static const struct question delete_group = {"reset the offsets of", RD_KAFKA_ADMIN_OP_DELETEGROUPS, send_delete,
                                             deleted};

/* ---- Offsets -------------------------------------------------------------------------------------- */

enum group_answer consumer_group_offsets(struct consumer_group *group, rd_kafka_topic_partition_list_t **offsets,
                                         struct error *error)
{
    rd_kafka_topic_partition_list_t *found = NULL;
    enum group_answer answer = ask(group, &list_offsets, NULL, &found, error);
    *offsets = rd_kafka_topic_partition_list_new(0);
    for (int i = 0; found != NULL && i < found->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &found->elems[i];
        if (one->offset >= 0)
            rd_kafka_topic_partition_list_add(*offsets, one->topic, one->partition)->offset = one->offset;
    }
    rd_kafka_topic_partition_list_sort(*offsets, NULL, NULL);
    if (found != NULL)
        rd_kafka_topic_partition_list_destroy(found);
    return answer;
}

static enum group_answer check_partition(struct consumer_group *group, const rd_kafka_topic_partition_t *wanted,
                                         struct error *error)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(group->client, wanted->topic, NULL);
    rd_kafka_resp_err_t failure = rd_kafka_metadata(group->client, 0, handle, &metadata, ASK_TIMEOUT_MS);
    rd_kafka_topic_destroy(handle);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "no broker answers about %s: %s", wanted->topic, rd_kafka_err2str(failure));
        return GROUP_FAILED;
    }
    const rd_kafka_metadata_topic_t *topic = &metadata->topics[0];
    enum group_answer answer = GROUP_OK;
    if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        error_set(error, "topic %s: %s", wanted->topic, rd_kafka_err2str(topic->err));
        answer = GROUP_NO_SUCH_PARTITION;
    } else if (wanted->partition >= topic->partition_cnt) {
        error_set(error, "topic %s has %d partitions, got partition %" PRId32, wanted->topic, topic->partition_cnt,
                  wanted->partition);
        answer = GROUP_NO_SUCH_PARTITION;
    }
    rd_kafka_metadata_destroy(metadata);
    return answer;
}

enum group_answer consumer_group_alter_offsets(struct consumer_group *group,
                                               const rd_kafka_topic_partition_list_t *offsets, struct error *error)
{
    rd_kafka_topic_partition_list_t *kept = rd_kafka_topic_partition_list_new(offsets->cnt);
    rd_kafka_topic_partition_list_t *gone = rd_kafka_topic_partition_list_new(offsets->cnt);
    enum group_answer answer = open_client(group, error) == 0 ? GROUP_OK : GROUP_FAILED;
    for (int i = 0; i < offsets->cnt && answer == GROUP_OK; i++) {
        const rd_kafka_topic_partition_t *wanted = &offsets->elems[i];
        rd_kafka_topic_partition_list_add(wanted->offset >= 0 ? kept : gone, wanted->topic, wanted->partition)->offset =
            wanted->offset;
        answer = check_partition(group, wanted, error);
    }
    if (answer == GROUP_OK && kept->cnt > 0)
        answer = ask(group, &alter_offsets, kept, NULL, error);
    if (answer == GROUP_OK && gone->cnt > 0)
        answer = ask(group, &forget_offsets, gone, NULL, error);
    rd_kafka_topic_partition_list_destroy(kept);
    rd_kafka_topic_partition_list_destroy(gone);
    return answer;
}

/* As Kafka Connect does: the group is deleted, and with it all that is known of it. */
enum group_answer consumer_group_reset_offsets(struct consumer_group *group, struct error *error)
{
    return ask(group, &delete_group, NULL, NULL, error);
}

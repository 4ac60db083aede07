#include "check/group.h"

#include "check/found.h"

#include <string.h>

enum { RETRY_MS = 200 };

/* The property as the consumer has it, ours where the files say nothing. */
static const char *property(const struct cluster *cluster, const char *name, char *text, size_t size)
{
    text[0] = '\0';
    rd_kafka_conf_get(rd_kafka_conf(cluster->client), name, text, &size);
    return text;
}

static rd_kafka_event_t *describe(struct cluster *cluster, const char *group)
{
    rd_kafka_AdminOptions_t *options = cluster_options(cluster, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_error_destroy(rd_kafka_AdminOptions_set_include_authorized_operations(options, 1));
    rd_kafka_DescribeConsumerGroups(cluster->client, &group, 1, options, cluster->answers);
    rd_kafka_AdminOptions_destroy(options);
    return cluster_expect(cluster, RD_KAFKA_EVENT_DESCRIBECONSUMERGROUPS_RESULT, 1, "the consumer group");
}

static void tell_failure(struct cluster *cluster, const char *group, const rd_kafka_error_t *failure,
                         const struct place *place)
{
    char user[128];
    switch (rd_kafka_error_code(failure)) {
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        found_error(cluster->check, place, "group %s is not ours to see: %s needs READ and DESCRIBE on it", group,
                    cluster_user(cluster, user, sizeof user));
        break;
    case RD_KAFKA_RESP_ERR__INVALID_ARG: /* its members speak another protocol, which the text names */
        found_error(cluster->check, place, "group %s is in use, and not by consumers: %s Wanted another group.id",
                    group, rd_kafka_error_string(failure));
        break;
    default: found_error(cluster->check, place, "group %s: %s", group, rd_kafka_error_string(failure));
    }
}

/* Is it one of a list: "range,roundrobin"? */
static bool is_listed(const char *list, const char *strategy)
{
    size_t size = strlen(strategy);
    for (const char *item = list; *item != '\0'; item += strspn(item, ", ")) {
        size_t item_size = strcspn(item, ", ");
        if (item_size == size && strncmp(item, strategy, size) == 0)
            return true;
        item += item_size;
    }
    return false;
}

/* Members that do not share our strategy keep us out until they have left. */
static void tell_members(struct cluster *cluster, const char *group,
                         const rd_kafka_ConsumerGroupDescription_t *description, const struct place *place)
{
    char ours[256];
    const char *theirs = rd_kafka_ConsumerGroupDescription_partition_assignor(description);
    size_t members = rd_kafka_ConsumerGroupDescription_member_count(description);
    property(cluster, "partition.assignment.strategy", ours, sizeof ours);
    if (members > 0 && theirs != NULL && theirs[0] != '\0' && !is_listed(ours, theirs))
        found_warning(cluster->check, place,
                      "group %s has %zu member%s with partition.assignment.strategy = %s, ours is %s: unless they know "
                      "ours too, `run` waits until they have left",
                      group, members, members == 1 ? "" : "s", theirs, ours);
    else if (members > 0)
        found_fine(cluster->check, "group %s: %zu member%s, %s", group, members, members == 1 ? "" : "s", theirs);
    else
        found_fine(cluster->check, "group %s: no members", group);
}

/* What a coordinator says that is not ready, or that is another broker by now, which librdkafka passes on. */
static bool is_passing(const rd_kafka_error_t *failure)
{
    switch (failure != NULL ? rd_kafka_error_code(failure) : RD_KAFKA_RESP_ERR_NO_ERROR) {
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS: return true;
    default: return false;
    }
}

static const rd_kafka_ConsumerGroupDescription_t *description_in(rd_kafka_event_t *answer)
{
    size_t count;
    return rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(answer),
                                                         &count)[0];
}

static void judge(struct cluster *cluster, const char *group, const rd_kafka_ConsumerGroupDescription_t *description)
{
    char user[128];
    size_t allowed_count;
    const struct place *place = cluster_place(cluster, "group.id");
    const rd_kafka_error_t *failure = rd_kafka_ConsumerGroupDescription_error(description);
    const rd_kafka_AclOperation_t *allowed =
        rd_kafka_ConsumerGroupDescription_authorized_operations(description, &allowed_count);
    if (failure != NULL)
        tell_failure(cluster, group, failure, place);
    else if (!cluster_allows(allowed, allowed_count, RD_KAFKA_ACL_OPERATION_READ))
        found_error(cluster->check, place, "group %s is not ours to join: %s needs READ on it", group,
                    cluster_user(cluster, user, sizeof user));
    else
        tell_members(cluster, group, description, place);
}

void group_check(struct cluster *cluster)
{
    char group[512];
    property(cluster, "group.id", group, sizeof group);
    rd_kafka_event_t *answer = describe(cluster, group);
    while (answer != NULL && is_passing(rd_kafka_ConsumerGroupDescription_error(description_in(answer))) &&
           cluster_time_left_ms(cluster) > RETRY_MS) {
        rd_kafka_event_destroy(answer);
        cluster_serve(cluster, RETRY_MS);
        answer = describe(cluster, group);
    }
    if (answer == NULL)
        return;
    judge(cluster, group, description_in(answer));
    rd_kafka_event_destroy(answer);
}

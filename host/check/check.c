#include "check/check.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "check/brokers.h"
#include "check/dead_letter.h"
#include "check/found.h"
#include "check/group.h"
#include "check/sink.h"
#include "check/topics.h"

#include <stdlib.h>

/* A cluster that has something to answer with; told when it has not. */
static bool reach(struct cluster *cluster, struct check *check, rd_kafka_type_t type, int64_t deadline_ms)
{
    struct error error;
    if (cluster_open(cluster, check, type, deadline_ms, &error) == 0)
        return brokers_check(cluster);
    found_error(check, NULL, "%s", error.text);
    return false;
}

static void check_letters(struct check *check, const sluice_list *sources, int64_t deadline_ms)
{
    struct cluster producer;
    if (reach(&producer, check, RD_KAFKA_PRODUCER, deadline_ms))
        dead_letter_check(&producer, sources);
    else
        found_skipped(check, "the dead letter topic: no broker to ask");
    cluster_close(&producer);
}

bool check_servers(struct check *check)
{
    struct cluster consumer;
    int64_t deadline_ms = clock_now_ms() + check->timeout_ms;
    found_progress(check, "the brokers");
    bool reached = reach(&consumer, check, RD_KAFKA_CONSUMER, deadline_ms);
    sluice_list topics = topics_wanted(&consumer);
    if (reached) {
        topics_check(&consumer, &topics);
        group_check(&consumer);
    } else {
        found_skipped(check, "topics and group: no broker to ask");
    }
    if (check->config->pipeline.dead_letter_topic != NULL)
        check_letters(check, &topics, deadline_ms);
    found_progress(check, "the sink");
    bool back = sink_check(check, &topics);
    if (!back)
        return false;
    free((void *)topics.items);
    cluster_close(&consumer);
    found_free(check);
    return true;
}

/* pipeline/topics.h - the topics that a pipeline subscribes to, and those that are not there yet: they are waited for,
 * and /ready says so.  Never created by us.  The poller's alone.
 * Neighbours: consumer.h (whose subscription). */
#ifndef SLUICE_PIPELINE_TOPICS_H
#define SLUICE_PIPELINE_TOPICS_H

#include "base/error.h"
#include "config/pipeline_config.h"

#include <librdkafka/rdkafka.h>

struct topics {
    const struct pipeline_options *options;
    bool *missing;   /* one for each of options->topics */
    char **nearest;  /* names that are there, for those that are missing; NULL: none is near */
    bool none_match; /* options->topics_regex matches no topic that is there */
    int64_t next_check_ms;
};

void topics_init(struct topics *topics, const struct pipeline_options *options);
void topics_free(struct topics *topics);
int topics_subscribe(const struct topics *topics, rd_kafka_t *client, struct error *error);
/* librdkafka has told that a topic of ours cannot be read. */
void topics_note_missing(struct topics *topics, const char *topic, rd_kafka_resp_err_t failure);
/* Looks for those that are missing, now and then; half a second at most. */
void topics_serve(struct topics *topics, rd_kafka_t *client, int64_t now_ms);

#endif

/* pipeline/clients.h - from [kafka], [kafka.consumer] and [kafka.producer] to librdkafka's two clients: our defaults,
 * the user's keys, the ones our promises own, memory from the budget.
 * Neighbours: budget.h, rebalance.h (the consumer's user), dead_letter.h (the producer's). */
#ifndef SLUICE_PIPELINE_CLIENTS_H
#define SLUICE_PIPELINE_CLIENTS_H

#include "base/error.h"
#include "config/pipeline_config.h"
#include "pipeline/budget.h"

#include <librdkafka/rdkafka.h>

/* What a client is made of.  Both confs belong to the plan until a client takes one. */
struct client_plan {
    rd_kafka_conf_t *consumer, *producer;
    int64_t rebalance_drain_timeout_ms;
    int64_t max_poll_interval_ms;
};

/* [main] Everything that is wrong with the keys and values goes to problems, each with its place. */
void client_plan_init(struct client_plan *plan, const struct pipeline_config *config, const struct settings *settings,
                      struct problems *problems);
void client_plan_free(struct client_plan *plan);

/* [any] Where the files set a property of a client: in its own section or in [kafka]; NULL: nowhere. */
const struct setting *client_setting(const struct settings *settings, rd_kafka_type_t type, const char *key);

/* [any] A client that is there for a moment, beside the pipeline's: its troubles are told by who uses it, not logged,
 * and it pushes no metrics to the broker (KIP-714), for whose last push rd_kafka_destroy() waits a second.  prepare()
 * sets its callbacks, with opaque as theirs. */
int client_open_short_lived(rd_kafka_t **client, rd_kafka_type_t type, const struct pipeline_config *config,
                            const struct settings *settings, void (*prepare)(rd_kafka_conf_t *conf), void *opaque,
                            struct error *error);

/* [main] Creates both clients and ends them again, for what only rd_kafka_new() finds (measured: a session timeout
 * above max.poll.interval.ms, mixed assignment strategies, a missing CA file).  Asks no server. */
void clients_validate(const struct pipeline_config *config, const struct settings *settings, struct problems *problems);

#endif

/* dlq/sender.h - what work on dead letters writes to Kafka: decisions to the state topic (which it makes, compacted,
 * where it is not there), and letters replayed to a topic.  One idempotent producer with the pipeline's own settings.
 * Neighbours: decisions.h (reads them back), replay.h (who sends). */
#ifndef SLUICE_DLQ_SENDER_H
#define SLUICE_DLQ_SENDER_H

#include "dlq/decisions.h"

struct sender;

/* state_topic lives as long as the sender.  replicas: the state topic's, when it is made.  warning: filled when the
 * topic there is not compacted, so that decisions would be forgotten; "" otherwise. */
int sender_open(struct sender **sender, const struct pipeline_config *config, const struct settings *settings,
                const char *state_topic, bool state_is_there, int replicas, struct error *warning, struct error *error);
void sender_close(struct sender *sender); /* NULL is fine; what was not flushed is given up */

/* Queues a decision, and waits while 100 are on their way; fails once one has not arrived.  sender_flush() tells of the
 * last ones. */
int sender_decide(struct sender *sender, const struct entry *entry, const struct decision *decision,
                  struct error *error);

/* Sends one record and waits until all in-sync replicas have it, for 60 s at most.  partition: RD_KAFKA_PARTITION_UA
 * for the partitioner's choice.  Takes the headers over. */
rd_kafka_resp_err_t sender_produce(struct sender *sender, const char *topic, int32_t partition,
                                   const struct record *record, rd_kafka_headers_t *headers);

/* Waits for everything queued, up to 30 s. */
int sender_flush(struct sender *sender, struct error *error);

/* "alice@host", for the life of the process. */
const char *sender_operator(void);

#endif

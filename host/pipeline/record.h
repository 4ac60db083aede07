/* pipeline/record.h - one record on its way: Kafka's message while its payload is borrowed, a copy of our own once it
 * has to wait (a borrowed payload pins the whole fetch response it came in).
 * Neighbours: unit.h (where it waits), batch.h (what it travels in), plugin/boundary.h (what plugins see of it). */
#ifndef SLUICE_PIPELINE_RECORD_H
#define SLUICE_PIPELINE_RECORD_H

#include "pipeline/origin.h"

#include <librdkafka/rdkafka.h>

struct partition;
struct unit;

struct record {
    struct record *next;         /* in its unit's queue */
    struct partition *partition; /* the poller's; to anybody else only a name */
    uint64_t epoch;              /* of the partition when it was delivered */
    struct unit *unit;           /* the poller's, and gone once the epoch is over */
    const char *topic;           /* the partition's: as long as the pipeline */
    int32_t partition_number;
    rd_kafka_message_t *message; /* borrowed from librdkafka; NULL once copied out */
    void *copy;                  /* key and value of a record that waits; NULL before */
    rd_kafka_headers_t *headers; /* the message's, or our own beside a copy; NULL: none */
    sluice_bytes key, value;     /* as consumed */
    int64_t offset;
    int64_t timestamp_ms;
    sluice_timestamp_type timestamp_type;
    size_t bytes;           /* what it counts for in the budget */
    int64_t arrived_ms;     /* clock_now_ms() when it was taken from librdkafka */
    uint32_t attempts;      /* deliveries tried so far */
    int64_t first_tried_ms; /* clock_now_ms() of the first */

    struct sluice_record seen;   /* as the current stage sees it; record_show() begins it anew */
    struct record_origin origin; /* read by record_show() */
};

/* Takes the message over; freed by record_free().  The caller says whose it is: partition, epoch, topic, number. */
struct record *record_new(rd_kafka_message_t *message, int64_t now_ms);
void record_free(struct record *record); /* NULL is fine */

/* [task] Makes `seen` what was consumed, in memory of the arena; pipeline decides which dead letter headers are ours.
 */
void record_show(struct record *record, const char *pipeline, struct arena *arena);

/* Lets go of Kafka's message: from here on the record stands on memory of its own. */
void record_copy_out(struct record *record);

#endif

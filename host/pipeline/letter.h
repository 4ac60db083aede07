/* pipeline/letter.h - what a dead letter looks like: the original record byte for byte, with Kafka Connect's headers
 * (`__connect.errors.*`, org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter) and ours (`__sluice.*`).
 * Neighbours: dead_letter.h (sends it), origin.h (reads back where a replayed letter was first). */
#ifndef SLUICE_PIPELINE_LETTER_H
#define SLUICE_PIPELINE_LETTER_H

#include "pipeline/delivery.h"
#include "pipeline/record.h"

/* How much of a letter is sent, from all of it on: each step is taken when the one before was too large.  Records that
 * share a request are refused together, so the second step is to send it by itself. */
enum letter_form { LETTER_WHOLE, LETTER_ALONE, LETTER_WITHOUT_VALUE, LETTER_WITHOUT_HEADERS };

/* A record and why it cannot be stored.  Owns all of it. */
struct letter {
    struct letter *next;
    struct record *record; /* copied out */
    char *topic;           /* where the record was first, through replays */
    int32_t partition;
    int64_t offset;
    int64_t replay_count;
    bool replayed; /* the record's own headers of an earlier letter give way to this one's */
    enum letter_form form;
    bool retimed; /* the topic refuses the record's own time: a header bears it */
    enum record_stage stage;
    char *code, *text;
    char *section;        /* of the stage that rejected it: "sink.images"; "" for the host */
    char *plugin;         /* "mongodb-image/0.1.0"; "sluice/…" for the host */
    char *class_name;     /* the plugin's name alone */
    int64_t failed_at_ms; /* wall clock */
    size_t task;
};

/* Takes the record over and copies it out. */
struct letter *letter_new(struct record *record, const struct result *result, size_t task);
void letter_free(struct letter *letter);

/* [poller] What to produce it with in its form; the caller owns the headers. */
sluice_bytes letter_value(const struct letter *letter);
rd_kafka_headers_t *letter_headers(const struct letter *letter, const char *pipeline);

/* Headers of a letter, or of a record sent again: by the origin, origin.h knows it when it fails there. */
void letter_add_text(rd_kafka_headers_t *headers, const char *name, const char *value);
void letter_add_number(rd_kafka_headers_t *headers, const char *name, int64_t value); /* as decimal text */
void letter_add_origin(rd_kafka_headers_t *headers, const char *topic, int32_t partition, int64_t offset,
                       const char *pipeline);

#endif

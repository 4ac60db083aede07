/* pipeline/budget.h - how buffer.max.bytes is shared out: memory is a number.  Pure.
 *
 * A quarter for librdkafka's queues of fetched records and an eighth for the fetch under way (per broker): both are
 * limited to half of that, since one record that is left of a fetch response keeps all of it in memory.  The rest is
 * for payloads in hand, transformed values, the sink's own copies and letters in flight. Neighbours: clients.c (gives
 * the first two to librdkafka), poller.c (keeps within the rest). */
#ifndef SLUICE_PIPELINE_BUDGET_H
#define SLUICE_PIPELINE_BUDGET_H

#include "config/pipeline_config.h"

/* What a record costs us and librdkafka beside its bytes. */
enum { BUDGET_RECORD_OVERHEAD_BYTES = 512 };

struct budget {
    uint64_t queued_bytes;      /* each lane's queue of librdkafka: its limit counts a queue, not all of them */
    uint64_t fetch_bytes;       /* one fetch response */
    uint64_t batch_max_bytes;   /* payloads of one batch */
    uint64_t task_max_bytes;    /* payloads waiting for one task, those held for a retry included */
    uint64_t letters_max_bytes; /* letters not acknowledged yet: above it nothing more is taken from Kafka */
};

struct budget budget_plan(const struct pipeline_options *options);

#endif

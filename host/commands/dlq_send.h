/* commands/dlq_send.h - letters sent, or as if: what `replay` and `test` do with those that were selected.  Tells each
 * that needs telling, the sum, and what was not done.
 * Neighbours: dlq_replay.c and dlq_test.c (the command lines), dlq/replay.h (one letter). */
#ifndef SLUICE_COMMANDS_DLQ_SEND_H
#define SLUICE_COMMANDS_DLQ_SEND_H

#include "commands/dlq.h"
#include "dlq/replay.h"

struct dlq_order {
    struct replay_options how;
    const char *from;      /* an export's lines instead of the topic's letters; NULL */
    int64_t rate;          /* letters a second; 0: no limit */
    int64_t confirm_above; /* so many are sent without asking */
    bool verbose;          /* a line for each letter, whatever became of it */
};

/* The exit code. */
int dlq_send(struct dlq_work *work, const struct dlq_order *order);

#endif

/* dlq/decisions.h - what has become of letters: kept in the compacted topic `<dead letter topic>.state`, keyed by the
 * letter's own partition and offset, so that all operators see one list.  A decision that closes a letter also closes
 * the others about the same record, unless they failed afterwards: have been replayed more often, or bear a later time.
 * Neighbours: reader.h (reads the topic), sender.h (writes it), letters.h (who asks). */
#ifndef SLUICE_DLQ_DECISIONS_H
#define SLUICE_DLQ_DECISIONS_H

#include "dlq/entry.h"
#include "dlq/reader.h"

/* closes: the letter is done with, and no longer listed. */
#define OUTCOMES(X)                                                                                         \
    X(APPLIED, "applied", true)     /* stored by the sink */                                                \
    X(FILLED, "filled", true)       /* an older event: it added what was missing */                         \
    X(STALE, "stale", false)        /* an older event: it changed nothing */                                \
    X(FILTERED, "filtered", true)   /* dropped on purpose by a plugin */                                    \
    X(REJECTED, "rejected", false)  /* it failed again */                                                   \
    X(REPLAYED, "replayed", true)   /* sent to a topic; it comes again as a new letter if it fails there */ \
    X(DISCARDED, "discarded", true) /* an operator's decision */

enum outcome {
#define OUTCOME_MEMBER(name, text, closes) OUTCOME_##name,
    OUTCOMES(OUTCOME_MEMBER)
#undef OUTCOME_MEMBER
        OUTCOME_COUNT
};
const char *outcome_name(enum outcome outcome);
bool outcome_closes(enum outcome outcome);

struct decision {
    int32_t partition; /* of the letter, in the dead letter topic */
    enum outcome outcome;
    int64_t offset;
    int64_t at_ms;        /* wall clock */
    int64_t failed_at_ms; /* of the letter */
    int64_t sequence;     /* where it stands in the state topic: later ones win */
    int64_t replay_count; /* the letter's own, when it was decided */
    int64_t replays;      /* of this letter so far, this one included */
    uint64_t origin_hash;
    const char *by, *reason; /* NULL: none given */
};

struct decisions;

/* letters: what the dead letter topic holds, for decisions about letters that are gone are forgotten. */
int decisions_read(struct decisions **decisions, struct reader *state, const struct reader_span *letters,
                   size_t letter_spans, struct error *error);
void decisions_free(struct decisions *decisions); /* NULL is fine */

/* The one about this very letter, or NULL. */
const struct decision *decisions_about(const struct decisions *decisions, const struct entry *entry);
bool decisions_close(const struct decisions *decisions, const struct entry *entry);
/* How often the record has been replayed: what the letter tells and what was done about it since. */
int64_t decisions_replay_count(const struct decisions *decisions, const struct entry *entry);

#endif

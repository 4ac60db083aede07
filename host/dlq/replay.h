/* dlq/replay.h - letters sent again, one at a time: straight through the chain to the sink, where no other subscriber
 * sees them, or to a topic.  What became of each is written to the state topic; what does not close a letter leaves it
 * open. Neighbours: pipeline/solo.h (the chain), sender.h (topics), patch.h (edits); commands/dlq_replay.c and page.c.
 */
#ifndef SLUICE_DLQ_REPLAY_H
#define SLUICE_DLQ_REPLAY_H

#include "dlq/letters.h"
#include "dlq/sender.h"
#include "pipeline/solo.h"

enum replay_target { REPLAY_TO_SINK, REPLAY_TO_TOPIC };

enum { REPLAY_MAX_COUNT = 5 }; /* unless somebody says otherwise: what fails that often is not mended by once more */

struct replay_options {
    enum replay_target target;
    const char *topic;    /* of REPLAY_TO_TOPIC; NULL: where each record was first */
    const char *as_topic; /* where those come from that do not tell; NULL: they are left out */
    /* Shell patterns of the user's headers that go along: all allowed (none: any), but those denied. */
    sluice_list header_allow, header_deny;
    bool foreign;             /* also letters of other pipelines, and about topics that this one does not consume */
    int64_t max_replay_count; /* letters replayed that often already are left out */
    bool dry_run;             /* the sink's examine() instead of its put(); nothing is sent or written */
    const char *by;           /* who decides, as the state topic keeps it; NULL: this process's user */
    const atomic_bool *stop;  /* ends the wait for a sink that is away; may be NULL */
    /* Puts another value in place of the letter's own, in the arena; -1: the letter is left out, why says it.  May be
     * NULL. */
    int (*edit)(void *opaque, const struct entry *entry, struct arena *arena, sluice_bytes *value, struct error *why);
    void *opaque;
};

struct replay_result {
    bool left_out;              /* not tried; text says why */
    struct solo_result verdict; /* of the sink, or of the rehearsal */
    enum outcome outcome;       /* unless it was left out or a dry run */
    char text[1024];            /* in words */
};

struct replay;

/* Everything named lives longer.  warning: "" or what should be mended.  *verdict: RETRY where a server is away. */
int replay_open(struct replay **replay, struct letters *letters, const struct chain *chain,
                const struct replay_options *options, sluice_verdict *verdict, struct error *warning,
                struct error *error);
/* Fails when nothing more can be sent: this letter, and all others, are as they were. */
int replay_letter(struct replay *replay, const struct entry *entry, struct replay_result *result, struct error *error);
/* How it ended, in a word or two: an outcome's name, "left out", in a dry run "would pass" and the like. */
const char *replay_ending(const struct replay_result *result, bool dry_run);
/* Decides without sending: discarded, with a reason. */
int replay_discard(struct replay *replay, const struct entry *entry, const char *reason, struct error *error);
/* Waits until all decisions are kept; then all is over. */
int replay_close(struct replay *replay, struct error *error); /* NULL is fine */

#endif

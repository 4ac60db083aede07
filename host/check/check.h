/* check/check.h - what `sluice validate --connect` asks of the servers that a pipeline needs: brokers, topics, the
 * group, the dead letter topic, the sink.  Nothing is written, no group is joined.
 * Read on in the order of the checks: cluster, brokers, topics, group, dead_letter, sink; found.h is where each
 * tells what it found.
 * Neighbours: commands/validate.c (who asks), pipeline/clients.h (the clients' configuration), plugin/instance.h. */
#ifndef SLUICE_CHECK_CHECK_H
#define SLUICE_CHECK_CHECK_H

#include "plugin/chain.h"

struct check {
    const struct pipeline_config *config;
    const struct settings *settings;
    const struct chain *chain;
    int64_t timeout_ms;        /* for Kafka, and again for the sink */
    struct problems *problems; /* what is wrong, at the place of the option it is about */
    FILE *passed;              /* a line for each check that passed; NULL: nowhere */
    FILE *progress;            /* what is being asked, for a person who waits; NULL: nowhere */
    struct told *told;         /* found.h's */
};

/* [main] Every check that does not depend on one that failed.  False: the sink's plugin has not come back within the
 * time, so that nothing under it may be freed. */
bool check_servers(struct check *check);

#endif

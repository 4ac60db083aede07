/* check/dead_letter.h - will the dead letter topic take every letter, and keep it?
 * Neighbours: cluster.h, topics.h, pipeline/dead_letter.h (who writes to it), dlq/ (who reads it). */
#ifndef SLUICE_CHECK_DEAD_LETTER_H
#define SLUICE_CHECK_DEAD_LETTER_H

#include "check/cluster.h"

/* cluster: the producer's.  sources: the topics that letters can be about. */
void dead_letter_check(struct cluster *cluster, const sluice_list *sources);

#endif

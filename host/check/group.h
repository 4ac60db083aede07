/* check/group.h - may we join the consumer group, and who is in it?  It is only described, never joined.
 * Neighbour: cluster.h. */
#ifndef SLUICE_CHECK_GROUP_H
#define SLUICE_CHECK_GROUP_H

#include "check/cluster.h"

void group_check(struct cluster *cluster);

#endif

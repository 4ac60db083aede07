/* check/brokers.h - do the bootstrap servers answer, and each broker at the address that it advertises?
 * Neighbours: cluster.h, pipeline/broker_trouble.h (the reasons in words). */
#ifndef SLUICE_CHECK_BROKERS_H
#define SLUICE_CHECK_BROKERS_H

#include "check/cluster.h"

/* Fills cluster->metadata and nodes.  False: no broker can be asked anything further. */
bool brokers_check(struct cluster *cluster);

#endif

/* pipeline/operator.h - carries out what an operator has asked for: pause, resume, stop, restart a task.
 *
 * States (poller->run_state):  RUNNING <-> PAUSED (membership kept, nothing is taken in or handed out);
 *   RUNNING, PAUSED -> STOPPED (unsubscribed: the rebalance drains and commits; then the tasks close their plugins)
 *   STOPPED -> RUNNING, PAUSED (subscribed again; the positions are asked anew)
 * None of them outlives the process.
 * Neighbours: control.h (what is asked), rebalance.h, task.h. */
#ifndef SLUICE_PIPELINE_OPERATOR_H
#define SLUICE_PIPELINE_OPERATOR_H

#include "pipeline/poller.h"

/* [poller] Once a round, outside of any callback of librdkafka. */
void operator_serve(struct poller *poller);

#endif

/* admin/connect_state.h - Kafka Connect's states from what health and the board of control know: FAILED, with every
 * cause, while /ready is red; one that is STOPPED stays so, with the causes. Neighbours: ops/health.h,
 * pipeline/control.h, connect.h (which writes it). */
#ifndef SLUICE_ADMIN_CONNECT_STATE_H
#define SLUICE_ADMIN_CONNECT_STATE_H

#include "pipeline/control.h"

/* org.apache.kafka.connect.runtime.AbstractStatus.State */
#define CONNECT_STATES(X)               \
    X(CONNECT_RUNNING, "RUNNING")       \
    X(CONNECT_PAUSED, "PAUSED")         \
    X(CONNECT_STOPPED, "STOPPED")       \
    X(CONNECT_UNASSIGNED, "UNASSIGNED") \
    X(CONNECT_FAILED, "FAILED")         \
    X(CONNECT_RESTARTING, "RESTARTING")
enum connect_state {
#define X(name, text) name,
    CONNECT_STATES(X)
#undef X
};
const char *connect_state_text(enum connect_state state);

struct connect_report {
    enum connect_state state;
    char *trace; /* "component: cause", one a line; NULL: nothing is wrong */
};

struct connect_states {
    struct connect_report connector; /* FAILED also when a task is: none hides behind it */
    struct connect_report *tasks;    /* by what is told of the task itself */
    size_t task_count;               /* 0 when STOPPED, as in Connect */
};

/* [any] A component that is only starting makes its task and the connector UNASSIGNED. */
void connect_states_take(struct connect_states *states, const struct control *control);
void connect_states_free(struct connect_states *states);

#endif

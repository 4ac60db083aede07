/* plugin/crash.h - a crash is told before it ends the process: one line of the log names the signal and, where it came
 * in a plugin's call, the plugin, its section, the call, the task and the coordinates of its records; no payload, and
 * secrets are masked.  Then what was there before takes its course: the signal ends the process, with a core dump where
 * there is to be one.  Neighbour: flight_note.h, which says what was under way. */
#ifndef SLUICE_PLUGIN_CRASH_H
#define SLUICE_PLUGIN_CRASH_H

#include <signal.h>

/* [main] Once.  From here on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT are told; of the main thread on a stack of its
 * own. */
void crash_tell(void);

/* A stack that another thread's crash is told on, since one that recurses without end has none left.  Opened and closed
 * by the thread itself. */
struct crash_stack {
    stack_t previous;
    void *memory;
};
void crash_stack_open(struct crash_stack *stack);
void crash_stack_close(struct crash_stack *stack);

#endif

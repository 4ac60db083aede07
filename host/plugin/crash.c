#include "plugin/crash.h"

#include "ops/log.h"
#include "plugin/flight_note.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STACK_BYTES = 64 * 1024 };

static struct told_signal {
    int number;
    const char *name;
    struct sigaction previous;
} told_signals[] = {
    {.number = SIGSEGV, .name = "SIGSEGV"}, {.number = SIGBUS, .name = "SIGBUS"},
    {.number = SIGFPE, .name = "SIGFPE"},   {.number = SIGILL, .name = "SIGILL"},
    {.number = SIGABRT, .name = "SIGABRT"},
};
enum { SIGNAL_COUNT = sizeof told_signals / sizeof told_signals[0] };

/* ---- In the handler: async-signal-safe functions only --------------------------------------------- */

static void tell(const struct told_signal *told)
{
    struct log_about about = {.area = "pipeline", .task = -1};
    struct plain message = {.size = 0};
    plain_add(&message, told->name);
    const struct flight_note *note = flight_note_here();
    if (note != NULL) {
        flight_note_tell_crash(note, &message);
        about.area = "plugin";
        about.plugin = atomic_load(&note->plugin);
        about.task = note->task;
    } else {
        plain_add(&message, " outside of any plugin's call");
    }
    log_write_plain(SLUICE_LOG_ERROR, &about, message.text);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    static _Atomic pid_t telling; /* one thread tells; another waits for the end, which that one brings */
    pid_t nobody = 0, self = gettid();
    struct told_signal *told = told_signals;
    (void)context;
    while (told->number != number)
        told++;
    if (atomic_compare_exchange_strong(&telling, &nobody, self))
        tell(told);
    else
        while (nobody != self)
            pause();
    sigaction(number, &told->previous, NULL);
    if (info->si_code <= 0) /* sent, by abort() for one; a fault comes again by itself, where it was */
        raise(number);
}

/* ---- Setting up ----------------------------------------------------------------------------------- */

void crash_tell(void)
{
    static struct crash_stack stack; /* the main thread's, for good */
    crash_stack_open(&stack);
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(told_signals[i].number, &action, &told_signals[i].previous);
}

void crash_stack_open(struct crash_stack *stack)
{
    stack->memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack->memory == MAP_FAILED)
        abort();
    sigaltstack(&(stack_t){.ss_sp = stack->memory, .ss_size = STACK_BYTES}, &stack->previous);
}

void crash_stack_close(struct crash_stack *stack)
{
    sigaltstack(&stack->previous, NULL);
    munmap(stack->memory, STACK_BYTES);
}

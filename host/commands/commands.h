/* commands/commands.h - the command line: `sluice run | validate | describe | try | import | dlq`, one file each,
 * chosen by table. Neighbours: main.c, and below everything else of the host. */
#ifndef SLUICE_COMMANDS_COMMANDS_H
#define SLUICE_COMMANDS_COMMANDS_H

/* Exit codes: 0 fine, 1 runtime, 2 configuration or command line, 3 environment, 128+n ended by signal n. */
enum { EXIT_FINE = 0, EXIT_RUNTIME = 1, EXIT_CONFIGURATION = 2, EXIT_ENVIRONMENT = 3 };

/* [main] argv as the process got it; what it returns is the exit code. */
int commands_main(int argc, char **argv);

#endif

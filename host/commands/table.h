/* commands/table.h - the commands that commands.c chooses from, one file each.
 * [main] argv[0] is "sluice COMMAND"; each returns the exit code. */
#ifndef SLUICE_COMMANDS_TABLE_H
#define SLUICE_COMMANDS_TABLE_H

int command_run(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_try(int argc, char **argv);
int command_import(int argc, char **argv);
int command_dlq(int argc, char **argv);

#endif

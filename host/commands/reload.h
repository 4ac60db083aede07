/* commands/reload.h - SIGHUP: the files are read and validated again, and what a restart would change is logged.
 * Nothing changes before that restart: a pipeline is one configuration from its start to its end. Neighbours: run.c,
 * load.h. */
#ifndef SLUICE_COMMANDS_RELOAD_H
#define SLUICE_COMMANDS_RELOAD_H

#include "commands/load.h"

/* [main] While the pipeline runs.  Names of keys are logged, never values. */
void reload_tell(const struct file_list *files, const struct loaded *running);

#endif

#include "commands/arguments.h"

#include "commands/commands.h"

void argument_config(struct file_list *files, const char *file, struct argp_state *state)
{
    if (files->count == LOAD_MOST_FILES)
        argp_error(state, "more than %d configuration files", LOAD_MOST_FILES);
    files->files[files->count++] = file;
}

void argument_need_config(const struct file_list *files, struct argp_state *state)
{
    if (files->count == 0)
        argp_error(state, "no configuration: give -c FILE");
}

void arguments_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = EXIT_CONFIGURATION;
    argp_parse(argp, argc, argv, 0, NULL, input);
}

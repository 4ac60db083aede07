#include "commands/dispatch.h"

#include "base/alloc.h"
#include "commands/commands.h"
#include "config/nearest.h"

#include <stdlib.h>
#include <string.h>

static void print_help(const struct command_table *table, FILE *out)
{
    fputs(table->before, out);
    for (size_t i = 0; i < table->count; i++)
        fprintf(out, "  %-10s %s\n", table->commands[i].name, table->commands[i].summary);
    fputs(table->after, out);
}

static int unknown(const struct command_table *table, const char *name)
{
    const char **names = alloc_zeroed(table->count + 1, sizeof *names);
    for (size_t i = 0; i < table->count; i++)
        names[i] = table->commands[i].name;
    const char *nearest = nearest_name(names, name);
    fprintf(stderr, "%s: no %s '%s'%s%s%s; see `%s --help`\n", table->program, table->kind, name,
            nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "", nearest != NULL ? "?" : "",
            table->program);
    free(names);
    return EXIT_CONFIGURATION;
}

int dispatch(const struct command_table *table, int argc, char **argv)
{
    if (argc < 2) {
        print_help(table, stderr);
        return EXIT_CONFIGURATION;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(table, stdout);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(argv[1], table->commands[i].name) == 0) {
            char *name = alloc_printf("%s %s", table->program, argv[1]); /* what argp's help calls the program */
            argv[1] = name;
            int exit_code = table->commands[i].run(argc - 1, argv + 1);
            free(name);
            return exit_code;
        }
    return unknown(table, argv[1]);
}

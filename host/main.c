/* main.c - the process: hands over to the command that was named (commands/). */
#include "commands/commands.h"

int main(int argc, char **argv)
{
    return commands_main(argc, argv);
}

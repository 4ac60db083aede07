/* main.c - the process: hands over to the command that was named (commands/). */
#include "commands/commands.h"

#include <malloc.h>

/* Fetch responses and pictures are large and short-lived, and are freed by another thread than made them.  From a heap
 * they would leave holes that never go back to the system (glibc raises its threshold to 32 MiB by itself): mapped one
 * by one, they do, and memory stays a number. */
enum { MAPPED_FROM_BYTES = 128 * 1024, MOST_HEAPS = 2 };

int main(int argc, char **argv)
{
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES);
    mallopt(M_TRIM_THRESHOLD, MAPPED_FROM_BYTES);
    mallopt(M_ARENA_MAX, MOST_HEAPS);
    return commands_main(argc, argv);
}

/* commands/dlq.h - what the verbs of `sluice dlq` have in common: which letters, how they are opened, watched and
 * ended.
 * Neighbours: dlq.c (chooses the verb), dlq_*.c (one verb each), dlq/letters.h. */
#ifndef SLUICE_COMMANDS_DLQ_H
#define SLUICE_COMMANDS_DLQ_H

#include "commands/arguments.h"
#include "commands/commands.h"
#include "dlq/letters.h"

/* ---- The verbs: argv[0] is "sluice dlq VERB" ------------------------------------------------------- */

int dlq_ls(int argc, char **argv);
int dlq_stats(int argc, char **argv);
int dlq_show(int argc, char **argv);
int dlq_test(int argc, char **argv);
int dlq_replay(int argc, char **argv);
int dlq_export(int argc, char **argv);
int dlq_discard(int argc, char **argv);

/* ---- What they are asked --------------------------------------------------------------------------- */

struct dlq_selection {
    struct file_list config;
    struct filter filter;
    int64_t limit; /* 0: none given */
    bool json, yes;
};

/* The child parser of every verb: -c, --json, --all, --limit, the filters, and letters as arguments. */
extern const struct argp_child dlq_selection_children[];
/* A number from 1 to most, or tells and ends the process with 2. */
int64_t dlq_number(const char *text, int64_t most, const char *option, struct argp_state *state);

/* ---- The work --------------------------------------------------------------------------------------- */

struct dlq_work {
    const char *program; /* "sluice dlq ls" */
    struct dlq_selection *selection;
    struct loaded loaded;
    struct letters letters;
    atomic_bool *stop;  /* set by SIGINT and SIGTERM */
    bool file_at_fault; /* what failed is a file that was named, not a server */
};

/* A verb from its command line to its exit code.  arguments begins with a struct dlq_selection and is argp's input; its
 * parser leaves ARGP_KEY_INIT to dlq_parse().  work() answers with the exit code; 128 + n where signal n ended it. */
int dlq_verb(const struct argp *argp, int argc, char **argv, void *arguments,
             int (*work)(struct dlq_work *work, void *arguments));
/* The parser of a verb without options of its own, and the last resort of the others'. */
error_t dlq_parse(int key, char *argument, struct argp_state *state);

/* Each letter asked for, up to --limit, from the topic or (from not NULL) the lines of a file, "-" standard input.
 * each() takes the entry over and answers whether to go on; 0, or -1 with what went wrong. */
int dlq_walk(struct dlq_work *work, const char *from, bool (*each)(void *opaque, struct entry *entry), void *opaque,
             struct error *error);
/* How many that will be. */
int dlq_count(struct dlq_work *work, const char *from, uint64_t *count, struct error *error);

/* "sluice dlq ls: …" on standard error; gives EXIT_ENVIRONMENT, or EXIT_CONFIGURATION where a file is at fault. */
int dlq_fail(const struct dlq_work *work, const struct error *error);
/* A line that replaces itself on a terminal; every 10 s elsewhere.  Only told once the work takes a second. */
void dlq_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void dlq_progress_end(void);

/* Asks on the terminal; without one it refuses and says so.  --yes: does not ask. */
bool dlq_confirm(const struct dlq_work *work, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "potato:0:17", "-" where no origin is told; in one of two buffers that take turns. */
const char *dlq_origin(const struct entry *entry);
/* "1 letter", "12 letters", likewise. */
const char *dlq_letters(uint64_t count);
/* "0:42", likewise. */
const char *dlq_letter(const struct entry *entry);

#endif

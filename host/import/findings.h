/* import/findings.h - what an import has to say beside the INI: what has no counterpart, what is left to be set, what
 * differs.
 * Neighbours: draft.h (the INI), commands/import.c, which prints both. */
#ifndef SLUICE_IMPORT_FINDINGS_H
#define SLUICE_IMPORT_FINDINGS_H

#include <stddef.h>
#include <stdio.h>

/* The gravest first, which is how they are printed. */
#define FINDING_KINDS(X)              \
    X(FINDING_NONE, "no counterpart") \
    X(FINDING_UNSET, "to be set")     \
    X(FINDING_DIFFERS, "differs")     \
    X(FINDING_ADVICE, "advice")       \
    X(FINDING_DROPPED, "not needed")

#define FINDING_ENUM(kind, text) kind,
enum finding_kind { FINDING_KINDS(FINDING_ENUM) FINDING_KIND_COUNT };
#undef FINDING_ENUM

struct finding {
    enum finding_kind kind;
    char *text;
};

struct findings {
    struct finding *items; /* as they were found */
    size_t count, capacity;
};

/* [main] A zeroed struct has none. */
void findings_add(struct findings *findings, enum finding_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t findings_count(const struct findings *findings, enum finding_kind kind);
/* One a line, "import: KIND: TEXT", without control characters (base/show.h), and a last one that adds them up. */
void findings_print(const struct findings *findings, FILE *out);
void findings_free(struct findings *findings);

#endif

#include "config/problems.h"

#include "base/alloc.h"
#include "ops/redact.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct problem {
    enum problem_severity severity;
    char *file; /* NULL: nowhere */
    int line;
    char *text;
};

struct problems {
    struct problem *all;
    size_t count;
};

struct problems *problems_new(void)
{
    return alloc_zeroed(1, sizeof(struct problems));
}

void problems_free(struct problems *problems)
{
    if (problems == NULL)
        return;
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->all[i].file);
        free(problems->all[i].text);
    }
    free(problems->all);
    free(problems);
}

static void add(struct problems *problems, enum problem_severity severity, const struct place *place, const char *fmt,
                va_list args)
{
    char *text = alloc_vprintf(fmt, args);
    bool somewhere = place != NULL && place->file != NULL;
    problems->all = alloc_resized(problems->all, problems->count + 1, sizeof *problems->all);
    problems->all[problems->count++] = (struct problem){
        .severity = severity,
        .file = somewhere ? alloc_text(place->file) : NULL,
        .line = somewhere ? place->line : 0,
        .text = text,
    };
}

void problems_error(struct problems *problems, const struct place *place, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(problems, PROBLEM_ERROR, place, fmt, args);
    va_end(args);
}

void problems_warning(struct problems *problems, const struct place *place, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(problems, PROBLEM_WARNING, place, fmt, args);
    va_end(args);
}

size_t problems_errors(const struct problems *problems)
{
    size_t errors = 0;
    for (size_t i = 0; i < problems->count; i++)
        errors += problems->all[i].severity == PROBLEM_ERROR;
    return errors;
}

size_t problems_warnings(const struct problems *problems)
{
    return problems->count - problems_errors(problems);
}

static bool same_file(const struct problem *a, const struct problem *b)
{
    return a->file == b->file || (a->file != NULL && b->file != NULL && strcmp(a->file, b->file) == 0);
}

/* Where the file of problem i was first named: files keep the order in which they were read. */
static size_t file_rank(const struct problems *problems, size_t i)
{
    size_t rank = 0;
    while (!same_file(&problems->all[rank], &problems->all[i]))
        rank++;
    return rank;
}

void problems_each(const struct problems *problems,
                   void (*tell)(void *opaque, enum problem_severity severity, const char *file, int line,
                                const char *text),
                   void *opaque)
{
    size_t *order = alloc_zeroed(problems->count + 1, sizeof *order);
    for (size_t i = 0; i < problems->count; i++) { /* insertion sort: stable, and the list is short */
        size_t to = i, rank = file_rank(problems, i);
        for (; to > 0; to--) {
            size_t before = order[to - 1], before_rank = file_rank(problems, before);
            if (before_rank < rank || (before_rank == rank && problems->all[before].line <= problems->all[i].line))
                break;
            order[to] = before;
        }
        order[to] = i;
    }
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->all[order[i]];
        redact(problem->text); /* only now: most are found before it is known what is secret */
        tell(opaque, problem->severity, problem->file, problem->line, problem->text);
    }
    free(order);
}

static void print_one(void *out, enum problem_severity severity, const char *file, int line, const char *text)
{
    if (file != NULL && line > 0)
        fprintf(out, "%s:%d: ", file, line);
    else if (file != NULL)
        fprintf(out, "%s: ", file);
    fprintf(out, "%s: %s\n", severity == PROBLEM_ERROR ? "error" : "warning", text);
}

void problems_print(const struct problems *problems, FILE *out)
{
    problems_each(problems, print_one, out);
}

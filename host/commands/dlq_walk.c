#include "commands/dlq.h"

#include <errno.h>
#include <string.h>

struct walk {
    bool (*each)(void *opaque, struct entry *entry);
    void *opaque;
    int64_t left; /* below 0: no limit */
    const atomic_bool *stop;
};

static bool step(void *walk_, struct entry *entry)
{
    struct walk *walk = walk_;
    if (walk->left > 0)
        walk->left--;
    return walk->each(walk->opaque, entry) && walk->left != 0 && !atomic_load(walk->stop);
}

static int walk_file(struct dlq_work *work, const char *from, struct walk *walk, struct error *error)
{
    FILE *in = strcmp(from, "-") == 0 ? stdin : fopen(from, "re");
    work->file_at_fault = true; /* nothing else is asked meanwhile; cleared again when it went well */
    if (in == NULL)
        return error_set(error, "%s: %s", from, strerror(errno));
    int result = letters_each_line(&work->letters, &work->selection->filter, in, from, step, walk, NULL, error);
    if (in != stdin)
        fclose(in);
    work->file_at_fault = result != 0;
    return result;
}

int dlq_walk(struct dlq_work *work, const char *from, bool (*each)(void *opaque, struct entry *entry), void *opaque,
             struct error *error)
{
    struct walk walk = {.each = each,
                        .opaque = opaque,
                        .left = work->selection->limit > 0 ? work->selection->limit : -1,
                        .stop = work->stop};
    return from != NULL ? walk_file(work, from, &walk, error)
                        : letters_each(&work->letters, &work->selection->filter, step, &walk, NULL, error);
}

static bool count_one(void *count, struct entry *entry)
{
    ++*(uint64_t *)count;
    entry_free(entry);
    return true;
}

int dlq_count(struct dlq_work *work, const char *from, uint64_t *count, struct error *error)
{
    *count = 0;
    return dlq_walk(work, from, count_one, count, error);
}

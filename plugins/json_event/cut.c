#include "cut.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Where in the text the scan is, in terms of tokens; a text that is no JSON only makes the counts meaningless, and
 * jansson refuses it afterwards. */
struct scan {
    const char *at, *end, *copied; /* copied: up to here the text is in the rest */
    size_t depth, member;
    bool object;      /* the top level is an object */
    bool after_colon; /* the last token was a colon of it */
};

static void copy(struct cut_text *cut, const char *from, const char *to)
{
    memcpy(cut->rest + cut->rest_size, from, (size_t)(to - from));
    cut->rest_size += (size_t)(to - from);
}

/* Printable ASCII without a backslash; branchless, for the compiler to make vector code of. */
static bool is_plain(const char *text, size_t size)
{
    unsigned char strange = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        strange |= (unsigned char)((c < 0x20) | (c >= 0x80) | (c == '\\'));
    }
    return strange == 0;
}

/* The quote that ends the string which begins before `text`, or the end of the event. */
static const char *string_end(const char *text, const char *end)
{
    for (const char *at = text; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        if (at == NULL)
            return end;
        size_t backslashes = 0;
        while (at - backslashes > text && at[-1 - (ptrdiff_t)backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            return at;
    }
    return end;
}

static void scan_string(struct cut_text *cut, struct scan *scan)
{
    const char *text = scan->at + 1, *quote = string_end(text, scan->end);
    size_t size = (size_t)(quote - text);
    bool value = scan->object && scan->depth == 1 && scan->after_colon;
    if (value && quote < scan->end && size >= CUT_SHORTEST_BYTES && cut->count < CUT_MOST && is_plain(text, size)) {
        copy(cut, scan->copied, text);
        cut->cuts[cut->count++] =
            (struct cut){.member = scan->member, .text = text, .size = size, .rest_at = cut->rest_size - 1};
        scan->copied = quote;
    }
    scan->at = quote;
    scan->after_colon = false;
}

int cut_event(struct cut_text *cut, const char *event, size_t size, struct refusal *refusal)
{
    struct scan scan = {.at = event, .end = event + size, .copied = event};
    if (cut->capacity < size) {
        char *larger = realloc(cut->rest, size);
        if (larger == NULL)
            return refuse(refusal, CODE_INVALID, "no memory for %zu bytes", size);
        cut->rest = larger;
        cut->capacity = size;
    }
    cut->rest_size = cut->count = 0;
    for (; scan.at < scan.end; scan.at++) {
        switch (*scan.at) {
        case '"': scan_string(cut, &scan); break;
        case '{':
        case '[':
            scan.object |= scan.depth == 0 && *scan.at == '{';
            scan.after_colon = false;
            if (++scan.depth > CUT_DEEPEST)
                return refuse(refusal, CODE_TOO_DEEP, "level %zu at byte %zu, MongoDB's documents have at most %d",
                              scan.depth, (size_t)(scan.at - event), CUT_DEEPEST);
            break;
        case '}':
        case ']': scan.depth -= scan.depth > 0; break;
        case ':': scan.after_colon = scan.depth == 1; break;
        case ',': scan.member += scan.depth == 1; break;
        default: break;
        }
    }
    copy(cut, scan.copied, event + size);
    return 0;
}

const struct cut *cut_of(const struct cut_text *cut, size_t member)
{
    for (size_t i = 0; i < cut->count; i++)
        if (cut->cuts[i].member == member)
            return &cut->cuts[i];
    return NULL;
}

size_t cut_position(const struct cut_text *cut, size_t rest_position)
{
    size_t position = rest_position;
    for (size_t i = 0; i < cut->count; i++)
        if (cut->cuts[i].rest_at < rest_position)
            position += cut->cuts[i].size;
    return position;
}

#include "import/findings.h"

#include "base/alloc.h"
#include "base/show.h"

#include <stdarg.h>
#include <stdlib.h>

#define FINDING_TEXT(kind, text) [kind] = (text),
static const char *const kind_texts[] = {FINDING_KINDS(FINDING_TEXT)};

void findings_add(struct findings *findings, enum finding_kind kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = alloc_vprintf(fmt, args);
    va_end(args);
    if (findings->count == findings->capacity) {
        findings->capacity = findings->capacity * 2 + 64;
        findings->items = alloc_resized(findings->items, findings->capacity, sizeof *findings->items);
    }
    findings->items[findings->count++] = (struct finding){kind, text};
}

size_t findings_count(const struct findings *findings, enum finding_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->items[i].kind == kind;
    return count;
}

void findings_print(const struct findings *findings, FILE *out)
{
    for (int kind = 0; kind < FINDING_KIND_COUNT; kind++)
        for (size_t i = 0; i < findings->count; i++) {
            if ((int)findings->items[i].kind != kind)
                continue;
            fprintf(out, "import: %s: ", kind_texts[kind]);
            show_text(out, findings->items[i].text); /* names and values come from somebody's file */
            fputc('\n', out);
        }
    fprintf(out, "import: %zu without a counterpart, %zu to be set, %zu differ\n",
            findings_count(findings, FINDING_NONE), findings_count(findings, FINDING_UNSET),
            findings_count(findings, FINDING_DIFFERS));
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        free(findings->items[i].text);
    free(findings->items);
    *findings = (struct findings){.items = NULL};
}

#include "dlq/patch.h"

#include "base/alloc.h"
#include "dlq/text.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 100 };

/* RFC 7386, section 2: MergePatch(Target, Patch).  Gives a new reference. */
static json_t *merge(const json_t *target, const json_t *patch)
{
    const char *name;
    const json_t *value;
    if (!json_is_object(patch))
        return json_deep_copy((json_t *)patch);
    json_t *merged = json_is_object(target) ? json_copy((json_t *)target) : json_object();
    json_object_foreach((json_t *)patch, name, value)
    {
        if (json_is_null(value))
            json_object_del(merged, name);
        else
            json_object_set_new(merged, name, merge(json_object_get(merged, name), value));
    }
    return merged;
}

static json_t *parse(sluice_bytes bytes, json_error_t *why)
{
    return bytes.data != NULL
               ? json_loadb(bytes.data, bytes.size, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, why)
               : NULL;
}

int patch_apply(const json_t *patch, sluice_bytes value, struct arena *arena, sluice_bytes *patched,
                struct error *error)
{
    json_error_t why = {.text = "the value is null"};
    json_t *before = parse(value, &why);
    if (before == NULL)
        return error_set(error, "the value is no JSON, so it cannot be patched: %s", why.text);
    json_t *after = merge(before, patch);
    char *text = json_dumps(after, JSON_COMPACT | JSON_ENCODE_ANY);
    patched->size = strlen(text);
    patched->data = arena_copy(arena, text, patched->size);
    free(text);
    json_decref(after);
    json_decref(before);
    return 0;
}

/* ---- What is different ---------------------------------------------------------------------------- */

static void show_line(FILE *out, char sign, const char *name, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY), *line = alloc_printf("%s%s%s", name, name[0] ? ": " : "", text);
    size_t size = strlen(line);
    fprintf(out, "  %c ", sign);
    text_write(out, line, size < SHOWN_BYTES ? size : SHOWN_BYTES, false);
    fprintf(out, size > SHOWN_BYTES ? "… (%zu bytes)\n" : "\n", size);
    free(line);
    free(text);
}

static void show_difference(FILE *out, const char *path, const json_t *before, const json_t *after)
{
    const char *name;
    const json_t *value;
    if (json_equal(before, after))
        return;
    if (!json_is_object(before) || !json_is_object(after)) {
        if (before != NULL)
            show_line(out, '-', path, before);
        if (after != NULL)
            show_line(out, '+', path, after);
        return;
    }
    json_object_foreach((json_t *)before, name, value)
    {
        char *member = alloc_printf("%s%s%s", path, path[0] ? "." : "", name);
        show_difference(out, member, value, json_object_get(after, name));
        free(member);
    }
    json_object_foreach((json_t *)after, name, value)
    {
        char *member = alloc_printf("%s%s%s", path, path[0] ? "." : "", name);
        if (json_object_get(before, name) == NULL)
            show_difference(out, member, NULL, value);
        free(member);
    }
}

static void show_bytes(FILE *out, char sign, sluice_bytes bytes)
{
    fprintf(out, "  %c ", sign);
    text_write(out, bytes.data, bytes.size < SHOWN_BYTES ? bytes.size : SHOWN_BYTES, false);
    fprintf(out, bytes.data == NULL ? "(null)\n" : bytes.size > SHOWN_BYTES ? "… (%zu bytes)\n" : "\n", bytes.size);
}

void patch_show(FILE *out, sluice_bytes before, sluice_bytes after)
{
    json_t *old = parse(before, NULL), *new = parse(after, NULL);
    if ((before.data == NULL) == (after.data == NULL) && before.size == after.size &&
        (before.size == 0 || memcmp(before.data, after.data, before.size) == 0)) {
        fputs("  (no difference)\n", out);
    } else if (old != NULL && new != NULL) {
        if (json_equal(old, new))
            fputs("  (written differently, but the same JSON)\n", out);
        show_difference(out, "", old, new);
    } else {
        show_bytes(out, '-', before);
        show_bytes(out, '+', after);
    }
    json_decref(old);
    json_decref(new);
}

#include "import/entries.h"

#include "base/read.h"
#include "import/properties.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct entry *find(const struct entries *entries, const char *name)
{
    struct entry *entry;
    HASH_FIND_STR(entries->first, name, entry);
    return entry;
}

/* Java's String.trim(): whatever is no more than a space. */
static const char *trimmed(struct arena *arena, const char *value)
{
    size_t size = strlen(value);
    while (size > 0 && (unsigned char)value[size - 1] <= ' ')
        size--;
    for (; size > 0 && (unsigned char)*value <= ' '; size--)
        value++;
    return arena_copy(arena, value, size);
}

void entries_set(struct entries *entries, const char *name, const char *value)
{
    struct entry *entry = find(entries, name);
    if (entry == NULL) {
        entry = arena_zeroed(&entries->arena, sizeof *entry);
        entry->name = arena_text(&entries->arena, name);
        HASH_ADD_KEYPTR(hh, entries->first, entry->name, strlen(name), entry);
    }
    entry->value = trimmed(&entries->arena, value);
}

const char *entries_value(const struct entries *entries, const char *name)
{
    const struct entry *entry = find(entries, name);
    return entry != NULL ? entry->value : NULL;
}

/* ---- JSON ----------------------------------------------------------------------------------------- */

/* Numbers and booleans are what Connect makes of them: their text. */
static int set_json(struct entries *entries, const char *name, const json_t *value, struct error *error)
{
    if (json_is_string(value)) {
        entries_set(entries, name, json_string_value(value));
        return 0;
    }
    if (!json_is_number(value) && !json_is_boolean(value))
        return error_set(error, "%s: got %s, wanted a string, a number or a boolean", name,
                         json_is_null(value)     ? "null"
                         : json_is_object(value) ? "an object"
                                                 : "an array");
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    entries_set(entries, name, text);
    free(text);
    return 0;
}

/* The configuration inside of what the REST API takes and gives, with the name that stands beside it. */
static int read_object(struct entries *entries, json_t *root, struct error *error)
{
    const char *name;
    json_t *value, *config = json_object_get(root, "config");
    const char *outer = json_string_value(json_object_get(root, "name"));
    if (!json_is_object(config))
        config = root;
    else if (outer != NULL)
        entries_set(entries, "name", outer);
    json_object_foreach(config, name, value)
    {
        if (config != root && outer != NULL && strcmp(name, "name") == 0 && json_is_string(value) &&
            strcmp(json_string_value(value), outer) != 0)
            return error_set(error, "the name is '%s' beside the config and '%s' in it", outer,
                             json_string_value(value));
        if (set_json(entries, name, value, error) != 0)
            return -1;
    }
    return 0;
}

static int read_json(struct entries *entries, const char *text, size_t size, struct error *error)
{
    json_error_t why;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL)
        return error_set(error, "line %d, column %d: %s", why.line, why.column, why.text);
    int failure = json_is_object(root) ? read_object(entries, root, error)
                                       : error_set(error, "got an array, wanted an object of names and values");
    json_decref(root);
    return failure;
}

/* ---- Files ---------------------------------------------------------------------------------------- */

static void set_property(void *entries, const char *name, const char *value)
{
    entries_set(entries, name, value);
}

enum entries_syntax entries_syntax_of(const char *path)
{
    static const char suffix[] = ".properties";
    size_t size = strlen(path), suffix_size = strlen(suffix);
    bool is_properties = size >= suffix_size && strcmp(path + size - suffix_size, suffix) == 0;
    return is_properties ? ENTRIES_PROPERTIES : ENTRIES_JSON;
}

int entries_read(struct entries *entries, const char *path, enum entries_syntax syntax, struct error *error)
{
    struct error why;
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    size_t size;
    if (in == NULL)
        return error_set(error, "%s: %s", path, strerror(errno));
    char *text = read_all(in, &size);
    int failure = ferror(in) ? error_set(&why, "%s", strerror(errno)) : 0;
    if (!is_stdin)
        fclose(in);
    if (failure == 0)
        failure = syntax == ENTRIES_PROPERTIES ? properties_read(text, size, set_property, entries, &why)
                                               : read_json(entries, text, size, &why);
    if (failure == 0 && entries->first == NULL)
        failure = error_set(&why, "no configuration in it");
    free(text);
    return failure == 0 ? 0 : error_set(error, "%s: %s", path, why.text);
}

void entries_free(struct entries *entries)
{
    HASH_CLEAR(hh, entries->first);
    arena_free(&entries->arena);
}

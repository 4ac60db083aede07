#include "import/reference.h"

#include <stdlib.h>
#include <string.h>

/* A reference's parts; path is NULL where it has none. */
struct reference {
    const char *provider, *path, *key;
};

static void say_env(const struct reference *reference, FILE *out)
{
    fprintf(out, "${env:%s}", reference->key);
}

/* A folder with a file a key, as Kubernetes mounts secrets. */
static void say_directory(const struct reference *reference, FILE *out)
{
    fprintf(out, "${file:%s/%s}", reference->path != NULL ? reference->path : "", reference->key);
}

static const struct provider {
    const char *name, *class; /* the name by convention, where no worker's file tells it */
    void (*say)(const struct reference *reference, FILE *out);
    const char *why_not;
} providers[] = {
    {"env", "EnvVarConfigProvider", say_env, NULL},
    {"directory", "DirectoryConfigProvider", say_directory, NULL},
    {"file", "FileConfigProvider", NULL,
     "is a key of a properties file, and ${file:PATH} is a whole file: put the value into a file of its own"},
};

static const struct provider *provider_of(struct import *import, const char *name)
{
    const char *class = entries_value(&import->worker, arena_printf(&import->arena, "config.providers.%s.class", name));
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (class != NULL ? strcmp(class_name(class), providers[i].class) == 0 : strcmp(name, providers[i].name) == 0)
            return &providers[i];
    return NULL;
}

/* written: what stands between ${ and }, with a colon. */
static void translate(struct import *import, struct entry *entry, const char *written, FILE *out)
{
    char *parts = arena_text(&import->arena, written), *rest = strchr(parts, ':'), *key;
    *rest++ = '\0';
    struct reference reference = {.provider = parts, .key = rest};
    if ((key = strchr(rest, ':')) != NULL) {
        *key = '\0';
        reference.path = rest;
        reference.key = key + 1;
    }
    const struct provider *provider = provider_of(import, reference.provider);
    if (provider != NULL && provider->say != NULL) {
        provider->say(&reference, out);
        return;
    }
    fprintf(out, "${%s}", written);
    entry->unsaid = arena_printf(&import->arena, "${%s} %s", written,
                                 provider != NULL ? provider->why_not
                                                  : "is of a provider that Sluice does not have, only env and file");
}

void reference_translate(struct import *import, struct entry *entry)
{
    char *text = NULL;
    size_t size;
    bool is_sayable = true;
    const char *at = entry->value;
    FILE *out = open_memstream(&text, &size);
    while (*at != '\0') {
        const char *end = strncmp(at, "${", 2) == 0 ? strchr(at, '}') : NULL;
        if (end == NULL) {
            fprintf(out, strncmp(at, "${", 2) == 0 ? "$%c" : "%c", *at); /* ${ alone: literal, which is $${ here */
            at++;
            continue;
        }
        char *written = arena_copy(&import->arena, at + 2, (size_t)(end - at) - 2);
        if (strchr(written, ':') == NULL) {
            fprintf(out, "$${%s}", written);
        } else if (at > entry->value && at[-1] == '$') {
            is_sayable = false;
            entry->unsaid =
                arena_printf(&import->arena, "a $ before ${%s} makes it a literal ${ here; left empty", written);
        } else {
            translate(import, entry, written, out);
        }
        at = end + 1;
    }
    fclose(out);
    entry->value = is_sayable ? arena_text(&import->arena, text) : "";
    free(text);
}

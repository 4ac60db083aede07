#include "plugin/loader.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "plugin/flight_note.h"
#include "plugin/host_api.h"
#include "plugin/inspect.h"
#include "plugin/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every plugin opened in this process. */
static struct plugin **all;
static size_t all_count;

/* ---- Finding: NAME is NAME.so in a folder --------------------------------------------------------- */

/* Where Sluice's own plugins are, seen from its executable: installed, or in a build tree. */
static const char *const own_folders[] = {"../" SLUICE_PLUGIN_DIR, "../plugins"};
enum { OWN_FOLDER_COUNT = sizeof own_folders / sizeof own_folders[0] };

/* The folders that are searched, in their order, and what named each. */
struct search {
    struct arena arena;
    struct searched {
        const char *path, *named_by; /* NULL: Sluice's own */
    } * folders;
    size_t count;
};

static void add(struct search *search, const char *path, const char *named_by)
{
    search->folders = alloc_resized(search->folders, search->count + 1, sizeof *search->folders);
    search->folders[search->count++] = (struct searched){path, named_by};
}

static void add_environment(struct search *search)
{
    const char *value = getenv(PLUGIN_PATH_VARIABLE);
    char *rest = value != NULL ? arena_text(&search->arena, value) : NULL;
    while (rest != NULL) {
        const char *folder = strsep(&rest, ":");
        if (folder[0] != '\0')
            add(search, folder, PLUGIN_PATH_VARIABLE);
    }
}

static void add_own(struct search *search)
{
    char executable[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", executable, sizeof executable - 1);
    if (size <= 0) { /* there is no /proc: where it was to be installed */
        add(search, SLUICE_PLUGIN_FULL_DIR, NULL);
        return;
    }
    executable[size] = '\0';
    for (size_t i = 0; i < OWN_FOLDER_COUNT; i++)
        add(search,
            arena_printf(&search->arena, "%.*s/%s", (int)(strrchr(executable, '/') - executable), executable,
                         own_folders[i]),
            NULL);
}

static struct search search_begin(const sluice_list *plugin_path)
{
    struct search search = {.folders = NULL};
    for (size_t i = 0; plugin_path != NULL && i < plugin_path->count; i++)
        add(&search, plugin_path->items[i], "plugin.path");
    add_environment(&search);
    add_own(&search);
    return search;
}

static void search_end(struct search *search)
{
    free(search->folders);
    arena_free(&search->arena);
}

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

/* The file of a name in the first folder that has it; twice in what a user has named is a mistake. */
static int find_in(struct search *search, const char *name, char **found, struct error *error)
{
    const char *first = NULL, *named_by = NULL, *tried = "";
    for (size_t i = 0; i < search->count && (first == NULL || search->folders[i].named_by == named_by); i++) {
        const char *path = arena_printf(&search->arena, "%s/%s.so", search->folders[i].path, name);
        tried = arena_printf(&search->arena, "%s%s%s", tried, i > 0 ? ", " : "", path);
        if (!is_there(path))
            continue;
        if (first != NULL && named_by != NULL)
            return error_set(error, "plugin %s is in two folders of %s: %s and %s", name, named_by, first, path);
        if (first == NULL) {
            first = path;
            named_by = search->folders[i].named_by;
        }
    }
    if (first == NULL)
        return error_set(error, "plugin %s not found: looked for %s", name, tried);
    *found = alloc_text(first);
    return 0;
}

static int find(const char *name, const sluice_list *plugin_path, char **found, struct error *error)
{
    if (strchr(name, '/') != NULL) {
        *found = alloc_text(name);
        return 0;
    }
    struct search search = search_begin(plugin_path);
    int failure = find_in(&search, name, found, error);
    search_end(&search);
    return failure;
}

/* ---- Opening -------------------------------------------------------------------------------------- */

static int query(const char *path, const sluice_plugin **descriptor, struct error *error)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (object == NULL)
        return error_set(error, "%s", dlerror());
    sluice_query_fn function;
    *(void **)&function = dlsym(object, SLUICE_QUERY_SYMBOL);
    if (function == NULL)
        return error_set(error, "not a Sluice plugin: it exports no " SLUICE_QUERY_SYMBOL);
    *descriptor = function();
    return plugin_inspect(*descriptor, error);
}

static int try_query(const void *path, struct error *error)
{
    const sluice_plugin *descriptor;
    return query(path, &descriptor, error);
}

/* What its owner compiled of a struct, in our layout. */
static void copy_known(void *to, size_t size, const void *from, size_t from_size)
{
    memset(to, 0, size);
    memcpy(to, from, from_size < size ? from_size : size);
}

static struct plugin *plugin_new(char *path, const sluice_plugin *descriptor)
{
    struct plugin *plugin = alloc_zeroed(1, sizeof *plugin);
    plugin->path = path;
    copy_known(&plugin->descriptor, sizeof plugin->descriptor, descriptor, descriptor->size);
    if (descriptor->sink != NULL)
        copy_known(&plugin->sink, sizeof plugin->sink, descriptor->sink, descriptor->sink->size);
    if (descriptor->transform != NULL)
        copy_known(&plugin->transform, sizeof plugin->transform, descriptor->transform, descriptor->transform->size);
    plugin->options = (struct option_table){descriptor->options, descriptor->option_count, descriptor->option_size};
    if (plugin->descriptor.summary == NULL)
        plugin->descriptor.summary = "";
    return plugin;
}

static int check_pin(const char *path, const char *sha256, const char *pinned, struct error *error)
{
    if (pinned == NULL || strcasecmp(sha256, pinned) == 0)
        return 0;
    return error_set(error, "plugin %s: its SHA-256 is %s, wanted %s: it is not the file that was pinned", path, sha256,
                     pinned);
}

int plugin_open(const char *name, const sluice_list *plugin_path, struct plugin **plugin, struct error *error)
{
    return plugin_open_pinned(name, plugin_path, NULL, plugin, error);
}

int plugin_open_pinned(const char *name, const sluice_list *plugin_path, const char *sha256, struct plugin **plugin,
                       struct error *error)
{
    char *found, *path, actual[PLUGIN_SHA256_SIZE];
    const sluice_plugin *descriptor;
    struct error why;
    if (find(name, plugin_path, &found, error) != 0)
        return -1;
    path = realpath(found, NULL);
    if (path == NULL) {
        error_set(error, "plugin %s: %s", found, strerror(errno));
        free(found);
        return -1;
    }
    free(found);
    for (size_t i = 0; i < all_count; i++)
        if (strcmp(all[i]->path, path) == 0) {
            free(path);
            *plugin = all[i];
            return check_pin(all[i]->path, all[i]->sha256, sha256, error);
        }
    if (plugin_file_check(path, actual, error) != 0 || check_pin(path, actual, sha256, error) != 0)
        goto failed;
    if (probe(try_query, path, PLUGIN_QUERY_TIMEOUT_MS, &why) != 0 || query(path, &descriptor, &why) != 0) {
        error_set(error, "plugin %s is refused: %s", path, why.text);
        goto failed;
    }
    *plugin = plugin_new(path, descriptor);
    memcpy((*plugin)->sha256, actual, sizeof actual);
    (*plugin)->descriptor.bind(&host_api);
    all = alloc_resized(all, all_count + 1, sizeof(struct plugin *));
    all[all_count++] = *plugin;
    return 0;
failed:
    free(path);
    return -1;
}

int plugin_load(struct plugin *plugin, struct error *error)
{
    struct arena arena = {.newest = NULL};
    sluice_report report = {.arena = &arena};
    if (plugin->loaded)
        return 0;
    flight_note_begin(NULL, plugin->descriptor.name, NULL, "load", -1, NULL);
    sluice_verdict verdict = plugin->descriptor.load != NULL ? plugin->descriptor.load(&report) : SLUICE_OK;
    flight_note_end(NULL);
    plugin->loaded = verdict == SLUICE_OK;
    if (!plugin->loaded)
        error_set(error, "plugin %s refuses to load: %s%s%s", plugin->descriptor.name,
                  report.call.code != NULL ? report.call.code : "no reason given", report.call.text != NULL ? ": " : "",
                  report.call.text != NULL ? report.call.text : "");
    arena_free(&arena);
    return plugin->loaded ? 0 : -1;
}

void plugin_check(const struct plugin *plugin, const char *section, const void *config, sluice_report *report)
{
    if (plugin->descriptor.check == NULL)
        return;
    flight_note_begin(NULL, plugin->descriptor.name, section, "check", -1, NULL);
    plugin->descriptor.check(config, report);
    flight_note_end(NULL);
}

static void unload(struct plugin *plugin)
{
    plugin->loaded = false;
    if (plugin->descriptor.unload == NULL)
        return;
    flight_note_begin(NULL, plugin->descriptor.name, NULL, "unload", -1, NULL);
    plugin->descriptor.unload();
    flight_note_end(NULL);
}

void plugins_unload_all(void)
{
    for (size_t i = all_count; i-- > 0;)
        if (all[i]->loaded)
            unload(all[i]);
}

void plugins_close_all(void)
{
    for (size_t i = 0; i < all_count; i++) {
        free(all[i]->path);
        free(all[i]);
    }
    free(all);
    all = NULL;
    all_count = 0;
}

size_t plugins_find(const sluice_list *plugin_path, char ***paths)
{
    struct search search = search_begin(plugin_path);
    size_t count = 0;
    *paths = NULL;
    for (size_t i = 0; i < search.count; i++) {
        glob_t matches;
        if (glob(arena_printf(&search.arena, "%s/*.so", search.folders[i].path), 0, NULL, &matches) != 0)
            continue;
        for (size_t j = 0; j < matches.gl_pathc; j++) {
            *paths = alloc_resized(*paths, count + 1, sizeof **paths);
            (*paths)[count++] = alloc_text(matches.gl_pathv[j]);
        }
        globfree(&matches);
    }
    search_end(&search);
    return count;
}

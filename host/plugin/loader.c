#include "plugin/loader.h"

#include "base/alloc.h"
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

static char *own_folder(size_t i)
{
    char executable[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", executable, sizeof executable - 1);
    executable[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(executable, '/');
    return alloc_printf("%.*s/%s", slash != NULL ? (int)(slash - executable) : 0, executable, own_folders[i]);
}

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

static int find_on_path(const char *name, const sluice_list *search_path, char **found, struct error *error)
{
    for (size_t i = 0; search_path != NULL && i < search_path->count; i++) {
        char *path = alloc_printf("%s/%s.so", search_path->items[i], name);
        if (!is_there(path)) {
            free(path);
        } else if (*found == NULL) {
            *found = path;
        } else {
            error_set(error, "plugin %s is in two folders of plugin.path: %s and %s", name, *found, path);
            free(path);
            free(*found);
            *found = NULL;
            return -1;
        }
    }
    return 0;
}

static int find(const char *name, const sluice_list *search_path, char **found, struct error *error)
{
    *found = NULL;
    if (strchr(name, '/') != NULL) {
        *found = alloc_text(name);
        return 0;
    }
    if (find_on_path(name, search_path, found, error) != 0)
        return -1;
    for (size_t i = 0; i < OWN_FOLDER_COUNT && *found == NULL; i++) {
        char *folder = own_folder(i), *path = alloc_printf("%s/%s.so", folder, name);
        if (is_there(path))
            *found = path;
        else
            free(path);
        free(folder);
    }
    if (*found != NULL)
        return 0;
    char *tried = alloc_text("");
    size_t folders = search_path != NULL ? search_path->count : 0;
    for (size_t i = 0; i < folders + OWN_FOLDER_COUNT; i++) {
        char *folder = i < folders ? alloc_text(search_path->items[i]) : own_folder(i - folders);
        char *more = alloc_printf("%s%s%s/%s.so", tried, i > 0 ? ", " : "", folder, name);
        free(folder);
        free(tried);
        tried = more;
    }
    error_set(error, "plugin %s not found: looked for %s", name, tried);
    free(tried);
    return -1;
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

int plugin_open(const char *name, const sluice_list *search_path, struct plugin **plugin, struct error *error)
{
    return plugin_open_pinned(name, search_path, NULL, plugin, error);
}

int plugin_open_pinned(const char *name, const sluice_list *search_path, const char *sha256, struct plugin **plugin,
                       struct error *error)
{
    char *found, *path, actual[PLUGIN_SHA256_SIZE];
    const sluice_plugin *descriptor;
    struct error why;
    if (find(name, search_path, &found, error) != 0)
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
    sluice_verdict verdict = plugin->descriptor.load != NULL ? plugin->descriptor.load(&report) : SLUICE_OK;
    plugin->loaded = verdict == SLUICE_OK;
    if (!plugin->loaded)
        error_set(error, "plugin %s refuses to load: %s%s%s", plugin->descriptor.name,
                  report.call.code != NULL ? report.call.code : "no reason given", report.call.text != NULL ? ": " : "",
                  report.call.text != NULL ? report.call.text : "");
    arena_free(&arena);
    return plugin->loaded ? 0 : -1;
}

void plugins_unload_all(void)
{
    for (size_t i = all_count; i-- > 0;) {
        if (all[i]->loaded && all[i]->descriptor.unload != NULL)
            all[i]->descriptor.unload();
        all[i]->loaded = false;
    }
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

size_t plugins_find(const sluice_list *search_path, char ***paths)
{
    size_t folders = search_path != NULL ? search_path->count : 0, count = 0;
    *paths = NULL;
    for (size_t i = 0; i < folders + OWN_FOLDER_COUNT; i++) {
        char *folder = i < folders ? alloc_text(search_path->items[i]) : own_folder(i - folders);
        char *pattern = alloc_printf("%s/*.so", folder);
        glob_t matches;
        if (glob(pattern, 0, NULL, &matches) == 0) {
            for (size_t j = 0; j < matches.gl_pathc; j++) {
                *paths = alloc_resized(*paths, count + 1, sizeof **paths);
                (*paths)[count++] = alloc_text(matches.gl_pathv[j]);
            }
            globfree(&matches);
        }
        free(pattern);
        free(folder);
    }
    return count;
}

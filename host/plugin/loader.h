/* plugin/loader.h - from a name in an INI file to a descriptor we trust: find, look at the file, try in a forked child
 * (a query that hangs or crashes must not take the host along), dlopen, handshake, inspect.  Every refusal is a
 * sentence with the path, the reason and the loader's own message. Neighbours: plugin_file.h (who may change the file,
 * which one it is), sluice/abi.h (the handshake's rules), chain.h (who loads), instance.h (who calls). */
#ifndef SLUICE_PLUGIN_LOADER_H
#define SLUICE_PLUGIN_LOADER_H

#include "base/error.h"
#include "config/options.h"
#include "plugin/plugin_file.h"

struct plugin {
    char *path; /* of the file, resolved */
    char sha256[PLUGIN_SHA256_SIZE];
    sluice_plugin descriptor;       /* in our layout: members the plugin does not know are cleared */
    sluice_sink_ops sink;           /* likewise; meaningful when descriptor.sink is set */
    sluice_transform_ops transform; /* likewise */
    struct option_table options;
    bool loaded; /* load() has answered OK (or there is none) */
};

enum { PLUGIN_QUERY_TIMEOUT_MS = 5000 };

/* Folders, separated by colons: for whoever builds an image or mounts a folder and does not write the INI. */
#define PLUGIN_PATH_VARIABLE "SLUICE_PLUGIN_PATH"

/* [main] Before there are threads.  name: a path (it holds a slash), or a name looked for as NAME.so in the folders of
 * plugin_path, then in those of the environment's variable, then beside the executable (../<libdir>/sluice/plugins, or
 * ../plugins in a build tree).  A name in two folders of the first, or of the second, is refused.  A file opened before
 * is the same struct plugin. The struct lives until plugins_close_all(). */
int plugin_open(const char *name, const sluice_list *plugin_path, struct plugin **plugin, struct error *error);
/* Only if its file has this SHA-256, in hexadecimal digits; NULL: any. */
int plugin_open_pinned(const char *name, const sluice_list *plugin_path, const char *sha256, struct plugin **plugin,
                       struct error *error);

/* [main] check() of the ABI, about a section's bound options; nothing when it has none. */
void plugin_check(const struct plugin *plugin, const char *section, const void *config, sluice_report *report);
/* [main] load() and unload() of the ABI, once per process each. */
int plugin_load(struct plugin *plugin, struct error *error);
void plugins_unload_all(void); /* only when no instance is open */
void plugins_close_all(void);  /* frees the structs; the objects stay mapped (RTLD_NODELETE) */

/* [main] For `describe` without a name: the paths of what looks like a plugin on the search path.  The caller frees
 * each path and the array. */
size_t plugins_find(const sluice_list *plugin_path, char ***paths);

#endif

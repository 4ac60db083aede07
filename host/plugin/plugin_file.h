/* plugin/plugin_file.h - may a file be run as our own code: is it a file, can nobody change it but root and who runs
 * Sluice, and which one is it.  The folder counts as well, since who may write there can put another file in its place.
 * A folder with the sticky bit, like /tmp, may be written by others: they cannot replace what is not theirs.  Folders
 * above it are not looked at, though who may write there can exchange it: a volume's root is open to its group, or to
 * all, in a container that sees nobody else.
 * It is checked by descriptor and opened by path afterwards (from /proc/self/fd the loader would not find what lies
 * beside it, $ORIGIN): whoever could exchange it in between is refused here.
 * Neighbour: loader.h. */
#ifndef SLUICE_PLUGIN_PLUGIN_FILE_H
#define SLUICE_PLUGIN_PLUGIN_FILE_H

#include "base/error.h"

enum { PLUGIN_SHA256_SIZE = 64 + 1 };

/* [main] path: resolved.  sha256: of what is in it, in hexadecimal digits. */
int plugin_file_check(const char *path, char sha256[PLUGIN_SHA256_SIZE], struct error *error);

#endif

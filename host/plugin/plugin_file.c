#include "plugin/plugin_file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* what: "it", "its folder /usr/lib/sluice". */
static int check_writers(const char *path, const char *what, const struct stat *status, struct error *error)
{
    unsigned mode = status->st_mode & 07777;
    bool sticky = S_ISDIR(status->st_mode) && (mode & S_ISVTX) != 0;
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return error_set(error,
                         "plugin %s: %s belongs to user %u, who could change what user %u runs; chown it to root", path,
                         what, status->st_uid, geteuid());
    if ((mode & S_IWOTH) != 0 && !sticky)
        return error_set(error,
                         "plugin %s: others may write to %s (mode %04o); chmod o-w, or put it into a folder of its own",
                         path, what, mode);
    if ((mode & S_IWGRP) != 0 && !sticky && status->st_gid != 0 && status->st_gid != getegid())
        return error_set(
            error, "plugin %s: group %u may write to %s (mode %04o); chmod g-w, or put it into a folder of its own",
            path, status->st_gid, what, mode);
    return 0;
}

static int check_folder(const char *path, struct error *error)
{
    struct stat status;
    char *copy = alloc_text(path), *folder = dirname(copy), *what = alloc_printf("its folder %s", folder);
    int failure = stat(folder, &status) != 0 ? error_set(error, "plugin %s: %s: %s", path, what, strerror(errno))
                                             : check_writers(path, what, &status, error);
    free(what);
    free(copy);
    return failure;
}

static int hash(const char *path, int fd, char sha256[PLUGIN_SHA256_SIZE], struct error *error)
{
    struct sha256_ctx context;
    uint8_t block[65536], digest[SHA256_DIGEST_SIZE];
    ssize_t size;
    sha256_init(&context);
    while ((size = read(fd, block, sizeof block)) > 0)
        sha256_update(&context, (size_t)size, block);
    if (size < 0)
        return error_set(error, "plugin %s: %s", path, strerror(errno));
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(sha256 + 2 * i, 3, "%02x", digest[i]);
    return 0;
}

int plugin_file_check(const char *path, char sha256[PLUGIN_SHA256_SIZE], struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait for its writer */
    if (fd < 0)
        return error_set(error, "plugin %s: %s", path, strerror(errno));
    int failure = fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ? error_set(error, "plugin %s: not a file", path)
                                                                      : check_writers(path, "it", &status, error);
    if (failure == 0)
        failure = check_folder(path, error);
    if (failure == 0)
        failure = hash(path, fd, sha256, error);
    close(fd);
    return failure;
}

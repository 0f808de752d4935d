/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and making files beside the database. */
#include "store/beside.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *cvg_beside_path(const char *file, const char *suffix)
{
    return cvg_format("%s.%s", file, suffix);
}

void cvg_beside_close(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* "." where the file's name has no folder. */
static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    size_t length = slash ? (size_t)(slash - file) : 0;
    return !slash ? cvg_strdup(".") : cvg_strndup(file, length ? length : 1);
}

/* Where there is no database yet, the folder says whose it will be. */
static int give_to_owner(const char *file, int fd)
{
    CVG_CLEANUP(cvg_free_pointer) char *folder = folder_of(file);
    struct stat owner;
    if (geteuid() != 0 || (stat(file, &owner) != 0 && stat(folder, &owner) != 0) ||
        owner.st_uid == 0) {
        return 0;
    }
    return fchown(fd, owner.st_uid, owner.st_gid);
}

/* Somebody else may make it between the two tries to open it. */
static int open_or_make(const char *file, const char *path, int flags)
{
    const int always = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

    int fd = open(path, (flags & ~O_CREAT) | always);
    if (fd >= 0 || errno != ENOENT || !(flags & O_CREAT)) {
        return fd;
    }
    fd = open(path, flags | O_EXCL | always, 0600);
    if (fd < 0 && errno == EEXIST) {
        return open(path, (flags & ~O_CREAT) | always);
    }
    if (fd >= 0 && give_to_owner(file, fd) != 0) {
        int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

int cvg_beside_open(const char *file, const char *suffix, int flags, int *ret_fd,
                    struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_beside_path(file, suffix);
    struct stat info;

    int fd = open_or_make(file, path, flags);
    if (fd < 0 && errno == ENOENT) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "%s: %s not there",
                             flags & O_CREAT ? file : path,
                             flags & O_CREAT ? "its folder is" : "is");
    }
    if (fd < 0) {
        return cvg_error_set_errno(reterr, errno, "%s", path);
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return cvg_error_set(reterr, CVG_E_IO, "%s: is not an ordinary file", path);
    }
    *ret_fd = fd;
    return 0;
}

int cvg_beside_write(int fd, const void *bytes, size_t length, int64_t at)
{
    ssize_t written = pwrite(fd, bytes, length, at);
    if (written >= 0 && (size_t)written < length) {
        errno = ENOSPC;
    }
    return written == (ssize_t)length ? 0 : -1;
}

int cvg_beside_sync_folder(const char *file, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *folder = folder_of(file);
    CVG_CLEANUP(cvg_beside_close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        return cvg_error_set_errno(reterr, errno, "%s", folder);
    }
    return 0;
}

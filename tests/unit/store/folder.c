/* SPDX-License-Identifier: Apache-2.0 */
/* Folders below /tmp. */
#include "folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/cvg-store-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/store.db", folder->path);
}

void folder_remove(const struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    assert_non_null(dir);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): a DIR of its own */
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char path[400];
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(path, sizeof path, "%s/%s", folder->path, entry->d_name);
            assert_int_equal(remove(path), 0);
        }
    }
    closedir(dir);
    assert_int_equal(rmdir(folder->path), 0);
}

size_t folder_read(const char *path, void *ret, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t length = read(fd, ret, size);
    assert_true(length >= 0);
    close(fd);
    return (size_t)length;
}

void folder_write(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

const char *folder_beside(const struct folder *folder, const char *suffix, char *ret, size_t size)
{
    snprintf(ret, size, "%s.%s", folder->file, suffix);
    return ret;
}

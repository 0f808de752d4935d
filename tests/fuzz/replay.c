/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives every file of the named folders to one fuzz target, so that each input that ever mattered
 * is tried in the ordinary tests too, under their sanitizers.
 *
 *     replay_NAME FOLDER...
 *
 * A folder may be missing (crashes are there only while somebody works on one), but a run that
 * found no input at all fails: it would test nothing.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INPUT_LIMIT = 16 * 1024 * 1024
};

/*
 * Each input gets memory of exactly its size, so that the address sanitizer sees a read of one
 * byte too many.
 */
static int replay_file(int folder, const char *name)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0 || status.st_size > INPUT_LIMIT) {
        perror(name);
        return -1;
    }
    size_t size = (size_t)status.st_size;
    uint8_t *data = malloc(size + (size == 0));
    ssize_t got = data == NULL ? -1 : read(file, data, size);
    close(file);
    if (got < 0 || (size_t)got != size) {
        perror(name);
        free(data);
        return -1;
    }
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

/* How many inputs it replayed, or -1. */
static long replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        if (errno == ENOENT) {
            return 0;
        }
        perror(path);
        return -1;
    }
    long count = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        fprintf(stderr, "%s/%s\n", path, entry->d_name);
        if (replay_file(dirfd(folder), entry->d_name) != 0) {
            count = -1;
            break;
        }
        count++;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    long total = 0;
    for (int i = 1; i < argc; i++) {
        long count = replay_folder(argv[i]);
        if (count < 0) {
            return 1;
        }
        total += count;
    }
    printf("%ld inputs\n", total);
    return total > 0 ? 0 : 1;
}

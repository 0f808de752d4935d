/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, and files in it. Whatever fails ends the test. */
#ifndef CVG_TEST_STORE_FOLDER_H
#define CVG_TEST_STORE_FOLDER_H

#include <stddef.h>

struct folder {
    char path[64];
    char file[96]; /* "store.db" in it; nothing is there yet */
};

void folder_make(struct folder *folder);
void folder_remove(const struct folder *folder); /* with the files in it */

/* All of a file; returns its length, at most size. */
size_t folder_read(const char *path, void *ret, size_t size);
/* Replaces the content, and keeps the mode; makes it with mode 0600. */
void folder_write(const char *path, const void *bytes, size_t length);
/* The path of the file beside: "FILE.SUFFIX". */
const char *folder_beside(const struct folder *folder, const char *suffix, char *ret, size_t size);

#endif

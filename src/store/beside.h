/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small files beside the database FILE: FILE.head, FILE.key, FILE.lock. Each is its owner's
 * alone, and is there for good once it was made. Inside of this layer; any thread.
 */
#ifndef CVG_STORE_BESIDE_H
#define CVG_STORE_BESIDE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* "FILE.SUFFIX"; the caller frees it. */
char *cvg_beside_path(const char *file, const char *suffix);

/* Opens it with open(2)'s flags, or makes it with mode 0600 where they have O_CREAT. What root
 * makes beside somebody's database belongs to that somebody, so that a command that was run as
 * root does not lock the daemon out. CVG_E_NOT_FOUND where it is not there, else CVG_E_IO; the
 * error names the file. */
CVG_NODISCARD int cvg_beside_open(const char *file, const char *suffix, int flags, int *ret_fd,
                                  struct cvg_error *reterr);

/* All of the bytes at that place; else -1 and errno, which is ENOSPC where there was room for some
 * of them only. */
CVG_NODISCARD int cvg_beside_write(int fd, const void *bytes, size_t length, int64_t at);

/* Makes sure that the names in the file's folder are on disk. */
CVG_NODISCARD int cvg_beside_sync_folder(const char *file, struct cvg_error *reterr);

/* For CVG_CLEANUP; negative: nothing is open. */
void cvg_beside_close(const int *fd);

#endif

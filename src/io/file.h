/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and watching files without blocking the loop: see host->read_file and watch_file. */
#ifndef CVG_IO_FILE_H
#define CVG_IO_FILE_H

#include "io/scope.h"

struct cvg_op *cvg_file_read(struct cvg_scope *scope, const char *path, size_t limit,
                             void (*on_done)(void *arg, struct cvg_op *op, int32_t error,
                                             const char *bytes, size_t length, int64_t mtime_ns),
                             void *arg);
struct cvg_op *cvg_file_watch(struct cvg_scope *scope, const char *path,
                              void (*on_change)(void *arg, struct cvg_op *op), void *arg);

#endif

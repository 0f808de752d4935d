/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading secrets, afresh on each use. Files are read on the worker pool; at most 64 KiB, one
 * trailing newline is dropped; NUL and empty ones are refused.
 */
#ifndef CVG_IO_SECRET_H
#define CVG_IO_SECRET_H

#include "base/secret.h"
#include "io/scope.h"

struct cvg_op *cvg_secret_fetch(struct cvg_scope *scope, const struct cvg_secret *secret,
                                void (*on_done)(void *arg, struct cvg_op *op, const char *error,
                                                const char *text, size_t length),
                                void *arg);
/* The same, blocking: for start-up checks and worker threads. Free with cvg_free_secret(). */
CVG_NODISCARD int cvg_secret_read(const struct cvg_secret *secret, char **ret_text,
                                  size_t *ret_length, struct cvg_error *reterr);

#endif

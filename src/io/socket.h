/* SPDX-License-Identifier: Apache-2.0 */
/* Guarded connections and descriptor watching: see host->connect and host->watch_fd. */
#ifndef CVG_IO_SOCKET_H
#define CVG_IO_SOCKET_H

#include "io/scope.h"

struct cvg_op *cvg_socket_connect(struct cvg_scope *scope, const struct cvg_connect *connect);
struct cvg_op *cvg_socket_watch(struct cvg_scope *scope, int fd, uint32_t events,
                                void (*on_ready)(void *arg, struct cvg_op *op, uint32_t events),
                                void *arg);

#endif

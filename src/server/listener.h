/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket, opened by ourselves so that a failure says what the system said. */
#ifndef CVG_SERVER_LISTENER_H
#define CVG_SERVER_LISTENER_H

#include "base/error.h"

#include <stdint.h>

/* host: literal address, without brackets. port 0: any free one. Close *ret_fd. */
CVG_NODISCARD int cvg_listener_open(const char *host, uint16_t port, int *ret_fd,
                                    uint16_t *ret_port, struct cvg_error *reterr);
/* A Unix socket at path, with that mode. One that a dead process left there is taken away; one on
 * which somebody listens is an error. Close *ret_fd, and remove the path. */
CVG_NODISCARD int cvg_listener_open_path(const char *path, unsigned mode, int *ret_fd,
                                         struct cvg_error *reterr);
/* Makes a socket that listens already, opened by somebody else, fit for the same use. It must be
 * bound to this address and port (port 0: to any), so that what the configuration says of the
 * address is true of the socket. */
CVG_NODISCARD int cvg_listener_adopt(int fd, const char *host, uint16_t port, uint16_t *ret_port,
                                     struct cvg_error *reterr);

#endif

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
 * bound to *port_inout at this address (0: to any, which is put there), so that what the
 * configuration says of the address is true of the socket. key is the configuration's, for people. */
CVG_NODISCARD int cvg_listener_adopt(int fd, const char *key, const char *host,
                                     uint16_t *port_inout, struct cvg_error *reterr);
/* The same of a Unix socket. Its mode and its end are the business of who made it. */
CVG_NODISCARD int cvg_listener_adopt_path(int fd, const char *key, const char *path,
                                          struct cvg_error *reterr);

#endif

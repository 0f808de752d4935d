/* SPDX-License-Identifier: Apache-2.0 */
/* From the keys of `server` to a server, and to who may ask of it. */
#ifndef CVG_DAEMON_SERVE_H
#define CVG_DAEMON_SERVE_H

#include "config/config.h"
#include "daemon/sockets.h"
#include "server/server.h"

/* Does not listen yet. Takes those of the sockets that are called http, socket and health. */
CVG_NODISCARD int cvg_serve_new(const struct cvg_config *config, struct cvg_sockets *sockets,
                                struct cvg_board *board, struct cvg_server **ret,
                                struct cvg_error *reterr);
/* Who may ask by this configuration; a reference, for cvg_server_set_access. */
struct cvg_access *cvg_serve_access(const struct cvg_config *config);

#endif

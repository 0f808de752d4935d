/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets that the service manager opened and passes at start: LISTEN_FDS of them from
 * descriptor 3 on, their names in LISTEN_FDNAMES. A connection that comes while the daemon is
 * restarted waits in such a socket instead of being refused.
 *
 * A socket that nobody asked for is an error at start: it would take connections that nobody ever
 * accepts.
 */
#ifndef CVG_DAEMON_SOCKETS_H
#define CVG_DAEMON_SOCKETS_H

#include "base/error.h"

struct cvg_sockets;

/* Takes the variables out of the environment: call it before the first thread starts. Without
 * sockets for this process *ret has none. Refuses descriptors that are not listening stream
 * sockets, and two of one name. A single socket without a name of its own is called "http". */
CVG_NODISCARD int cvg_sockets_take(struct cvg_sockets **ret, struct cvg_error *reterr);
/* The socket of that name, the caller's from now on; 0: there is none. */
int cvg_sockets_use(struct cvg_sockets *sockets, const char *name);
/* Whether all were used. */
CVG_NODISCARD int cvg_sockets_check(const struct cvg_sockets *sockets, struct cvg_error *reterr);
/* Closes those that were not used. Takes NULL. */
void cvg_sockets_free(struct cvg_sockets *sockets);

#endif

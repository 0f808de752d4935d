/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One listener with the library's threads behind it: the network's, the Unix socket's, and that of
 * health. Each has its own, so that none of them can be filled by what comes in at another.
 */
#ifndef CVG_SERVER_LISTENING_H
#define CVG_SERVER_LISTENING_H

#include "server/connection.h"

/* Zeroed with fd -1 at first. */
struct cvg_listening {
    struct cvg_entrance entrance;
    struct MHD_Daemon *daemon; /* owned */
    int fd;                    /* owned */
    char *path;                /* owned; a socket's, taken away at the end */
};

/* fd listens. With TLS when `secure`. */
CVG_NODISCARD int cvg_listening_start(struct cvg_listening *listening, unsigned threads,
                                      bool secure, struct cvg_error *reterr);
void cvg_listening_quiesce(struct cvg_listening *listening); /* no new connections */
/* Joins the threads; no connection is suspended any more. */
void cvg_listening_stop(struct cvg_listening *listening);
void cvg_listening_close(struct cvg_listening *listening);

#endif

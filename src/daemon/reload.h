/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reload means to the rest of the daemon: the service manager and the log are told, who may
 * ask is replaced, and those who wait are answered. Deciding thread.
 */
#ifndef CVG_DAEMON_RELOAD_H
#define CVG_DAEMON_RELOAD_H

#include "daemon/notify.h"
#include "decide/decider.h"
#include "server/server.h"

struct cvg_reload {
    struct cvg_loop *loop;
    struct cvg_decider *decider;
    struct cvg_server *server;
    struct cvg_notify *notify;
};

/* From now on SIGHUP reloads. The struct must outlive the loop's run. */
CVG_NODISCARD int cvg_reload_start(struct cvg_reload *reload, struct cvg_error *reterr);

#endif

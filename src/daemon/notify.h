/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told, by the protocol of sd_notify(3): one datagram of lines to the
 * socket that NOTIFY_SOCKET names. Without that variable everything here does nothing.
 *
 * The watchdog is fed by a timer of the deciding thread's loop and by nothing else: a thread that
 * stalls is killed and started again, whatever the HTTP threads still answer. No call waits for
 * the manager: states that it cannot take at once are sent again, the rest is dropped.
 *
 * Deciding thread, except cvg_notify_take.
 */
#ifndef CVG_DAEMON_NOTIFY_H
#define CVG_DAEMON_NOTIFY_H

#include "decide/board.h"
#include "io/loop.h"

struct cvg_notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, so
 * that no child speaks for the daemon: call it before the first thread starts. Never NULL. */
struct cvg_notify *cvg_notify_take(void);
/* From now on the watchdog is fed, and STATUS says how many of the board's sources are up. Once;
 * loop and board outlive it. */
void cvg_notify_start(struct cvg_notify *notify, struct cvg_loop *loop, struct cvg_board *board);
/* Listening, on a valid configuration: at start and at the end of each reload, whether or not the
 * new configuration was taken. What was found is not its business. */
void cvg_notify_ready(struct cvg_notify *notify);
/* At the beginning of a reload. */
void cvg_notify_reloading(struct cvg_notify *notify);
void cvg_notify_stopping(struct cvg_notify *notify);
/* Before the loop. Takes NULL. */
void cvg_notify_free(struct cvg_notify *notify);

#endif

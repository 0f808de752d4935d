/* SPDX-License-Identifier: Apache-2.0 */
/* One life of the daemon: what is started in which order, and stopped in the opposite one. */
#ifndef CVG_DAEMON_DAEMON_H
#define CVG_DAEMON_DAEMON_H

#include "config/config.h"
#include "module/registry.h"

/* Checks the configuration whole, modules included; connects to nothing where online_ns is 0, else as
 * online.h says, for so long. Returns the exit code. */
int cvg_daemon_check(const char *file, struct cvg_registry *registry, int64_t online_ns);
/* Until SIGTERM or SIGINT. Returns the exit code. */
int cvg_daemon_run(const char *file, struct cvg_registry *registry);

#endif

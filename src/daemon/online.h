/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `--check --online`: every polled check is run once, every stream is waited for until its first
 * answer, and what cannot be read is told, one line each, with the right that is missing.
 */
#ifndef CVG_DAEMON_ONLINE_H
#define CVG_DAEMON_ONLINE_H

#include "config/config.h"
#include "io/loop.h"
#include "module/registry.h"

/* Prints to stdout. 0, or a negative code where a check is unknown because its source could not be
 * asked (connection, credentials, rights), or did not answer in that time. A check that is unknown
 * for another reason (its query answers nothing) is told, and is no failure. */
CVG_NODISCARD int cvg_online_check(struct cvg_loop *loop, struct cvg_config *config,
                                   struct cvg_registry *registry, int64_t timeout_ns);

#endif

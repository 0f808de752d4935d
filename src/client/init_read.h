/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How `convergate init` looks around: it makes a configuration of the sources alone, tries one check of
 * each kind through the runner, and asks more over the connections that the modules have made for it.
 * So whatever works here works in the daemon. Everything has a deadline, and what could not be
 * read is told and left out.
 */
#ifndef CVG_CLIENT_INIT_READ_H
#define CVG_CLIENT_INIT_READ_H

#include "client/init_found.h"
#include "module/registry.h"

/* Fills in what found's cluster, state.place and metrics.url name (NULL: not asked for). *ret_whole: nothing
 * that was asked for is missing; what is was told on stderr and noted. Fails where the cluster cannot be
 * reached: there is nothing to write then. */
CVG_NODISCARD int cvg_init_read(struct cvg_registry *registry, struct cvg_init_found *found,
                                bool *ret_whole, struct cvg_error *reterr);

#endif

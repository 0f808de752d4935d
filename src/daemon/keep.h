/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's place in the daemon's life: made before the decider starts, freed after it has ended,
 * and the audit chain's head in the log at the start, every hour and at the end, so that whoever keeps the
 * log can prove later that nothing was cut off. Deciding thread.
 */
#ifndef CVG_DAEMON_KEEP_H
#define CVG_DAEMON_KEEP_H

#include "decide/decider.h"
#include "store/store.h"

struct cvg_keep;

/* The configuration's store; *ret stays NULL where it has none. From now on the decider keeps things
 * there. A database that cannot be used now is no failure: the daemon goes on without. */
CVG_NODISCARD int cvg_keep_new(const struct cvg_config *config, struct cvg_loop *loop,
                               struct cvg_decider *decider, struct cvg_keep **ret,
                               struct cvg_error *reterr);
/* Before the decider is freed: it hears no more of the store. Takes NULL. */
void cvg_keep_leave(struct cvg_keep *keep);
/* After the decider, before the loop. Takes NULL. */
void cvg_keep_free(struct cvg_keep *keep);

/* What would keep the store from working, as a line on stderr; touches nothing. */
void cvg_keep_check(const struct cvg_config *config);

#endif

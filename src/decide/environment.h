/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One environment as the deciding thread keeps it: the steady state of its checks, its policies,
 * and when it has to be published next. Building a snapshot is all that happens at a publication;
 * nothing is kept that could be derived.
 */
#ifndef CVG_DECIDE_ENVIRONMENT_H
#define CVG_DECIDE_ENVIRONMENT_H

#include "config/diff.h"
#include "decide/snapshot.h"
#include "model/steady_saved.h"

struct cvg_environment;

/* A change is published this soon after the first reading that made it, ... */
#define CVG_PUBLISH_CHANGE  (20 * INT64_C(1000000))
/* ... evidence that changed nothing but its age this soon, ... */
#define CVG_PUBLISH_REFRESH INT64_C(1000000000)
/* ... and what did not even get evidence this often, so that relative numbers stay close. */
#define CVG_PUBLISH_IDLE    (10 * INT64_C(1000000000))

/* config: the generation, of which a reference is taken. Problems go to diagnostics. */
CVG_NODISCARD int cvg_environment_new(struct cvg_config *config, size_t index,
                                      struct cvg_diagnostics *diagnostics,
                                      struct cvg_environment **ret);
void cvg_environment_free(struct cvg_environment *environment); /* takes NULL */

/* A reload: checks that stay the same (checks[i] is the number of this environment's check i in the
 * old one, or CVG_DIFF_NONE) go on with their readings, dwell and flap history, from now on by the
 * new rules. The old environment has nothing left but to be freed. It is to be published now. */
void cvg_environment_inherit(struct cvg_environment *environment, struct cvg_environment *old,
                             const size_t *checks, int64_t now);
/* A start: what a check was before, see model/steady_saved.h; false: it cannot have been. */
bool cvg_environment_restore(struct cvg_environment *environment, size_t check,
                             const struct cvg_steady_saved *saved, int64_t now);
/* False: there is nothing to save. */
bool cvg_environment_save(const struct cvg_environment *environment, size_t check,
                          struct cvg_steady_saved *ret);
int64_t cvg_environment_max_age(const struct cvg_environment *environment, size_t check);
/* A start: its publications are numbered from after this one. */
void cvg_environment_continue(struct cvg_environment *environment, uint64_t sequence);
/* Takes the reading's reference over. */
void cvg_environment_read(struct cvg_environment *environment, size_t check,
                          struct cvg_kept_reading *reading, int64_t now);
void cvg_environment_alive(struct cvg_environment *environment, size_t check, int64_t at,
                           int64_t now);

/* When it is to be published; CVG_NEVER only before the first time. */
int64_t cvg_environment_due(const struct cvg_environment *environment);
/* The state at `now`, with a reference for the caller; also settles when the next one is due. */
struct cvg_snapshot *cvg_environment_snapshot(struct cvg_environment *environment, int64_t now,
                                              int64_t wall, uint64_t jitter);

#endif

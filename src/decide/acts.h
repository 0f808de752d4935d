/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts that happen whatever the store says, such as a reload: the operator who reloads because the
 * store is broken must not be refused for it. Where their rows cannot be committed they are kept,
 * and added again when the store is available. Deciding thread.
 */
#ifndef CVG_DECIDE_ACTS_H
#define CVG_DECIDE_ACTS_H

#include "decide/commit.h"

#define CVG_ACTS_WAITING 64 /* more are lost, with a line in the log */

struct cvg_acts;

/* commits NULL: nothing is recorded. Borrowed; freed before the acts are, so that each was told. */
struct cvg_acts *cvg_acts_new(struct cvg_commits *commits);
void cvg_acts_free(struct cvg_acts *acts); /* takes NULL */

/* Of the whole daemon, now. actor NULL: nobody said. target: made to fit. body: JSON. */
void cvg_acts_add(struct cvg_acts *acts, const char *action, const char *actor, const char *target,
                  const char *body);
/* The store is available: what waits is added again. */
void cvg_acts_again(struct cvg_acts *acts);
bool cvg_acts_wait(const struct cvg_acts *acts);

#endif

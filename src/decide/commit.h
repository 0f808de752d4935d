/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows on their way to the store. Whoever adds one hears on the deciding thread, exactly once and
 * never out of the function that adds it, whether it was committed.
 *
 *   deciding thread   cvg_commits_add   copies the row into the store's queue
 *   store's thread    (after the commit, or its failure) posts to the loop
 *   deciding thread   done
 *
 * Deciding thread.
 */
#ifndef CVG_DECIDE_COMMIT_H
#define CVG_DECIDE_COMMIT_H

#include "io/loop.h"
#include "store/store.h"

struct cvg_commits;

/* Both are borrowed; store not NULL. The store must be freed before the loop. */
struct cvg_commits *cvg_commits_new(struct cvg_loop *loop, struct cvg_store *store);
/* At a stop: waits for at most so long until what was added is committed. Whatever is still on its way
 * then is told that it was not. Takes NULL. */
void cvg_commits_free(struct cvg_commits *commits, int64_t patience_ns);

/* why: for people, where it was not committed; lives until done returns. */
typedef void cvg_commit_done(void *arg, bool committed, const char *why);
void cvg_commits_add(struct cvg_commits *commits, const struct cvg_record *record,
                     cvg_commit_done *done, void *arg);

/* Whether rows that were committed are still there, as far as is known: a store that is full or
 * locked has them, one that is damaged or away may not. */
bool cvg_commit_holds(struct cvg_store *store);
/* A row that is added now would be told of when nobody waits for it any more. */
bool cvg_commit_hangs(struct cvg_store *store);
/* "full: no space left on device"; "" where the store is available. */
void cvg_commit_why(struct cvg_store *store, char *ret, size_t size);

#endif

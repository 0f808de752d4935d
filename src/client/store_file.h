/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that work on a store's file have in common: which file, who acts, and a line
 * of progress. */
#ifndef CVG_CLIENT_STORE_FILE_H
#define CVG_CLIENT_STORE_FILE_H

#include "base/alloc.h"
#include "client/options.h"
#include "store/audit.h"

/* --store, else the configuration's; in the arena or of the options. */
CVG_NODISCARD int cvg_client_store_file(const struct cvg_client_options *options,
                                        struct cvg_arena *arena, const char **ret,
                                        struct cvg_error *reterr);

#define CVG_CLIENT_ACTOR 256
/* "user:ada", or "user:1000" where the uid has no name: who called, not as whom. */
void cvg_client_actor(char ret[CVG_CLIENT_ACTOR]);

/* A line of progress at most ten times a second. */
struct cvg_client_work {
    const char *what; /* "verifying" */
    int64_t shown_at; /* CLOCK_BOOTTIME */
};

/* For cvg_audit_options; ctx: struct cvg_client_work. */
void cvg_client_work_progress(void *ctx, uint64_t number, uint64_t of);
void cvg_client_work_done(struct cvg_client_work *work); /* clears the line */

#endif

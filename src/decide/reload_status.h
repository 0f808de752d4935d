/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the latest reload went, for whoever asked for it, /metrics and /readyz. Immutable, shared by
 * reference like a snapshot; references may be dropped on any thread.
 */
#ifndef CVG_DECIDE_RELOAD_STATUS_H
#define CVG_DECIDE_RELOAD_STATUS_H

#include "base/alloc.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct cvg_reload_status {
    _Atomic unsigned references;
    uint64_t ticket;            /* all reloads that were asked for up to this one are done */
    uint64_t accepted, refused; /* since the start */
    bool last_refused;
    int64_t loaded_at;   /* wall: when the configuration that is in force was taken over */
    int64_t finished_at; /* wall: of the latest reload; 0: there was none */
    size_t checks_kept, checks_new, checks_gone;
    const char *const *messages; /* errors and warnings, "file:line:column: error: ..." */
    size_t message_count;
    const char *const *restart; /* keys whose change waits for a restart */
    size_t restart_count;
    struct cvg_arena *arena; /* owner of all of it */
};

/* Zeroed, with one reference, the caller's. */
struct cvg_reload_status *cvg_reload_status_new(void);
struct cvg_reload_status *cvg_reload_status_ref(struct cvg_reload_status *status);
void cvg_reload_status_unref(struct cvg_reload_status *status); /* takes NULL */

#endif

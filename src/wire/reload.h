/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of /v1/reload: a ticket for who asked, and how the latest reload went. */
#ifndef CVG_WIRE_RELOAD_H
#define CVG_WIRE_RELOAD_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

enum cvg_reload_outcome {
    CVG_RELOAD_NONE = 0, /* none since the start */
    CVG_RELOAD_ACCEPTED,
    CVG_RELOAD_REFUSED,
    CVG_RELOAD_OUTCOMES
};

struct cvg_wire_reload {
    uint64_t done; /* all tickets up to this one are */
    enum cvg_reload_outcome result;
    int64_t loaded_at, finished_at; /* wall; 0: "" */
    size_t checks_kept, checks_new, checks_gone;
    const char *const *messages; /* "file:line:column: error: ..." */
    size_t message_count;
    const char *const *restart; /* keys whose change waits for a restart */
    size_t restart_count;
};

const char *cvg_reload_outcome_text(enum cvg_reload_outcome outcome);

/* {"ticket": 3} */
int cvg_wire_ticket_write(uint64_t ticket, struct cvg_buf *ret);
CVG_NODISCARD int cvg_wire_ticket_read(const char *json, size_t length, uint64_t *ret,
                                       struct cvg_error *reterr);
/* done, result, loaded_at, finished_at, checks {kept, new, gone}, messages[], restart[]. */
int cvg_wire_reload_write(const struct cvg_wire_reload *reload, struct cvg_buf *ret);
/* For the client; texts are in the arena. Times are not read. */
CVG_NODISCARD int cvg_wire_reload_read(const char *json, size_t length, struct cvg_arena *arena,
                                       struct cvg_wire_reload *ret, struct cvg_error *reterr);

#endif

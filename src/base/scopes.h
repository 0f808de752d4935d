/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a credential may do, as the configuration names it and the server asks for it: a set of
 * scopes. `decide` and `operate` include `read`, `admin` includes all; `push` includes nothing, so
 * that a tool which only reports cannot look around.
 */
#ifndef CVG_BASE_SCOPES_H
#define CVG_BASE_SCOPES_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

enum cvg_may {
    CVG_MAY_READ = 1,    /* see readiness and verdicts */
    CVG_MAY_DECIDE = 2,  /* ask with a subject, so that the decision is recorded */
    CVG_MAY_PUSH = 4,    /* report a signal */
    CVG_MAY_OPERATE = 8, /* what people do: hold, approve, override */
    CVG_MAY_ADMIN = 16,  /* the daemon itself */
    CVG_MAY_ALL = 31,
};

/* Adds the scope of that name, and what it includes, to *scopes; false: there is none. */
bool cvg_scopes_add(const char *name, uint32_t *scopes);
/* "read"; of one enum cvg_may. */
const char *cvg_scope_text(uint32_t scope);

#endif

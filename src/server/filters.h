/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query of /v1/decisions and of an environment's history, as what is asked of the store. Strict
 * in what it knows: a value that could not match, or that would be read in another way than it was
 * meant, is refused and not taken for "all". Other parameters are ignored, as everywhere.
 */
#ifndef CVG_SERVER_FILTERS_H
#define CVG_SERVER_FILTERS_H

#include "base/alloc.h"
#include "base/error.h"
#include "store/query.h"

/* environment (or env), gate, app, revision (or rev), verdict, from, until, limit, before. An
 * environment that is asked for is the only one in ret->environments. Texts are in the arena. */
CVG_NODISCARD int cvg_filters_records(const char *query, struct cvg_arena *arena,
                                      struct cvg_record_query *ret, struct cvg_error *reterr);
/* kind (several with commas), name, from, until, limit, before. The environment is the path's. */
CVG_NODISCARD int cvg_filters_changes(const char *query, struct cvg_arena *arena,
                                      struct cvg_change_query *ret, struct cvg_error *reterr);

/* What `before` takes: the place of a change, which is the last one of a page. */
const char *cvg_filters_cursor(const struct cvg_change_cursor *at, struct cvg_arena *arena);

#endif

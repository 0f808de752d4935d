/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query of a request, decoded. Parameters that no route knows are ignored, so that tools may
 * add their own; one that is known and given twice is refused, because two readers would take
 * different ones.
 */
#ifndef CVG_SERVER_PARAMETERS_H
#define CVG_SERVER_PARAMETERS_H

#include "base/alloc.h"
#include "base/error.h"
#include "gate/verdict.h"

#define CVG_PARAMETERS_EXCLUDES 8

struct cvg_parameters {
    const char *environment, *gate; /* NULL: not given */
    const char *app, *revision;     /* NULL: not given */
    struct cvg_label *labels;       /* in the arena */
    size_t label_count;
    bool explain;      /* explain=full */
    int64_t wait_ns;   /* 0: not given */
    const char *after; /* NULL: not given */
    uint32_t limit;    /* 0: not given */
    bool verbose;
    const char *excludes[CVG_PARAMETERS_EXCLUDES];
    size_t exclude_count;
};

/* One part of "name=value&name=value", decoded. */
struct cvg_parameter {
    const char *name, *value;
};

/* 0 goes on. A name that it does not know it passes over. */
typedef int cvg_parameter_take(void *ctx, const struct cvg_parameter *parameter,
                               struct cvg_error *reterr);
/* Each parameter in its order, until one is refused. query: what follows the '?', NULL for none.
 * Texts are in the arena. */
CVG_NODISCARD int cvg_parameters_each(const char *query, struct cvg_arena *arena,
                                      cvg_parameter_take *take, void *ctx,
                                      struct cvg_error *reterr);
/* What a parameter may be, for takers; *slot is NULL or 0 while it was not given. A text that may
 * be empty, one that may not, and a number of rows. */
CVG_NODISCARD int cvg_parameter_text(const struct cvg_parameter *parameter, const char **slot,
                                     struct cvg_error *reterr);
CVG_NODISCARD int cvg_parameter_name(const struct cvg_parameter *parameter, const char **slot,
                                     struct cvg_error *reterr);
CVG_NODISCARD int cvg_parameter_limit(const struct cvg_parameter *parameter, uint32_t *slot,
                                      struct cvg_error *reterr);

/* Those of the routes that ask for a verdict or look at environments. */
CVG_NODISCARD int cvg_parameters_read(const char *query, struct cvg_arena *arena,
                                      struct cvg_parameters *ret, struct cvg_error *reterr);
/* Adds app, rev and labels to the subject that a body gave. The same thing in both is refused
 * unless it is equal. */
CVG_NODISCARD int cvg_parameters_subject(const struct cvg_parameters *parameters,
                                         struct cvg_arena *arena, struct cvg_subject *subject,
                                         struct cvg_error *reterr);

#endif

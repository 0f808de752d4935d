/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness documents: /v1/environments and /v1/environments/{env}. */
#ifndef CVG_WIRE_ENVIRONMENT_H
#define CVG_WIRE_ENVIRONMENT_H

#include "base/buf.h"
#include "base/error.h"
#include "model/readiness.h"

/* The whole document of one environment: environment, phase, score, coverage, lag_s, declared,
 * observed, declared_not_observed, components[], checks[], gates[] (names), updated_at. */
int cvg_wire_environment_write(const char *environment, const struct cvg_readiness *readiness,
                               const char *const *gates, size_t gate_count, int64_t wall_offset,
                               struct cvg_buf *ret);

/* One element of the list: environment, phase, score, ready, of, gates (name to verdict). */
struct cvg_wire_environment_row {
    const char *environment;
    uint32_t phase; /* enum cvg_phase */
    const struct cvg_readiness *readiness;
    const char *const *gates;
    const uint32_t *verdicts; /* enum cvg_verdict */
    size_t gate_count;
};

/* {"environments": [...], "next": "..."}; next is "" on the last page, else what `after` takes. */
int cvg_wire_environments_write(const struct cvg_wire_environment_row *rows, size_t count,
                                const char *next, struct cvg_buf *ret);

/* ---- reading, for the client; strings are in the arena, never NULL ---- */

struct cvg_wire_check {
    const char *name, *status, *reason, *message, *plane, *component, *source, *expected, *observed;
    const char *revision, *observed_at, *since;
    bool required;
};

struct cvg_wire_environment {
    const char *environment, *phase;
    double score, coverage;
    bool has_lag, lag_open, declared_not_observed;
    double lag_s;
    uint32_t ready, of;
    struct cvg_wire_check *checks;
    size_t check_count;
    const char **gates; /* names; in a list's row with " = verdict" */
    size_t gate_count;
};

CVG_NODISCARD int cvg_wire_environment_read(const char *json, size_t length,
                                            struct cvg_arena *arena,
                                            struct cvg_wire_environment *ret,
                                            struct cvg_error *reterr);

/* One page of the list. */
struct cvg_wire_environments {
    struct cvg_wire_environment *rows;
    size_t count;
    const char *next; /* "" on the last page */
};

CVG_NODISCARD int cvg_wire_environments_read(const char *json, size_t length,
                                             struct cvg_arena *arena,
                                             struct cvg_wire_environments *ret,
                                             struct cvg_error *reterr);

#endif

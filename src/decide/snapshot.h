/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the deciding thread publishes about one environment: its readiness, and for each gate the
 * decision without a subject, rendered. Immutable, shared by reference; references may be dropped
 * on any thread. Relative numbers in the bodies are true at decided_at.
 *
 * A reader says `go` only while cvg_board_trusts() says so; otherwise it serves the stale body
 * (wait, unknown, DecisionStale), which is rendered beside the other one so that a stalled
 * deciding thread costs readers nothing.
 */
#ifndef CVG_DECIDE_SNAPSHOT_H
#define CVG_DECIDE_SNAPSHOT_H

#include "gate/verdict.h"

struct cvg_assembly;

struct cvg_body {
    const char *text; /* JSON, one line */
    size_t length;
};

struct cvg_snapshot_gate {
    const struct cvg_gate_policy *policy;
    struct cvg_decision decision, stale;
    struct cvg_body body, stale_body;
    /* The server's prepared responses, made by whoever needs them first; freed with the snapshot
     * by the function that the server gave to the board. */
    _Atomic(void *) attachment;
};

struct cvg_snapshot {
    _Atomic unsigned references;
    const char *environment;
    uint64_t sequence;               /* rises with each publication of this environment */
    int64_t decided_at;              /* CLOCK_BOOTTIME */
    int64_t wall_offset;             /* add to a CLOCK_BOOTTIME value to get wall time */
    struct cvg_readiness readiness;  /* with its checks; each holds a reference on its reading */
    struct cvg_snapshot_gate *gates; /* the first is the default one */
    size_t gate_count;
    struct cvg_assembly *assembly; /* a reference: names, rules and policies live there */
    struct cvg_arena *arena;       /* owner of the rest */
    void (*attachment_free)(void *attachment);
};

struct cvg_snapshot *cvg_snapshot_ref(struct cvg_snapshot *snapshot);
void cvg_snapshot_unref(struct cvg_snapshot *snapshot); /* takes NULL */
/* name NULL or "": the default gate. NULL: there is no such gate. */
struct cvg_snapshot_gate *cvg_snapshot_gate(const struct cvg_snapshot *snapshot, const char *name);

#endif

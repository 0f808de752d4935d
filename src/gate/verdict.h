/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict: may this subject move through this gate now? A pure function of the readiness, the
 * gate's policy, the subject and the time. Readers on any thread may call it on a published
 * snapshot.
 *
 * What a required check's steady status does:
 *   ready        go
 *   progressing  wait
 *   degraded     wait; with `on_degraded: go` it passes, and a reason of severity go says so
 *   unknown      by on_unknown: ignore passes (a reason says so), else wait with unknown: true
 *   failed       by on_failed: wait, halt, or wait until it has been failed for halt_after
 * The worst wins: rollback over halt over wait over go. `go` needs moreover that one required
 * check at least is fresh and ready (not kept, not ignored): otherwise wait, unknown,
 * NothingFresh. And it needs a readiness that still holds: where a check's next_change_at has
 * passed, the answer is wait, unknown, DecisionStale. Unknown alone never makes halt or rollback;
 * the time that a failed status was only kept does not count towards halt_after.
 *
 * Where the gate agrees on a revision, or the subject has one, every check that names one must name
 * that one, see agreement.h: otherwise wait, RevisionDiffers.
 *
 * A check that goes is told of where people should know more: kept, falling, degraded, ignored.
 */
#ifndef CVG_GATE_VERDICT_H
#define CVG_GATE_VERDICT_H

#include "model/readiness.h"

enum cvg_verdict {
    CVG_GO = 0,
    CVG_WAIT,
    CVG_HALT,
    CVG_ROLLBACK
};

#define CVG_VERDICT_COUNT 4
const char *cvg_verdict_text(uint32_t verdict); /* "go" */

enum cvg_agree_on {
    CVG_AGREE_ASKED = 0, /* on the subject's revision, where it has one */
    CVG_AGREE_REVISION,  /* always; somebody must name one */
    CVG_AGREE_NOTHING
};

/* What a gate looks at, resolved from `require` and `exclude`. Borrowed from the configuration. */
struct cvg_gate_policy {
    const char *name;
    enum cvg_agree_on agree_on;
    const uint32_t *checks; /* indexes into the environment's checks, rising */
    size_t check_count;
};

struct cvg_label {
    const char *name;
    const char *value;
};

/* What wants to move. Empty strings where not given. */
struct cvg_subject {
    const char *app;
    const char *revision;
    const struct cvg_label *labels;
    size_t label_count;
};

struct cvg_reason {
    const char *code;                          /* CamelCase, stable; docs/reasons.md has all */
    const char *check;                         /* "" where it is not about one */
    const char *expected, *observed, *message; /* never NULL */
    int64_t since;                             /* CLOCK_BOOTTIME; 0: not known */
    int64_t until;                             /* when it may change; CVG_NEVER or 0: not known */
    uint32_t severity;                         /* enum cvg_verdict */
};

struct cvg_decision {
    uint32_t verdict; /* enum cvg_verdict */
    bool unknown;     /* wait, and one reason at least is that something cannot be told */
    const struct cvg_reason *reasons; /* worst first, then in the order of the checks */
    size_t reason_count;
    size_t ready, of;     /* checks that the gate looks at */
    uint32_t percent;     /* 100 only on go */
    const char *summary;  /* one sentence: the worst reason, or why it goes; under 256 bytes */
    const char *progress; /* "4 of 5 checks ready, api ready for 12s of 30s" */
    int64_t decided_at;   /* CLOCK_BOOTTIME */
    int64_t valid_until;  /* go: before the evidence that it rests on expires and before time alone
                               changes it, at most CVG_VALID_FOR; else decided_at + CVG_VALID_FOR */
    int64_t evidence_at;  /* oldest evidence among the gate's fresh checks; 0: none */
    /* The earliest time that the verdict can change, as far as times are known: by time alone, or
     * because all that holds it became ready, if all goes well. CVG_NEVER: nothing is known. */
    int64_t next_change_at;
    uint32_t retry_after_s; /* 1 to 30 */
};

#define CVG_VALID_FOR (30 * INT64_C(1000000000))

/* now: not before readiness->at; a reader may judge a published snapshot later. Texts and reasons
 * are in the arena or borrowed from the readiness. jitter: any number, spreads retry_after_s (the
 * caller's chance; the same number gives the same answer). */
void cvg_gate_judge(const struct cvg_readiness *readiness, const struct cvg_gate_policy *policy,
                    const struct cvg_subject *subject, int64_t now, uint64_t jitter,
                    struct cvg_arena *arena, struct cvg_decision *ret);

/* The decision that readers serve when the deciding thread has stalled or the answer outlived
 * valid_until: wait, unknown, DecisionStale; counts and times are the old decision's. */
void cvg_gate_stale(const struct cvg_decision *decision, struct cvg_arena *arena,
                    struct cvg_decision *ret);

/* The decision that a subject gets where it cannot be recorded: wait, unknown, StoreUnavailable with
 * `why` as its message; counts and times are the old decision's. */
void cvg_gate_unrecorded(const struct cvg_decision *decision, const char *why,
                         struct cvg_arena *arena, struct cvg_decision *ret);

#endif

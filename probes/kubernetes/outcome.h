/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one object says by its kind's rule. The rules know no clock: what time alone makes worse is
 * told beside it, so that an outcome is made once for each version of an object and kept.
 *
 *   kubernetes-wide      our status       reason
 *   deleting             progressing      Terminating
 *   spec not observed    progressing      GenerationBehind
 *   stalled, failed      failed           the condition's own, or ours (reason.h)
 *   on its way           progressing      ours, with done of total
 *   paused, suspended    progressing      Suspended; what has failed or cannot be told stays so
 *   in order             ready            ours
 *   cannot be told       unknown          ours (no status, no rule)
 */
#ifndef CVG_KUBE_OUTCOME_H
#define CVG_KUBE_OUTCOME_H

#include "view.h"

#include <convergate/reading.h>

#include <stdint.h>

#define CVG_KUBE_MESSAGE 256

struct cvg_kube_outcome {
    /* It comes from the common order, which a rule of the operator's own does not replace. */
    int common;
    /* It is progressing, Suspended, and all that its rule counts is in order: but for the pause it
     * would be ready. */
    int only_paused;
    uint32_t status;                /* enum cvg_status */
    const char *reason;             /* static, or in the arena of the view */
    char message[CVG_KUBE_MESSAGE]; /* one sentence with the object's own words; "" */
    int64_t since;       /* wall: since when it is so, by the object itself; 0: not told */
    int64_t done, total; /* total 0: nothing to count */
    /* By time alone it becomes this, unless a newer version comes first; 0: never. */
    int64_t worse_at; /* wall */
    uint32_t worse_status;
    const char *worse_reason;
};

/* Durations of the rules that the operator may change; nanoseconds. */
struct cvg_kube_dwells {
    int64_t unschedulable;   /* 60 s: a pod that cannot be scheduled is failed */
    int64_t replica_failure; /* 30 s */
    int64_t node_unknown;    /* 50 s: heartbeats stopped */
    int64_t claim_pending;   /* 2 min */
    /* 60 s: APIService, webhooks, autoscaler without metrics, Synced=False */
    int64_t not_available;
    int64_t not_ready;   /* 10 min: Ready=False of a custom resource; 0: never failed by time */
    int64_t certificate; /* 24 h: before notAfter, and after renewalTime */
};

void cvg_kube_dwells_default(struct cvg_kube_dwells *ret);

/* By the common order (deletion, status, generation, Reconciling, Stalled) and then the kind's own
 * rule (rule.h). Says something on every path. Pure; what it fills lives as long as the view. */
void cvg_kube_judge(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                    struct cvg_kube_outcome *ret);

/* Of all kinds that are not built in (rule_custom.c). */
void cvg_kube_rule_custom(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret);

#endif

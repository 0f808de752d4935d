/* SPDX-License-Identifier: Apache-2.0 */
/* PodDisruptionBudget, HorizontalPodAutoscaler and ResourceQuota: what keeps a rollout from going
 * well although nothing has failed yet. */
#include "quantity.h"
#include "rule.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* How long an autoscaler is at its maximum before it is more than a peak (reference: 5 min). */
#define SATURATED (300 * SECOND)

/* Argo CD (health_pdb.go): False for any reason but too few pods is an error. That no disruption
 * is allowed blocks drains, not rollouts; too few healthy pods is the stronger signal. */
void cvg_kube_rule_budget(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_budget *of = &view->of.budget;
    (void)dwells;
    ret->total = of->desired;
    ret->done = of->current < of->desired ? of->current : of->desired;
    for (size_t i = 0; i < view->condition_count; i++) {
        const struct cvg_kube_condition *condition = &view->conditions[i];
        if (cvg_kube_is(condition, "False") && !cvg_kube_is_stale(view, condition) &&
            strcmp(condition->reason, "InsufficientPods") != 0) {
            cvg_kube_say_condition(ret, CVG_FAILED, condition, CVG_KUBE_REASON_BUDGET_SYNC);
            return;
        }
    }
    if (of->current < of->desired) {
        cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_BUDGET_SHORT),
                     "%" PRId64 " healthy of %" PRId64 " that must be", of->current, of->desired);
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY),
                     "%" PRId64 " healthy of %" PRId64 " that must be; %" PRId64 " may go",
                     of->current, of->desired, of->allowed);
    }
}

/* With the condition's own words, and failed once it has been so for the dwell. */
static void say_unavailable(const struct cvg_kube_condition *condition,
                            const struct cvg_kube_dwells *dwells, enum cvg_kube_reason otherwise,
                            struct cvg_kube_outcome *ret)
{
    cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, otherwise);
    cvg_kube_worsen(ret, condition->changed_at, dwells->not_available, CVG_FAILED, ret->reason);
}

static int reason_is(const struct cvg_kube_condition *condition, const char *reason)
{
    return strcmp(condition->reason, reason) == 0;
}

/* Argo CD looks at these reasons whatever the condition's status is. */
static int cannot_scale(const struct cvg_kube_condition *able)
{
    return cvg_kube_is(able, "False") || reason_is(able, "FailedGetScale") ||
           reason_is(able, "FailedUpdateScale");
}

static void say_missing(const char *type, struct cvg_kube_outcome *ret)
{
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "the condition %s is missing", type);
}

/* Argo CD (health_hpa.go), except that one at its maximum is healthy there: it has no room for a
 * rollout's surge. */
void cvg_kube_rule_autoscaler(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_autoscaler *of = &view->of.autoscaler;
    const struct cvg_kube_condition *able = cvg_kube_current(view, "AbleToScale");
    const struct cvg_kube_condition *active = cvg_kube_current(view, "ScalingActive");
    const struct cvg_kube_condition *limited = cvg_kube_current(view, "ScalingLimited");
    if (able == NULL) {
        say_missing("AbleToScale", ret);
    } else if (cannot_scale(able)) {
        /* The controller stops at the first failure and writes no more conditions. */
        say_unavailable(able, dwells, CVG_KUBE_REASON_AUTOSCALER_STUCK, ret);
    } else if (active == NULL) {
        say_missing("ScalingActive", ret);
    } else if (reason_is(active, "ScalingDisabled")) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_SCALED_TO_ZERO),
                     "its target is scaled to zero");
    } else if (!cvg_kube_is(active, "True")) {
        say_unavailable(active, dwells, CVG_KUBE_REASON_AUTOSCALER_BLIND, ret);
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY),
                     "%" PRId64 " %s, %" PRId64 " wanted, at most %" PRId64, of->current,
                     cvg_plural((uint64_t)of->current, "replica", "replicas"), of->desired,
                     of->max);
        if (cvg_kube_is(limited, "True") && reason_is(limited, "TooManyReplicas") &&
            of->current >= of->max) {
            cvg_kube_worsen(ret, limited->changed_at, SATURATED, CVG_DEGRADED,
                            cvg_kube_reason(CVG_KUBE_REASON_AUTOSCALER_SATURATED));
        }
    }
}

/* A hard limit of 0 forbids something on purpose, and is no quota that was used up. Nobody else
 * has a rule: at 0.9 a warning, at 1 the next pod is refused. */
void cvg_kube_rule_quota(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                         struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_quota *tightest = NULL;
    double share = 0;
    (void)dwells;
    for (size_t i = 0; i < view->quota_count; i++) {
        const struct cvg_kube_quota *quota = &view->quotas[i];
        int64_t hard, used;
        if (cvg_kube_quantity_milli(quota->hard, &hard) != 0 ||
            cvg_kube_quantity_milli(quota->used, &used) != 0) {
            cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                         "of %s not both limit and use are told", quota->resource);
            return;
        }
        if (hard > 0 && (tightest == NULL || (double)used / (double)hard > share)) {
            share = (double)used / (double)hard;
            tightest = quota;
        }
    }
    if (tightest == NULL) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "it limits nothing");
        return;
    }
    enum cvg_status status = share >= 1 ? CVG_FAILED : share >= 0.9 ? CVG_DEGRADED : CVG_READY;
    enum cvg_kube_reason reason = share >= 1     ? CVG_KUBE_REASON_QUOTA_EXHAUSTED
                                  : share >= 0.9 ? CVG_KUBE_REASON_QUOTA_TIGHT
                                                 : CVG_KUBE_REASON_READY;
    cvg_kube_say(ret, status, cvg_kube_reason(reason), "%s of %s %s are used", tightest->used,
                 tightest->hard, tightest->resource);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order that holds for every kind, before its own rule: deletion, the generation gap,
 * Reconciling and Stalled. It is the order of kstatus (cli-utils pkg/kstatus/status/generic.go),
 * with two changes: an observed generation that is greater is taken, as kubectl, Flagger and Argo
 * CD do (it occurs after a restore), and conditions with a generation of their own are held to it.
 */
#include "outcome.h"

#include "rule.h"

#include <inttypes.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

void cvg_kube_dwells_default(struct cvg_kube_dwells *ret)
{
    *ret = (struct cvg_kube_dwells){
        .unschedulable = 60 * SECOND,
        .replica_failure = 30 * SECOND,
        .node_unknown = 50 * SECOND,
        .claim_pending = 120 * SECOND,
        .not_available = 60 * SECOND,
        .not_ready = 600 * SECOND,
        .certificate = 24 * 3600 * SECOND,
    };
}

enum status_kind {
    STATUS_NOT_NEEDED = 0, /* nobody writes one, or an empty one is in order */
    STATUS_WRITTEN,        /* a controller writes one: none means that nothing can be told */
    STATUS_WITH_GENERATION /* and the generation that it saw, where 0 is left out */
};

/* A rule for each built-in kind. Of those without one, being there is all there is to say. */
static const struct {
    cvg_kube_rule *rule;
    enum status_kind status;
} rules[CVG_KUBE_TYPES] = {
    [CVG_KUBE_DEPLOYMENT] = {cvg_kube_rule_deployment, STATUS_WITH_GENERATION},
    [CVG_KUBE_STATEFULSET] = {cvg_kube_rule_statefulset, STATUS_WITH_GENERATION},
    [CVG_KUBE_DAEMONSET] = {cvg_kube_rule_daemonset, STATUS_WITH_GENERATION},
    [CVG_KUBE_REPLICASET] = {cvg_kube_rule_replicaset, STATUS_WITH_GENERATION},
    [CVG_KUBE_JOB] = {cvg_kube_rule_job, STATUS_WRITTEN},
    [CVG_KUBE_CRONJOB] = {cvg_kube_rule_cronjob, STATUS_NOT_NEEDED},
    [CVG_KUBE_POD] = {cvg_kube_rule_pod, STATUS_WRITTEN},
    [CVG_KUBE_NODE] = {cvg_kube_rule_node, STATUS_WRITTEN},
    [CVG_KUBE_NAMESPACE] = {cvg_kube_rule_namespace, STATUS_WRITTEN},
    [CVG_KUBE_SERVICE] = {cvg_kube_rule_service, STATUS_NOT_NEEDED},
    [CVG_KUBE_ENDPOINTSLICE] = {cvg_kube_rule_endpointslice, STATUS_NOT_NEEDED},
    [CVG_KUBE_INGRESS] = {cvg_kube_rule_ingress, STATUS_NOT_NEEDED},
    [CVG_KUBE_CLAIM] = {cvg_kube_rule_claim, STATUS_WRITTEN},
    [CVG_KUBE_VOLUME] = {cvg_kube_rule_volume, STATUS_WRITTEN},
    [CVG_KUBE_BUDGET] = {cvg_kube_rule_budget, STATUS_WITH_GENERATION},
    [CVG_KUBE_AUTOSCALER] = {cvg_kube_rule_autoscaler, STATUS_WRITTEN},
    [CVG_KUBE_QUOTA] = {cvg_kube_rule_quota, STATUS_WRITTEN},
    [CVG_KUBE_DEFINITION] = {cvg_kube_rule_definition, STATUS_WRITTEN},
    [CVG_KUBE_APISERVICE] = {cvg_kube_rule_apiservice, STATUS_WRITTEN},
    [CVG_KUBE_WEBHOOKS] = {cvg_kube_rule_webhooks, STATUS_NOT_NEEDED},
    [CVG_KUBE_CUSTOM] = {cvg_kube_rule_custom, STATUS_NOT_NEEDED}, /* its rule looks itself */
};

static void say_terminating(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *stuck =
        view->kind->type == CVG_KUBE_NAMESPACE ? cvg_kube_namespace_stuck(view) : NULL;
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_TERMINATING);
    if (stuck != NULL) {
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "being deleted: %s", stuck->message);
    } else {
        /* deletionTimestamp is the request plus the grace period, so it can lie in the future and
         * is no `since`. */
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "being deleted");
    }
}

/* What the status is about, 0 where the controller has not looked at all; CVG_KUBE_ABSENT where
 * kinds of this sort need not say it. */
static int64_t observed(const struct cvg_kube_view *view)
{
    if (view->observed_generation == CVG_KUBE_ABSENT &&
        rules[view->kind->type].status == STATUS_WITH_GENERATION) {
        return 0;
    }
    return view->observed_generation;
}

/* None of the conditions that name their generation is about this one. One old condition among
 * newer ones is usual (a pod is scheduled once) and its rule's matter. */
static int all_stale(const struct cvg_kube_view *view)
{
    int stale = 0;
    for (size_t i = 0; i < view->condition_count; i++) {
        if (cvg_kube_is_stale(view, &view->conditions[i])) {
            stale = 1;
        } else if (view->conditions[i].observed_generation != CVG_KUBE_ABSENT &&
                   view->conditions[i].observed_generation != 0) {
            return 0;
        }
    }
    return stale;
}

static int say_behind(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND);
    int64_t generation = view->meta.generation, seen = observed(view);
    if (generation == CVG_KUBE_ABSENT) {
        return 0;
    }
    if (seen != CVG_KUBE_ABSENT && seen < generation) {
        cvg_kube_say(ret, CVG_PROGRESSING, reason,
                     "generation %" PRId64 " is not observed yet, only %" PRId64, generation, seen);
        return 1;
    }
    if (all_stale(view)) {
        cvg_kube_say(ret, CVG_PROGRESSING, reason,
                     "no condition is about generation %" PRId64 " yet", generation);
        return 1;
    }
    return 0;
}

/* In the order of the list, the first that is True. */
static int say_at_work(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < view->condition_count; i++) {
        const struct cvg_kube_condition *condition = &view->conditions[i];
        if (!cvg_kube_is(condition, "True") || cvg_kube_is_stale(view, condition)) {
            continue;
        }
        if (strcmp(condition->type, "Reconciling") == 0) {
            cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, CVG_KUBE_REASON_RECONCILING);
            return 1;
        }
        if (strcmp(condition->type, "Stalled") == 0) {
            cvg_kube_say_condition(ret, CVG_FAILED, condition, CVG_KUBE_REASON_STALLED);
            return 1;
        }
    }
    return 0;
}

static int say_no_status(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    if (view->has_status || rules[view->kind->type].status == STATUS_NOT_NEEDED) {
        return 0;
    }
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                 "no controller has written a status yet");
    return 1;
}

void cvg_kube_judge(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                    struct cvg_kube_outcome *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->common = 1;
    if (view->meta.deleted_at != 0) {
        say_terminating(view, ret);
        return;
    }
    if (say_no_status(view, ret) || say_behind(view, ret) || say_at_work(view, ret)) {
        return;
    }
    ret->common = 0;
    if (rules[view->kind->type].rule != NULL) {
        rules[view->kind->type].rule(view, dwells, ret);
    } else if (view->kind->type == CVG_KUBE_RELEASE) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "a release is judged by its labels");
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
    }
}

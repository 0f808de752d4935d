/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Argo Rollouts: Rollout, AnalysisRun and Experiment. Sources: argo-rollouts
 * pkg/apis/rollouts/v1alpha1/types.go and utils/rollout/rolloututil.go, and Argo CD's
 * resource_customizations/argoproj.io/Rollout/health.lua. The observed generation is a string, which
 * kstatus, asking for a number, cannot read.
 */
#include "rule_custom.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <string.h>

/* The controller's words, and what it counts. */
static void say_phase(const struct cvg_kube_view *view, enum cvg_status status,
                      enum cvg_kube_reason reason, struct cvg_kube_outcome *ret)
{
    const char *words = cvg_kube_text_at(view, "/status/message");
    cvg_kube_say(ret, status, cvg_kube_reason(reason), "%s%s%s",
                 *view->phase == '\0' ? "no phase" : view->phase, *words != '\0' ? ": " : "",
                 words);
}

/* The phase is only about what was seen; and with workloadRef, the template is in another object
 * whose generation is copied into an annotation. */
static int say_behind(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *behind = cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND);
    if (view->observed_generation == CVG_KUBE_ABSENT) {
        /* Before 1.0 it was a hash, which cannot be compared. */
        cvg_kube_say(ret, CVG_PROGRESSING, behind, "the observed generation is not told");
        return 1;
    }
    if (cvg_kube_node_at(view->tree, "/spec/workloadRef") == NULL) {
        return 0;
    }
    const char *wanted =
        cvg_kube_annotation(&view->meta, "rollout.argoproj.io/workload-generation");
    if (*wanted != '\0' &&
        strcmp(wanted, cvg_kube_text_at(view, "/status/workloadObservedGeneration")) == 0) {
        return 0;
    }
    cvg_kube_say(ret, CVG_PROGRESSING, behind, "the newest workload is not observed yet");
    return 1;
}

static int is_promoted(const struct cvg_kube_view *view)
{
    const char *current = cvg_kube_text_at(view, "/status/currentPodHash");
    return *current != '\0' && strcmp(cvg_kube_text_at(view, "/status/stableRS"), current) == 0;
}

/* Healthy is also said of a rollout that ended where it began. */
static void say_healthy(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *stable = cvg_kube_text_at(view, "/status/stableRS");
    const char *current = cvg_kube_text_at(view, "/status/currentPodHash");
    if (!is_promoted(view)) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_NOT_PROMOTED),
                     "%.32s is stable, %.32s is the newest", *stable == '\0' ? "nothing" : stable,
                     *current == '\0' ? "nothing" : current);
        return;
    }
    cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_ROLLED_OUT),
                 "%.32s is promoted, %" PRId64 " of %" PRId64 " %s available", current, ret->done,
                 ret->total, cvg_plural((uint64_t)ret->total, "replica is", "replicas are"));
}

/* Paused in the middle, at a step or before its promotion, it has a new revision that is not the
 * stable one. */
static int is_only_paused(const struct cvg_kube_view *view, const struct cvg_kube_outcome *counted)
{
    return is_promoted(view) && counted->done >= counted->total &&
           cvg_kube_count_at(view, "/status/updatedReplicas", 0) >= counted->total &&
           cvg_kube_node_at(view->tree, "/status/pauseConditions/0") == NULL;
}

static void count_replicas(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    int64_t wanted = cvg_kube_count_at(view, "/spec/replicas", 1);
    int64_t available = cvg_kube_count_at(view, "/status/availableReplicas", 0);
    ret->total = wanted > 0 ? wanted : 0;
    ret->done = available < 0 ? 0 : available < ret->total ? available : ret->total;
}

void cvg_kube_rule_rollout(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    (void)dwells;
    if (cvg_kube_say_no_status(view, ret) || say_behind(view, ret)) {
        return;
    }
    count_replicas(view, ret);
    if (cvg_kube_true_at(view, "/status/abort")) {
        /* Also while the phase is not Degraded yet: nobody goes on with it by himself. */
        say_phase(view, CVG_FAILED, CVG_KUBE_REASON_ROLLOUT_ABORTED, ret);
        ret->since = cvg_kube_time_at(view, "/status/abortedAt");
    } else if (strcmp(view->phase, "Degraded") == 0) {
        say_phase(view, CVG_FAILED, CVG_KUBE_REASON_HEALTH_DEGRADED, ret);
    } else if (strcmp(view->phase, "Paused") == 0) {
        say_phase(view, CVG_PROGRESSING, CVG_KUBE_REASON_SUSPENDED, ret);
        ret->only_paused = is_only_paused(view, ret);
        ret->since = cvg_kube_time_at(view, "/status/pauseConditions/0/startTime");
    } else if (strcmp(view->phase, "Progressing") == 0) {
        say_phase(view, CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING, ret);
    } else if (strcmp(view->phase, "Healthy") == 0) {
        say_healthy(view, ret);
    } else {
        say_phase(view, CVG_UNKNOWN, CVG_KUBE_REASON_NO_CONDITIONS, ret);
    }
    if (strcmp(view->phase, "Paused") != 0 && cvg_kube_true_at(view, "/spec/paused")) {
        cvg_kube_suspend(ret); /* asked for, and not said yet */
    }
}

/* resource_customizations/argoproj.io/AnalysisRun/health.lua; Inconclusive is what a person must
 * decide, and so nothing that is known. */
void cvg_kube_rule_analysis(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                            struct cvg_kube_outcome *ret)
{
    const char *phase = view->phase;
    (void)dwells;
    if (cvg_kube_say_no_status(view, ret)) {
        return;
    }
    if (strcmp(phase, "Successful") == 0) {
        say_phase(view, CVG_READY, CVG_KUBE_REASON_COMPLETE, ret);
    } else if (strcmp(phase, "Failed") == 0 || strcmp(phase, "Error") == 0) {
        say_phase(view, CVG_FAILED, CVG_KUBE_REASON_ANALYSIS_FAILED, ret);
    } else if (strcmp(phase, "Pending") == 0 || strcmp(phase, "Running") == 0) {
        say_phase(view, CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING, ret);
    } else {
        say_phase(view, CVG_UNKNOWN, CVG_KUBE_REASON_NO_CONDITIONS, ret);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flux: Kustomization, HelmRelease, the sources and whatever else its controllers reconcile.
 * Sources: fluxcd/pkg apis/meta/conditions.go for conditions and reasons, whose Reconciling and
 * Stalled are looked at before (outcome.c). Argo CD's rule
 * (resource_customizations/helm.toolkit.fluxcd.io/HelmRelease/health.lua) wants exactly two
 * conditions to be True, so that a release whose tests pass is degraded there; here Ready, which
 * the controller folds the others into, decides.
 */
#include "rule_custom.h"

#include <string.h>

#define LONGEST 96 /* of a revision in a message */

/* An OCI HelmRepository is only read by others: source-controller writes no status of it. */
static int is_static(const struct cvg_kube_view *view)
{
    return strcmp(view->kind->name, "HelmRepository") == 0 &&
           strcmp(cvg_kube_text_at(view, "/spec/type"), "oci") == 0;
}

/* `flux reconcile` writes the time of its asking, which the controller repeats when it is done. */
static int say_asked(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *asked = cvg_kube_annotation(&view->meta, "reconcile.fluxcd.io/requestedAt");
    if (*asked == '\0' ||
        strcmp(asked, cvg_kube_text_at(view, "/status/lastHandledReconcileAt")) == 0) {
        return 0;
    }
    cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_RECONCILING),
                 "a reconciliation was asked for and has not ended");
    return 1;
}

/* Ready of the revision before, while the newest was tried and not brought about. */
static int say_other_revision(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *applied = cvg_kube_text_at(view, "/status/lastAppliedRevision");
    const char *attempted = cvg_kube_text_at(view, "/status/lastAttemptedRevision");
    if (*applied == '\0' || *attempted == '\0' || strcmp(applied, attempted) == 0) {
        return 0;
    }
    cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_REVISION_BEHIND),
                 "%.*s is applied, %.*s was attempted", LONGEST, applied, LONGEST, attempted);
    return 1;
}

/* It waits for another object, which comes without anybody's help. */
static int waits(const struct cvg_kube_condition *ready)
{
    return strcmp(ready->reason, "DependencyNotReady") == 0 ||
           strcmp(ready->reason, "Progressing") == 0 ||
           strcmp(ready->reason, "ProgressingWithRetry") == 0;
}

static void say_not_ready(const struct cvg_kube_condition *ready,
                          const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    if (!cvg_kube_is(ready, "False") || waits(ready)) {
        cvg_kube_say_not_yet(ready, dwells->not_ready, ret);
    } else {
        cvg_kube_say_condition(ret, CVG_FAILED, ready, CVG_KUBE_REASON_NOT_READY);
    }
}

static void judge(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                  struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *ready = cvg_kube_condition(view, "Ready");
    const struct cvg_kube_condition *healthy = cvg_kube_current(view, "Healthy");
    if (is_static(view) && !view->has_status) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "it is there");
    } else if (cvg_kube_say_missing(view, "Ready", ret)) {
        return;
    } else if (!cvg_kube_is(ready, "True")) {
        say_not_ready(ready, dwells, ret);
    } else if (healthy != NULL && !cvg_kube_is(healthy, "True")) {
        say_not_ready(healthy, dwells, ret);
    } else if (!say_asked(view, ret) && !say_other_revision(view, ret)) {
        cvg_kube_say_ready(ready, ret);
    }
}

/* A suspended one keeps its last conditions, whatever they were. */
void cvg_kube_rule_flux(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                        struct cvg_kube_outcome *ret)
{
    judge(view, dwells, ret);
    if (cvg_kube_true_at(view, "/spec/suspend")) {
        cvg_kube_suspend(ret);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crossplane: managed and composite resources, packages, definitions. Sources: crossplane-runtime
 * apis/common/v1/condition.go and pkg/reconciler/managed, and Argo CD's
 * resource_customizations/_.crossplane.io/_/health.lua, whose and/or without brackets makes an
 * object without any status healthy. Ready is Synced and Ready, both of this generation.
 */
#include "rule_custom.h"

#include <string.h>

int cvg_kube_is_composite(const struct cvg_kube_view *view)
{
    static const char *const marks[] = {
        "/spec/crossplane",          "/spec/compositionRef",
        "/spec/compositionSelector", "/spec/compositionUpdatePolicy",
        "/spec/providerConfigRef",   "/spec/compositionRevisionRef",
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (cvg_kube_node_at(view->tree, marks[i]) != NULL) {
            return 1;
        }
    }
    return 0;
}

static int is_paused(const struct cvg_kube_view *view)
{
    const struct cvg_kube_condition *synced = cvg_kube_current(view, "Synced");
    return strcmp(cvg_kube_annotation(&view->meta, "crossplane.io/paused"), "true") == 0 ||
           (synced != NULL && strcmp(synced->reason, "ReconcilePaused") == 0);
}

/* What the provider could not do: it tries again, and is failed once it has been so for the
 * dwell. */
static int say_cannot(const struct cvg_kube_view *view, const char *type,
                      const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *condition = cvg_kube_current(view, type);
    if (!cvg_kube_is(condition, "False")) {
        return 0;
    }
    cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, CVG_KUBE_REASON_NOT_READY);
    cvg_kube_worsen(ret, condition->changed_at, dwells->not_available, CVG_FAILED, ret->reason);
    return 1;
}

/* Making or taking down a database takes as long as it takes. */
static int takes_its_time(const struct cvg_kube_condition *ready)
{
    return strcmp(ready->reason, "Creating") == 0 || strcmp(ready->reason, "Deleting") == 0;
}

/* While it is paused, Synced=False only says so. */
static int say_not_synced(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *synced = cvg_kube_condition(view, "Synced");
    if (say_cannot(view, "LastAsyncOperation", dwells, ret) ||
        say_cannot(view, "Synced", dwells, ret) || cvg_kube_say_missing(view, "Synced", ret)) {
        return 1;
    }
    if (!cvg_kube_is(synced, "True")) {
        cvg_kube_say_not_yet(synced, dwells->not_ready, ret);
        return 1;
    }
    return 0;
}

void cvg_kube_rule_managed(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *ready = cvg_kube_condition(view, "Ready");
    int paused = is_paused(view);
    if (cvg_kube_say_no_status(view, ret) || (!paused && say_not_synced(view, dwells, ret)) ||
        cvg_kube_say_missing(view, "Ready", ret)) {
        return;
    }
    if (!cvg_kube_is(ready, "True")) {
        cvg_kube_say_not_yet(ready, takes_its_time(ready) ? 0 : dwells->not_ready, ret);
    } else {
        cvg_kube_say_ready(ready, ret);
    }
    if (paused) {
        cvg_kube_suspend(ret);
    }
}

/* A package wants Installed and Healthy, a revision of one only Healthy (RevisionHealthy and
 * RuntimeHealthy in version 2), and nothing at all where it is not the active one. */
void cvg_kube_rule_package(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    static const char *const types[] = {"Installed", "Healthy", "RevisionHealthy",
                                        "RuntimeHealthy"};
    const struct cvg_kube_condition *good = NULL;
    int is_revision = strstr(view->kind->name, "Revision") != NULL;
    if (is_revision && strcmp(cvg_kube_text_at(view, "/spec/desiredState"), "Inactive") == 0) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY),
                     "it is not the active revision");
        return;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_condition(view, types[i]);
        int needed = i == 0 ? !is_revision : i == 1 && !is_revision;
        if (condition == NULL && !needed) {
            continue;
        }
        if (cvg_kube_say_missing(view, types[i], ret) || say_cannot(view, types[i], dwells, ret)) {
            return;
        }
        if (!cvg_kube_is(condition, "True")) {
            cvg_kube_say_not_yet(condition, dwells->not_ready, ret);
            return;
        }
        good = condition;
    }
    if (good != NULL) {
        cvg_kube_say_ready(good, ret);
        if (is_paused(view)) {
            cvg_kube_suspend(ret);
        }
    } else if (!cvg_kube_say_no_status(view, ret)) {
        cvg_kube_say_no_conditions("condition Healthy", ret);
    }
}

/* Offered is only there where claims are. */
void cvg_kube_rule_composite_definition(const struct cvg_kube_view *view,
                                        const struct cvg_kube_dwells *dwells,
                                        struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *established = cvg_kube_condition(view, "Established");
    const struct cvg_kube_condition *offered = cvg_kube_condition(view, "Offered");
    if (cvg_kube_say_missing(view, "Established", ret)) {
        return;
    }
    if (!cvg_kube_is(established, "True")) {
        cvg_kube_say_not_yet(established, dwells->not_ready, ret);
    } else if (cvg_kube_node_at(view->tree, "/spec/claimNames") != NULL &&
               cvg_kube_say_missing(view, "Offered", ret)) {
        return;
    } else if (offered != NULL && !cvg_kube_is(offered, "True")) {
        cvg_kube_say_not_yet(offered, dwells->not_ready, ret);
    } else {
        cvg_kube_say_ready(established, ret);
    }
}

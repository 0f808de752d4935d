/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cluster API: Machine, Cluster, and what makes machines. Sources: cluster-api api/core/v1beta2
 * (machine_phase_types.go, machine_types.go, cluster_types.go, machinedeployment_types.go). With
 * v1beta2 a condition Available says it, in v1beta1 the phase together with NodeHealthy. Argo CD
 * looks at the phase alone, which is Running as soon as there is a node.
 */
#include "rule_custom.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <string.h>

/* A v1beta1 object can have an Available too, which means something else there: that the control
 * plane was once initialized. */
static int is_new(const struct cvg_kube_view *view)
{
    return strcmp(view->kind->version, "v1beta1") != 0 &&
           strncmp(view->kind->version, "v1alpha", 7) != 0;
}

static int is_paused(const struct cvg_kube_view *view)
{
    const struct cvg_kube_node *annotation = cvg_kube_node_get(
        cvg_kube_node_at(view->tree, "/metadata/annotations"), "cluster.x-k8s.io/paused");
    return annotation != NULL || cvg_kube_true_at(view, "/spec/paused") ||
           cvg_kube_current_is(view, "Paused") == 1;
}

/* Deprecated, and final where an older controller writes it. */
static int say_final(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    static const char *const places[][2] = {
        {"/status/failureReason", "/status/failureMessage"},
        {"/status/deprecated/v1beta1/failureReason", "/status/deprecated/v1beta1/failureMessage"},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *reason = cvg_kube_text_at(view, places[i][0]);
        const char *words = cvg_kube_text_at(view, places[i][1]);
        if (*reason != '\0' || *words != '\0') {
            cvg_kube_say(ret, CVG_FAILED,
                         cvg_kube_own_reason(reason, CVG_KUBE_REASON_MACHINE_FAILED), "%s",
                         *words == '\0' ? reason : words);
            return 1;
        }
    }
    if (strcmp(view->phase, "Failed") == 0) {
        cvg_kube_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_MACHINE_FAILED),
                     "its phase is Failed");
        return 1;
    }
    return 0;
}

/* Available while something is still being changed is not the end of the change. */
static int say_changing(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    static const char *const changes[] = {"Deleting",    "Updating",  "RollingOut",
                                          "Remediating", "ScalingUp", "ScalingDown"};
    static const char *const done[] = {"UpToDate", "MachinesUpToDate", "WorkersMachinesUpToDate",
                                       "ControlPlaneMachinesUpToDate", "TopologyReconciled"};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_current(view, changes[i]);
        if (cvg_kube_is(condition, "True")) {
            cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, CVG_KUBE_REASON_PROGRESSING);
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_current(view, done[i]);
        if (cvg_kube_is(condition, "False")) {
            cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, CVG_KUBE_REASON_PROGRESSING);
            return 1;
        }
    }
    return 0;
}

/* Of positive conditions, all of which must be there. */
static void say_all(const struct cvg_kube_view *view, const char *const *types, size_t count,
                    const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < count; i++) {
        const struct cvg_kube_condition *condition = cvg_kube_condition(view, types[i]);
        if (cvg_kube_say_missing(view, types[i], ret)) {
            return;
        }
        if (!cvg_kube_is(condition, "True")) {
            cvg_kube_say_not_yet(condition, dwells->not_ready, ret);
            return;
        }
        cvg_kube_say_ready(condition, ret);
    }
}

/* What speaks before any condition does. */
static int say_first(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    return cvg_kube_say_no_status(view, ret) || say_final(view, ret) || say_changing(view, ret);
}

/* A phase that is on its way, or none that is known. */
static int say_phase(const struct cvg_kube_view *view, const char *good,
                     struct cvg_kube_outcome *ret)
{
    static const char *const going[] = {"Pending",  "Provisioning", "Provisioned", "Updating",
                                        "Deleting", "Deleted",      "ScalingUp",   "ScalingDown"};
    if (strcmp(view->phase, good) == 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(going) / sizeof(going[0]); i++) {
        if (strcmp(view->phase, going[i]) == 0) {
            cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_PROGRESSING),
                         "its phase is %s", view->phase);
            return 1;
        }
    }
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "its phase is %.32s", *view->phase == '\0' ? "not told" : view->phase);
    return 1;
}

static void judge_machine(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    static const char *const available[] = {"Available"};
    static const char *const healthy[] = {"NodeHealthy"};
    if (say_first(view, ret)) {
        return;
    }
    if (is_new(view)) {
        say_all(view, available, 1, dwells, ret);
    } else if (!say_phase(view, "Running", ret)) {
        say_all(view, healthy, 1, dwells, ret);
    }
}

/* In v1beta1 the parts have booleans of their own, which once true stay so; Ready is the sum of the
 * conditions of both. */
static void judge_machine_cluster(const struct cvg_kube_view *view,
                                  const struct cvg_kube_dwells *dwells,
                                  struct cvg_kube_outcome *ret)
{
    static const char *const available[] = {"Available"};
    static const char *const older[] = {"InfrastructureReady", "ControlPlaneReady", "Ready"};
    if (say_first(view, ret)) {
        return;
    }
    if (is_new(view)) {
        say_all(view, available, 1, dwells, ret);
    } else if (!say_phase(view, "Provisioned", ret)) {
        say_all(view, older, 3, dwells, ret);
    }
}

/* ---- what makes machines ---- */

struct counts {
    int64_t wanted, there, updated, ready, available;
};

/* v1beta2 calls the updated ones up to date. A counter of nothing is left out of v1beta1, so that
 * absent means 0 wherever the kind has it: sets and pools have one revision only, and control planes
 * of v1beta1 count no available ones. */
static struct counts counts_of(const struct cvg_kube_view *view)
{
    struct counts counts = {.wanted = cvg_kube_count_at(view, "/spec/replicas", 1)};
    const char *name = view->kind->name;
    int has_revisions = strcmp(name, "MachineSet") != 0 && strcmp(name, "MachinePool") != 0;
    int has_available = strcmp(view->kind->group, "cluster.x-k8s.io") == 0 || is_new(view);
    counts.there = cvg_kube_count_at(view, "/status/replicas", 0);
    counts.ready = cvg_kube_count_at(view, "/status/readyReplicas", 0);
    counts.updated = cvg_kube_count_at(
        view, "/status/upToDateReplicas",
        cvg_kube_count_at(view, "/status/updatedReplicas", has_revisions ? 0 : counts.there));
    counts.available =
        cvg_kube_count_at(view, "/status/availableReplicas", has_available ? 0 : counts.ready);
    return counts;
}

static const char *machines_are(int64_t count)
{
    return cvg_plural((uint64_t)count, "machine is", "machines are");
}

static int say_counts(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    struct counts counts = counts_of(view);
    ret->total = counts.wanted > 0 ? counts.wanted : 0;
    ret->done = counts.available < 0            ? 0
                : counts.available < ret->total ? counts.available
                                                : ret->total;

    const struct {
        int64_t count;
        const char *word;
        enum cvg_kube_reason reason;
    } stages[] = {
        {counts.there, "there", CVG_KUBE_REASON_REPLICAS_STARTING},
        {counts.updated, "up to date", CVG_KUBE_REASON_REPLICAS_UPDATING},
        {counts.ready, "ready", CVG_KUBE_REASON_REPLICAS_UNREADY},
        {counts.available, "available", CVG_KUBE_REASON_REPLICAS_UNAVAILABLE},
    };

    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        if (stages[i].count < counts.wanted) {
            cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(stages[i].reason),
                         "%" PRId64 " of %" PRId64 " %s %s", stages[i].count, counts.wanted,
                         machines_are(counts.wanted), stages[i].word);
            return 1;
        }
    }
    if (counts.there > counts.wanted) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_OLD_REPLICAS_LEFT),
                     "%" PRId64 " %s there, %" PRId64 " wanted", counts.there,
                     machines_are(counts.there), counts.wanted);
        return 1;
    }
    return 0;
}

static void judge_machine_set(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    static const char *const types[] = {"Ready", "Available", "MachinesReady"};
    int said = 0;
    if (say_first(view, ret) || say_counts(view, ret)) {
        return;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (cvg_kube_condition(view, types[i]) != NULL) {
            say_all(view, &types[i], 1, dwells, ret);
            said = 1;
            if (ret->status != CVG_READY) {
                return;
            }
        }
    }
    if (!said && !say_phase(view, "Running", ret)) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY),
                     "%" PRId64 " of %" PRId64 " %s available", ret->total, ret->total,
                     machines_are(ret->total));
    }
}

/* ---- */

/* What the controllers of a paused one wrote last may be old. */
static void consider_pause(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    if (is_paused(view)) {
        cvg_kube_suspend(ret);
    }
}

void cvg_kube_rule_machine(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    judge_machine(view, dwells, ret);
    consider_pause(view, ret);
}

void cvg_kube_rule_machine_cluster(const struct cvg_kube_view *view,
                                   const struct cvg_kube_dwells *dwells,
                                   struct cvg_kube_outcome *ret)
{
    judge_machine_cluster(view, dwells, ret);
    consider_pause(view, ret);
}

void cvg_kube_rule_machine_set(const struct cvg_kube_view *view,
                               const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    judge_machine_set(view, dwells, ret);
    consider_pause(view, ret);
}

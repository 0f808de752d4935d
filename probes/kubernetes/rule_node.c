/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node: no tool has a rule for it. Ready and without pressure, open for new pods, and not about
 * to go away.
 */
#include "rule.h"

#include <string.h>

/* kubernetes/api core/v1 types.go. */
static const char *const pressures[] = {"NetworkUnavailable", "MemoryPressure", "DiskPressure",
                                        "PIDPressure"};
/* The same file: somebody works on the node, or it goes down. */
static const char *const works[] = {"GracefulNodeShutdownInProgress", "DrainInProgress", "Drained",
                                    "MaintenanceInProgress"};
/* kubernetes/api core/v1 well_known_taints.go. A taint of somebody's own only says for whom the
 * node is. */
static const char *const taints[] = {
    "node.kubernetes.io/not-ready",           "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",       "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",       "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable", "node.kubernetes.io/out-of-service",
};

static int is_one_of(const char *text, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, texts[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

const struct cvg_kube_taint *cvg_kube_node_taint(const struct cvg_kube_view *view)
{
    const struct cvg_kube_machine *of = &view->of.machine;
    for (size_t i = 0; i < of->taint_count; i++) {
        const struct cvg_kube_taint *taint = &of->taints[i];
        if ((strcmp(taint->effect, "NoSchedule") == 0 || strcmp(taint->effect, "NoExecute") == 0) &&
            is_one_of(taint->key, taints, sizeof(taints) / sizeof(taints[0]))) {
            return taint;
        }
    }
    return NULL;
}

const struct cvg_kube_condition *cvg_kube_node_pressure(const struct cvg_kube_view *view,
                                                        uint32_t *ret_count)
{
    const struct cvg_kube_condition *first = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < sizeof(pressures) / sizeof(pressures[0]); i++) {
        const struct cvg_kube_condition *pressure = cvg_kube_current(view, pressures[i]);
        if (cvg_kube_is(pressure, "True")) {
            first = first == NULL ? pressure : first;
            (*ret_count)++;
        }
    }
    return first;
}

static int say_work(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        const struct cvg_kube_condition *work = cvg_kube_current(view, works[i]);
        if (cvg_kube_is(work, "True")) {
            cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_NODE_CORDONED), "%s",
                         works[i]);
            ret->since = work->changed_at;
            return 1;
        }
    }
    return 0;
}

static int say_closed(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_taint *taint = cvg_kube_node_taint(view);
    if (!view->of.machine.unschedulable && taint == NULL) {
        return 0;
    }
    cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_NODE_CORDONED),
                 view->of.machine.unschedulable ? "cordoned" : "tainted %s",
                 taint == NULL ? "" : taint->key);
    ret->since = taint == NULL ? 0 : taint->since;
    return 1;
}

static void say_not_ready(const struct cvg_kube_condition *ready,
                          const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const char *message = *ready->message == '\0' ? "not ready" : ready->message;
    if (cvg_kube_is(ready, "False")) {
        /* A node that joins is not ready until its network is; one that stays so has a fault. */
        const char *reason = cvg_kube_reason(CVG_KUBE_REASON_NODE_NOT_READY);
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "%s", message);
        cvg_kube_worsen(ret, ready->changed_at, dwells->not_ready, CVG_FAILED, reason);
    } else {
        const char *reason = cvg_kube_reason(CVG_KUBE_REASON_NODE_UNKNOWN);
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "%s", message);
        cvg_kube_worsen(ret, ready->changed_at, dwells->node_unknown, CVG_FAILED, reason);
    }
    ret->since = ready->changed_at;
}

void cvg_kube_rule_node(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                        struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *ready = cvg_kube_current(view, "Ready");
    uint32_t count;
    const struct cvg_kube_condition *pressure = cvg_kube_node_pressure(view, &count);
    if (ready == NULL) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "the condition Ready is missing");
    } else if (!cvg_kube_is(ready, "True")) {
        say_not_ready(ready, dwells, ret);
    } else if (pressure != NULL) {
        cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_NODE_PRESSURE), "%s: %s",
                     pressure->type, pressure->message);
        ret->since = pressure->changed_at;
    } else if (!say_work(view, ret) && !say_closed(view, ret)) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
        ret->since = ready->changed_at;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule for whatever has no rule of its own: by the names of its conditions. Each name that is
 * known has a polarity; names that are not known are passed over, never guessed at (the API
 * conventions leave them to each controller). kstatus calls what has no Ready condition ready
 * (cli-utils pkg/kstatus/status/status.go), which makes a custom resource look healthy whose
 * controller is not even installed; here it is unknown, until the operator says with `fields` what
 * being ready looks like.
 */
#include "rule_custom.h"

#include <string.h>

/* In the order in which one speaks for all where several are not True. */
static const char *const positive[] = {
    "Ready",    "Available",  "Healthy", "Established",
    "Accepted", "Programmed", "Synced",  "ResolvedRefs",
};

static const struct {
    const char *type; /* "*Error": whatever ends so */
    enum cvg_status status;
} negative[] = {
    {"Stalled", CVG_FAILED},
    {"Failed", CVG_FAILED},
    {"ReplicaFailure", CVG_FAILED},
    {"*Error", CVG_FAILED},
    {"Degraded", CVG_DEGRADED},
    {"*Pressure", CVG_DEGRADED},
    {"NetworkUnavailable", CVG_DEGRADED},
    {"Terminating", CVG_PROGRESSING},
};

static const char *const motion[] = {"Reconciling", "Progressing", "Issuing"};

static int type_is(const char *type, const char *wanted)
{
    if (*wanted != '*') {
        return strcmp(type, wanted) == 0;
    }
    size_t length = strlen(type), end = strlen(wanted + 1);
    return length >= end && strcmp(type + length - end, wanted + 1) == 0;
}

static enum cvg_kube_reason reason_of(enum cvg_status status)
{
    return status == CVG_PROGRESSING ? CVG_KUBE_REASON_PROGRESSING : CVG_KUBE_REASON_NOT_READY;
}

/* The worst of those that are True. */
static int say_negative(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    int said = 0;
    for (size_t n = 0; n < sizeof(negative) / sizeof(negative[0]); n++) {
        for (size_t i = 0; i < view->condition_count; i++) {
            const struct cvg_kube_condition *condition = &view->conditions[i];
            int worse =
                !said || cvg_kube_badness(negative[n].status) > cvg_kube_badness(ret->status);
            if (worse && type_is(condition->type, negative[n].type) &&
                cvg_kube_is(condition, "True") && !cvg_kube_is_stale(view, condition)) {
                cvg_kube_say_condition(ret, negative[n].status, condition,
                                       reason_of(negative[n].status));
                said = 1;
            }
        }
    }
    return said;
}

static int say_motion(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < sizeof(motion) / sizeof(motion[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_current(view, motion[i]);
        /* Whoever copies Deployments keeps Progressing=True with this reason for ever. */
        if (cvg_kube_is(condition, "True") &&
            strcmp(condition->reason, "NewReplicaSetAvailable") != 0) {
            cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, CVG_KUBE_REASON_PROGRESSING);
            return 1;
        }
    }
    return 0;
}

/* Lists of custom resources are not always maps: where one stands twice, it is as good as the worse
 * of the two. */
static const struct cvg_kube_condition *worse_of(const struct cvg_kube_view *view, const char *type)
{
    const struct cvg_kube_condition *worse = NULL;
    for (size_t i = 0; i < view->condition_count; i++) {
        const struct cvg_kube_condition *condition = &view->conditions[i];
        if (strcmp(condition->type, type) == 0 &&
            (worse == NULL || (cvg_kube_is(worse, "True") && !cvg_kube_is(condition, "True")))) {
            worse = condition;
        }
    }
    return worse;
}

/* All that are there must be True, and about this generation. */
static void say_positive(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                         struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *good = NULL;
    for (size_t i = 0; i < sizeof(positive) / sizeof(positive[0]); i++) {
        const struct cvg_kube_condition *condition = worse_of(view, positive[i]);
        if (condition == NULL) {
            continue;
        }
        if (cvg_kube_say_missing(view, positive[i], ret)) {
            return;
        }
        if (!cvg_kube_is(condition, "True")) {
            cvg_kube_say_not_yet(condition, dwells->not_ready, ret);
            return;
        }
        good = good == NULL ? condition : good;
    }
    if (good != NULL) {
        cvg_kube_say_ready(good, ret);
    } else {
        cvg_kube_say_no_conditions("condition that is known to say whether it is ready", ret);
    }
}

void cvg_kube_rule_conditions(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    if (!cvg_kube_say_no_status(view, ret) && !say_negative(view, ret) && !say_motion(view, ret)) {
        say_positive(view, dwells, ret);
    }
}

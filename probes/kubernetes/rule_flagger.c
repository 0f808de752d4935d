/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flagger: Canary. Source: flagger pkg/apis/flagger/v1beta1/status.go. Its status names no
 * generation: a new revision is noticed by the canary's next look at its target, after at most its
 * interval, and until then the phase is about the revision before.
 */
#include "rule_custom.h"

#include <inttypes.h>
#include <string.h>

static void say_phase(const struct cvg_kube_view *view, enum cvg_status status,
                      enum cvg_kube_reason reason, struct cvg_kube_outcome *ret)
{
    int64_t weight = cvg_kube_count_at(view, "/status/canaryWeight", 0);
    int64_t failed = cvg_kube_count_at(view, "/status/failedChecks", 0);
    const struct cvg_kube_condition *promoted = cvg_kube_condition(view, "Promoted");
    if (promoted != NULL && *promoted->message != '\0') {
        cvg_kube_say(ret, status, cvg_kube_reason(reason),
                     "%.32s: %.128s (weight %" PRId64 "%%, %" PRId64 " failed checks)", view->phase,
                     promoted->message, weight, failed);
    } else {
        cvg_kube_say(ret, status, cvg_kube_reason(reason),
                     "%.32s, weight %" PRId64 "%%, %" PRId64 " failed checks", view->phase, weight,
                     failed);
    }
    ret->since = cvg_kube_time_at(view, "/status/lastTransitionTime");
}

/* Both are hashes of the target's template. */
static int is_promoted(const struct cvg_kube_view *view)
{
    const char *applied = cvg_kube_text_at(view, "/status/lastAppliedSpec");
    const char *promoted = cvg_kube_text_at(view, "/status/lastPromotedSpec");
    return *applied == '\0' || *promoted == '\0' || strcmp(applied, promoted) == 0;
}

void cvg_kube_rule_canary(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    static const struct {
        const char *phase;
        enum cvg_status status;
        enum cvg_kube_reason reason;
    } phases[] = {
        {"Initializing", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"Initialized", CVG_READY, CVG_KUBE_REASON_READY},
        {"Waiting", CVG_PROGRESSING, CVG_KUBE_REASON_WAITS_FOR_APPROVAL},
        {"Progressing", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"WaitingPromotion", CVG_PROGRESSING, CVG_KUBE_REASON_WAITS_FOR_APPROVAL},
        {"Promoting", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"Finalising", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"Succeeded", CVG_READY, CVG_KUBE_REASON_ROLLED_OUT},
        {"Failed", CVG_FAILED, CVG_KUBE_REASON_CANARY_FAILED},
        {"Terminating", CVG_PROGRESSING, CVG_KUBE_REASON_TERMINATING},
        {"Terminated", CVG_PROGRESSING, CVG_KUBE_REASON_TERMINATING},
    };

    (void)dwells;
    if (cvg_kube_say_no_status(view, ret)) {
        return;
    }
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "its phase is %.32s", *view->phase == '\0' ? "not told" : view->phase);
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (strcmp(view->phase, phases[i].phase) == 0) {
            say_phase(view, phases[i].status, phases[i].reason, ret);
        }
    }
    if (ret->status == CVG_READY && !is_promoted(view)) {
        say_phase(view, CVG_PROGRESSING, CVG_KUBE_REASON_NOT_PROMOTED, ret);
    }
    if (cvg_kube_true_at(view, "/spec/suspend")) {
        cvg_kube_suspend(ret);
    }
}

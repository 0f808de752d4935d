/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Knative: Service, Configuration, Route, Revision and the rest of its groups. Sources: knative/pkg
 * apis/condition_types.go and condition_set.go: Ready (or Succeeded of what runs once) is the sum of
 * all conditions that count, and has three values: Unknown is on its way, False has failed. Argo
 * CD's rule wants exactly three conditions to be True, kstatus takes False for being on its way.
 */
#include "rule_custom.h"

#include <string.h>

/* Ready of the revision before, while the newest is still being made. */
static int say_other_revision(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *created = cvg_kube_text_at(view, "/status/latestCreatedRevisionName");
    const char *ready = cvg_kube_text_at(view, "/status/latestReadyRevisionName");
    if (*created == '\0' || strcmp(created, ready) == 0) {
        return 0;
    }
    cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_REVISION_BEHIND),
                 "%.100s is ready, %.100s is the newest", *ready == '\0' ? "nothing" : ready,
                 created);
    return 1;
}

void cvg_kube_rule_knative(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *ready = cvg_kube_condition(view, "Ready");
    const char *type = "Ready";
    (void)dwells; /* Knative's own deadlines turn Unknown into False */
    if (ready == NULL && cvg_kube_condition(view, "Succeeded") != NULL) {
        type = "Succeeded";
        ready = cvg_kube_condition(view, type);
    }
    if (cvg_kube_say_missing(view, type, ret)) {
        return;
    }
    if (cvg_kube_is(ready, "False")) {
        cvg_kube_say_condition(ret, CVG_FAILED, ready, CVG_KUBE_REASON_NOT_READY);
    } else if (!cvg_kube_is(ready, "True")) {
        cvg_kube_say_condition(ret, CVG_PROGRESSING, ready, CVG_KUBE_REASON_PROGRESSING);
    } else if (!say_other_revision(view, ret)) {
        cvg_kube_say_ready(ready, ret);
    }
}

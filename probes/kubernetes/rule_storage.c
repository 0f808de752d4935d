/* SPDX-License-Identifier: Apache-2.0 */
/* PersistentVolumeClaim and PersistentVolume: their phases, and what keeps a bound one from its
 * size. */
#include "rule.h"

#include <string.h>

static void say_phase_unknown(const char *phase, struct cvg_kube_outcome *ret)
{
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "its phase is %s", *phase == '\0' ? "not told" : phase);
}

static void say_bound(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    /* kubernetes/api core/v1 types.go. */
    static const struct {
        const char *type;
        enum cvg_status status;
    } conditions[] = {
        {"ControllerResizeError", CVG_DEGRADED}, {"NodeResizeError", CVG_DEGRADED},
        {"ModifyVolumeError", CVG_DEGRADED},     {"Resizing", CVG_PROGRESSING},
        {"ModifyingVolume", CVG_PROGRESSING},    {"FileSystemResizePending", CVG_PROGRESSING},
    };

    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_current(view, conditions[i].type);
        if (cvg_kube_is(condition, "True")) {
            enum cvg_kube_reason reason = conditions[i].status == CVG_DEGRADED
                                              ? CVG_KUBE_REASON_CLAIM_RESIZE
                                              : CVG_KUBE_REASON_PROGRESSING;
            cvg_kube_say(ret, conditions[i].status, cvg_kube_reason(reason), "%s%s%s",
                         condition->type, *condition->message == '\0' ? "" : ": ",
                         condition->message);
            ret->since = condition->changed_at;
            return;
        }
    }
    cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "bound");
}

/* Argo CD (health_pvc.go); kstatus waits for ever on a lost one. A claim of a class that waits for
 * its first pod is Pending and in order, but the class is not seen here: by the dwell it is failed
 * like any other, and the preset `scheduling`, which reads the classes, tells them apart. */
void cvg_kube_rule_claim(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                         struct cvg_kube_outcome *ret)
{
    const char *phase = view->of.volume.phase;
    if (strcmp(phase, "Bound") == 0) {
        say_bound(view, ret);
    } else if (strcmp(phase, "Lost") == 0) {
        cvg_kube_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_CLAIM_LOST),
                     "its volume is gone");
    } else if (strcmp(phase, "Pending") == 0) {
        const char *reason = cvg_kube_reason(CVG_KUBE_REASON_CLAIM_PENDING);
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "not bound to a volume yet");
        ret->since = view->meta.created_at;
        cvg_kube_worsen(ret, view->meta.created_at, dwells->claim_pending, CVG_FAILED, reason);
    } else {
        say_phase_unknown(phase, ret);
    }
}

/* No tool has a rule; the phases are of core/v1 types.go. */
void cvg_kube_rule_volume(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    const char *phase = view->of.volume.phase;
    (void)dwells;
    if (strcmp(phase, "Bound") == 0 || strcmp(phase, "Available") == 0) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "%s", phase);
    } else if (strcmp(phase, "Released") == 0) {
        cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_VOLUME_RELEASED),
                     "its claim is gone");
    } else if (strcmp(phase, "Failed") == 0) {
        cvg_kube_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_VOLUME_FAILED),
                     "it could not be reclaimed");
    } else if (strcmp(phase, "Pending") == 0) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_PROGRESSING),
                     "not available yet");
    } else {
        say_phase_unknown(phase, ret);
    }
}

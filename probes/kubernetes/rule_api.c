/* SPDX-License-Identifier: Apache-2.0 */
/* What the API itself is made of: Namespace, CustomResourceDefinition, APIService and the
 * configurations of admission webhooks. */
#include "rule.h"

#include <string.h>

/* core/v1 types.go. The first one means a broken APIService: nothing can be listed, so nothing
 * can be said to be gone. */
const struct cvg_kube_condition *cvg_kube_namespace_stuck(const struct cvg_kube_view *view)
{
    static const char *const types[] = {
        "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure",
        "NamespaceFinalizersRemaining", "NamespaceContentRemaining"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_condition(view, types[i]);
        if (cvg_kube_is(condition, "True")) {
            return condition;
        }
    }
    return NULL;
}

void cvg_kube_rule_namespace(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                             struct cvg_kube_outcome *ret)
{
    (void)dwells;
    if (strcmp(view->phase, "Active") == 0) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
    } else if (strcmp(view->phase, "Terminating") == 0) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_TERMINATING),
                     "being deleted");
    } else {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "its phase is %s", *view->phase == '\0' ? "not told" : view->phase);
    }
}

/* kstatus (core.go); Helm's old wait calls one whose names were not accepted ready. Argo CD adds
 * the schema (health_crd.go); what is not structural is still served, so that is degraded. */
void cvg_kube_rule_definition(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *accepted = cvg_kube_current(view, "NamesAccepted");
    const struct cvg_kube_condition *established = cvg_kube_current(view, "Established");
    const struct cvg_kube_condition *schema = cvg_kube_current(view, "NonStructuralSchema");
    (void)dwells;
    if (cvg_kube_is(accepted, "False")) {
        cvg_kube_say_condition(ret, CVG_FAILED, accepted, CVG_KUBE_REASON_NAMES_NOT_ACCEPTED);
    } else if (cvg_kube_current_is(view, "Terminating") == 1) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_TERMINATING),
                     "being deleted");
    } else if (cvg_kube_is(established, "True") && cvg_kube_is(schema, "True")) {
        cvg_kube_say_condition(ret, CVG_DEGRADED, schema, CVG_KUBE_REASON_NOT_READY);
    } else if (cvg_kube_is(established, "True")) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "established");
        ret->since = established->changed_at;
    } else if (cvg_kube_is(established, "False") &&
               strcmp(established->reason, "Installing") != 0) {
        cvg_kube_say_condition(ret, CVG_FAILED, established, CVG_KUBE_REASON_NOT_ESTABLISHED);
    } else if (established != NULL) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_NOT_ESTABLISHED),
                     "not served yet");
        ret->since = established->changed_at;
    } else {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "the condition Established is missing");
    }
}

/* Argo CD waits for ever; the aggregator's own reasons (remote_available_controller.go) come from a
 * probe every few seconds, so that a short one is a restart and a long one a fault. */
void cvg_kube_rule_apiservice(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *available = cvg_kube_current(view, "Available");
    if (available == NULL) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "the condition Available is missing");
    } else if (cvg_kube_is(available, "True")) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
        ret->since = available->changed_at;
    } else {
        cvg_kube_say_condition(ret, CVG_PROGRESSING, available, CVG_KUBE_REASON_NOT_AVAILABLE);
        cvg_kube_worsen(ret, available->changed_at, dwells->not_available, CVG_FAILED, ret->reason);
    }
}

/* admissionregistration/v1 types.go: one that fails closed and whose service's certificate nobody
 * can check refuses everything in its scope. Something injects the bundle soon after it was made,
 * or never. Whether anybody answers behind it is the preset's matter, which has the endpoints. */
void cvg_kube_rule_webhooks(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                            struct cvg_kube_outcome *ret)
{
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_WEBHOOK_NO_CA);
    for (size_t i = 0; i < view->webhook_count; i++) {
        const struct cvg_kube_webhook *webhook = &view->webhooks[i];
        if (webhook->fail_closed && !webhook->has_ca && *webhook->service_name != '\0') {
            cvg_kube_say(ret, CVG_PROGRESSING, reason, "%s fails closed and has no CA bundle",
                         webhook->name);
            ret->since = view->meta.created_at;
            cvg_kube_worsen(ret, view->meta.created_at, dwells->not_available, CVG_FAILED, reason);
            return;
        }
    }
    cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
}

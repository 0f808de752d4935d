/* SPDX-License-Identifier: Apache-2.0 */
/* PodDisruptionBudget, HorizontalPodAutoscaler, webhooks from JSON; see json.h. */
#include "json.h"

#include <string.h>

void cvg_kube_json_budget(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    struct cvg_kube_budget *ret = &draft->view->of.budget;
    draft->view->observed_generation = cvg_kube_draft_serial(
        draft, cvg_kube_json_number(draft, json->status, "observedGeneration", 0));
    ret->allowed = cvg_kube_json_count(draft, json->status, "disruptionsAllowed", 0);
    ret->current = cvg_kube_json_count(draft, json->status, "currentHealthy", 0);
    ret->desired = cvg_kube_json_count(draft, json->status, "desiredHealthy", 0);
    ret->expected = cvg_kube_json_count(draft, json->status, "expectedPods", 0);
}

void cvg_kube_json_autoscaler(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    const struct cvg_kube_node *target = cvg_kube_node_get(json->spec, "scaleTargetRef");
    struct cvg_kube_autoscaler *ret = &draft->view->of.autoscaler;
    int64_t observed =
        cvg_kube_json_number(draft, json->status, "observedGeneration", CVG_KUBE_ABSENT);
    if (observed != CVG_KUBE_ABSENT) {
        draft->view->observed_generation = cvg_kube_draft_serial(draft, observed);
    }
    ret->min = cvg_kube_json_count(draft, json->spec, "minReplicas", 1);
    ret->max = cvg_kube_json_count(draft, json->spec, "maxReplicas", 0);
    ret->current = cvg_kube_json_count(draft, json->status, "currentReplicas", 0);
    ret->desired = cvg_kube_json_count(draft, json->status, "desiredReplicas", 0);
    ret->target_kind = cvg_kube_json_text(draft, target, "kind");
    ret->target_name = cvg_kube_json_text(draft, target, "name");
}

void cvg_kube_json_webhooks(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    const struct cvg_kube_node *from = cvg_kube_node_get(json->object, "webhooks");
    struct cvg_kube_webhook *webhooks = cvg_kube_draft_array(
        draft, cvg_kube_json_size(from), sizeof(*webhooks), &draft->view->webhook_count);
    draft->view->webhooks = webhooks;
    for (size_t i = 0; i < draft->view->webhook_count; i++) {
        const struct cvg_kube_node *node = &from->items[i];
        const struct cvg_kube_node *client = cvg_kube_node_get(node, "clientConfig");
        const struct cvg_kube_node *service = cvg_kube_node_get(client, "service");
        webhooks[i].name = cvg_kube_json_text(draft, node, "name");
        webhooks[i].service_namespace = cvg_kube_json_text(draft, service, "namespace");
        webhooks[i].service_name = cvg_kube_json_text(draft, service, "name");
        /* Fail is what v1 takes where nothing is said. */
        webhooks[i].fail_closed =
            strcmp(cvg_kube_json_text(draft, node, "failurePolicy"), "Ignore") != 0;
        webhooks[i].has_ca = cvg_kube_json_text(draft, client, "caBundle")[0] != '\0';
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* PodDisruptionBudget, HorizontalPodAutoscaler, and what extends the API server, from protobuf;
 * see proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

#include <string.h>

void cvg_kube_proto_budget(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__PodDisruptionBudget *budget = (const void *)message;
    const Kube__PodDisruptionBudgetStatus *status = budget->status;
    struct cvg_kube_budget *ret = &draft->view->of.budget;
    draft->view->observed_generation = 0;
    cvg_kube_proto_meta(draft, budget->metadata);
    if (status != NULL) {
        draft->view->observed_generation = cvg_kube_draft_serial(draft, status->observedgeneration);
        ret->allowed = cvg_kube_draft_count(draft, status->disruptionsallowed);
        ret->current = cvg_kube_draft_count(draft, status->currenthealthy);
        ret->desired = cvg_kube_draft_count(draft, status->desiredhealthy);
        ret->expected = cvg_kube_draft_count(draft, status->expectedpods);
        cvg_kube_proto_conditions(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_autoscaler(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__HorizontalPodAutoscaler *scaler = (const void *)message;
    const Kube__HorizontalPodAutoscalerSpec *spec = scaler->spec;
    const Kube__HorizontalPodAutoscalerStatus *status = scaler->status;
    struct cvg_kube_autoscaler *ret = &draft->view->of.autoscaler;
    *ret = (struct cvg_kube_autoscaler){.min = 1, .target_kind = "", .target_name = ""};
    cvg_kube_proto_meta(draft, scaler->metadata);
    if (spec != NULL) {
        ret->max = cvg_kube_draft_count(draft, spec->maxreplicas);
        if (spec->has_minreplicas) {
            ret->min = cvg_kube_draft_count(draft, spec->minreplicas);
        }
        if (spec->scaletargetref != NULL) {
            ret->target_kind = cvg_kube_draft_text(draft, spec->scaletargetref->kind);
            ret->target_name = cvg_kube_draft_text(draft, spec->scaletargetref->name);
        }
    }
    if (status != NULL) {
        if (status->has_observedgeneration) {
            draft->view->observed_generation =
                cvg_kube_draft_serial(draft, status->observedgeneration);
        }
        ret->current = cvg_kube_draft_count(draft, status->currentreplicas);
        ret->desired = cvg_kube_draft_count(draft, status->desiredreplicas);
        cvg_kube_proto_brief(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_extension(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Extension *extension = (const void *)message;
    cvg_kube_proto_meta(draft, extension->metadata);
    if (extension->status != NULL) {
        cvg_kube_proto_brief(draft, extension->status->conditions, extension->status->n_conditions);
    }
}

void cvg_kube_proto_webhooks(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__WebhookConfiguration *configuration = (const void *)message;
    cvg_kube_proto_meta(draft, configuration->metadata);
    struct cvg_kube_webhook *webhooks = cvg_kube_draft_array(
        draft, configuration->n_webhooks, sizeof(*webhooks), &draft->view->webhook_count);
    draft->view->webhooks = webhooks;
    for (size_t i = 0; i < draft->view->webhook_count; i++) {
        const Kube__Webhook *from = configuration->webhooks[i];
        const Kube__WebhookClientConfig *client = from->clientconfig;
        const Kube__ServiceReference *service = client == NULL ? NULL : client->service;
        webhooks[i].name = cvg_kube_draft_text(draft, from->name);
        webhooks[i].service_namespace =
            cvg_kube_draft_text(draft, service == NULL ? NULL : service->namespace_);
        webhooks[i].service_name =
            cvg_kube_draft_text(draft, service == NULL ? NULL : service->name);
        /* Fail is what v1 takes where nothing is said. */
        webhooks[i].fail_closed =
            from->failurepolicy == NULL || strcmp(from->failurepolicy, "Ignore") != 0;
        webhooks[i].has_ca = client != NULL && client->has_cabundle && client->cabundle.len > 0;
    }
}

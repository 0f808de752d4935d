/* SPDX-License-Identifier: Apache-2.0 */
/* Node, Namespace, ResourceQuota, and storage, from protobuf; see proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

#include <string.h>

static void fill_taints(struct cvg_kube_draft *draft, Kube__Taint *const *from, size_t count)
{
    struct cvg_kube_machine *machine = &draft->view->of.machine;
    struct cvg_kube_taint *taints =
        cvg_kube_draft_array(draft, count, sizeof(*taints), &machine->taint_count);
    for (size_t i = 0; i < machine->taint_count; i++) {
        taints[i].key = cvg_kube_draft_text(draft, from[i]->key);
        taints[i].value = cvg_kube_draft_text(draft, from[i]->value);
        taints[i].effect = cvg_kube_draft_text(draft, from[i]->effect);
        taints[i].since = CVG_KUBE_PROTO_TIME(draft, from[i], timeadded);
    }
    machine->taints = taints;
}

void cvg_kube_proto_node(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Node *node = (const void *)message;
    const Kube__NodeStatus *status = node->status;
    struct cvg_kube_machine *machine = &draft->view->of.machine;
    machine->kubelet_version = "";
    cvg_kube_proto_meta(draft, node->metadata);
    if (node->spec != NULL) {
        machine->unschedulable = node->spec->unschedulable;
        fill_taints(draft, node->spec->taints, node->spec->n_taints);
    }
    if (status != NULL) {
        struct cvg_kube_amounts amounts = {0};
        cvg_kube_proto_amounts(draft, status->allocatable, status->n_allocatable, &amounts);
        machine->cpu_milli = amounts.cpu_milli;
        machine->memory_bytes = amounts.memory_bytes;
        machine->pods = amounts.pods;
        draft->view->phase = cvg_kube_draft_text(draft, status->phase);
        machine->kubelet_version = cvg_kube_draft_text(
            draft, status->nodeinfo == NULL ? NULL : status->nodeinfo->kubeletversion);
        cvg_kube_proto_probed(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_namespace(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Namespace *namespace = (const void *)message;
    cvg_kube_proto_meta(draft, namespace->metadata);
    if (namespace->status != NULL) {
        draft->view->phase = cvg_kube_draft_text(draft, namespace->status->phase);
        cvg_kube_proto_probed(draft, namespace->status->conditions,
                              namespace->status->n_conditions);
    }
}

static const Kube__Amount *find(Kube__Amount *const *amounts, size_t count, const char *resource)
{
    for (size_t i = 0; i < count; i++) {
        if (amounts[i]->key != NULL && strcmp(amounts[i]->key, resource) == 0) {
            return amounts[i];
        }
    }
    return NULL;
}

void cvg_kube_proto_quota(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__ResourceQuota *quota = (const void *)message;
    const Kube__ResourceQuotaStatus *status = quota->status;
    cvg_kube_proto_meta(draft, quota->metadata);
    if (status == NULL) {
        return;
    }
    struct cvg_kube_quota *quotas =
        cvg_kube_draft_array(draft, status->n_hard, sizeof(*quotas), &draft->view->quota_count);
    draft->view->quotas = quotas;
    for (size_t i = 0; i < draft->view->quota_count; i++) {
        quotas[i].resource = cvg_kube_draft_text(draft, status->hard[i]->key);
        quotas[i].hard = cvg_kube_proto_quantity(draft, status->hard[i]);
        const Kube__Amount *used = find(status->used, status->n_used, quotas[i].resource);
        quotas[i].used = used == NULL ? "" : cvg_kube_proto_quantity(draft, used);
    }
}

static struct cvg_kube_volume *begin_volume(struct cvg_kube_draft *draft)
{
    draft->view->of.volume =
        (struct cvg_kube_volume){.phase = "", .storage_class = "", .binding_mode = ""};
    return &draft->view->of.volume;
}

void cvg_kube_proto_claim(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__PersistentVolumeClaim *claim = (const void *)message;
    struct cvg_kube_volume *ret = begin_volume(draft);
    cvg_kube_proto_meta(draft, claim->metadata);
    if (claim->spec != NULL) {
        ret->storage_class = cvg_kube_draft_text(draft, claim->spec->storageclassname);
    }
    if (claim->status != NULL) {
        ret->phase = draft->view->phase = cvg_kube_draft_text(draft, claim->status->phase);
        cvg_kube_proto_probed(draft, claim->status->conditions, claim->status->n_conditions);
    }
}

void cvg_kube_proto_volume(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__PersistentVolume *volume = (const void *)message;
    struct cvg_kube_volume *ret = begin_volume(draft);
    cvg_kube_proto_meta(draft, volume->metadata);
    if (volume->spec != NULL) {
        ret->storage_class = cvg_kube_draft_text(draft, volume->spec->storageclassname);
    }
    if (volume->status != NULL) {
        ret->phase = draft->view->phase = cvg_kube_draft_text(draft, volume->status->phase);
    }
}

void cvg_kube_proto_class(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__StorageClass *class = (const void *)message;
    struct cvg_kube_volume *ret = begin_volume(draft);
    cvg_kube_proto_meta(draft, class->metadata);
    ret->binding_mode = cvg_kube_draft_text(draft, class->volumebindingmode);
    if (ret->binding_mode[0] == '\0') {
        ret->binding_mode = "Immediate";
    }
}

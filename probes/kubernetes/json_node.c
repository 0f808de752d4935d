/* SPDX-License-Identifier: Apache-2.0 */
/* Node, ResourceQuota, and storage, from JSON; see json.h. */
#include "json.h"

static void fill_taints(struct cvg_kube_draft *draft, const struct cvg_kube_node *from)
{
    struct cvg_kube_machine *machine = &draft->view->of.machine;
    struct cvg_kube_taint *taints = cvg_kube_draft_array(draft, cvg_kube_json_size(from),
                                                         sizeof(*taints), &machine->taint_count);
    for (size_t i = 0; i < machine->taint_count; i++) {
        taints[i].key = cvg_kube_json_text(draft, &from->items[i], "key");
        taints[i].value = cvg_kube_json_text(draft, &from->items[i], "value");
        taints[i].effect = cvg_kube_json_text(draft, &from->items[i], "effect");
        taints[i].since = cvg_kube_json_time(&from->items[i], "timeAdded");
    }
    machine->taints = taints;
}

void cvg_kube_json_node(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    struct cvg_kube_machine *machine = &draft->view->of.machine;
    struct cvg_kube_amounts amounts = {0};
    machine->unschedulable = cvg_kube_json_true(json->spec, "unschedulable", 0);
    fill_taints(draft, cvg_kube_node_get(json->spec, "taints"));
    cvg_kube_json_amounts(draft, cvg_kube_node_get(json->status, "allocatable"), &amounts);
    machine->cpu_milli = amounts.cpu_milli;
    machine->memory_bytes = amounts.memory_bytes;
    machine->pods = amounts.pods;
    machine->kubelet_version =
        cvg_kube_json_text(draft, cvg_kube_node_get(json->status, "nodeInfo"), "kubeletVersion");
}

void cvg_kube_json_quota(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    const struct cvg_kube_node *hard = cvg_kube_node_get(json->status, "hard");
    const struct cvg_kube_node *used = cvg_kube_node_get(json->status, "used");
    if (hard == NULL || hard->kind != CVG_KUBE_OBJECT) {
        return;
    }
    struct cvg_kube_quota *quotas =
        cvg_kube_draft_array(draft, hard->count, sizeof(*quotas), &draft->view->quota_count);
    draft->view->quotas = quotas;
    for (size_t i = 0; i < draft->view->quota_count; i++) {
        quotas[i].resource = hard->items[i].key;
        quotas[i].hard = cvg_kube_node_text(&hard->items[i]);
        quotas[i].used = cvg_kube_json_text(draft, used, hard->items[i].key);
    }
}

static struct cvg_kube_volume *begin_volume(const struct cvg_kube_json *json)
{
    struct cvg_kube_volume *ret = &json->draft->view->of.volume;
    *ret = (struct cvg_kube_volume){.phase = json->draft->view->phase, .binding_mode = ""};
    ret->storage_class = cvg_kube_json_text(json->draft, json->spec, "storageClassName");
    return ret;
}

void cvg_kube_json_claim(const struct cvg_kube_json *json)
{
    (void)begin_volume(json);
}

void cvg_kube_json_volume(const struct cvg_kube_json *json)
{
    (void)begin_volume(json);
}

void cvg_kube_json_class(const struct cvg_kube_json *json)
{
    struct cvg_kube_volume *ret = begin_volume(json);
    ret->binding_mode = cvg_kube_json_text(json->draft, json->object, "volumeBindingMode");
    if (ret->binding_mode[0] == '\0') {
        ret->binding_mode = "Immediate";
    }
}

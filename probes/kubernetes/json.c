/* SPDX-License-Identifier: Apache-2.0 */
/* Which family a kind is of, and custom resources; see json.h. */
#include "json.h"

static void nothing(const struct cvg_kube_json *json)
{
    (void)json; /* metadata, conditions and phase are all that is read of it */
}

static cvg_kube_json_fill *const families[CVG_KUBE_TYPES] = {
    [CVG_KUBE_DEPLOYMENT] = cvg_kube_json_deployment,
    [CVG_KUBE_STATEFULSET] = cvg_kube_json_statefulset,
    [CVG_KUBE_DAEMONSET] = cvg_kube_json_daemonset,
    [CVG_KUBE_REPLICASET] = cvg_kube_json_replicaset,
    [CVG_KUBE_JOB] = cvg_kube_json_job,
    [CVG_KUBE_CRONJOB] = cvg_kube_json_cronjob,
    [CVG_KUBE_POD] = cvg_kube_json_pod,
    [CVG_KUBE_NODE] = cvg_kube_json_node,
    [CVG_KUBE_NAMESPACE] = nothing,
    [CVG_KUBE_SERVICE] = cvg_kube_json_service,
    [CVG_KUBE_ENDPOINTSLICE] = cvg_kube_json_slice,
    [CVG_KUBE_INGRESS] = cvg_kube_json_ingress,
    [CVG_KUBE_CLAIM] = cvg_kube_json_claim,
    [CVG_KUBE_VOLUME] = cvg_kube_json_volume,
    [CVG_KUBE_STORAGECLASS] = cvg_kube_json_class,
    [CVG_KUBE_BUDGET] = cvg_kube_json_budget,
    [CVG_KUBE_AUTOSCALER] = cvg_kube_json_autoscaler,
    [CVG_KUBE_QUOTA] = cvg_kube_json_quota,
    [CVG_KUBE_DEFINITION] = nothing,
    [CVG_KUBE_APISERVICE] = nothing,
    [CVG_KUBE_WEBHOOKS] = cvg_kube_json_webhooks,
    [CVG_KUBE_RELEASE] = nothing,
};

/* ---- custom resources ---- */

/* Whole and not negative, or absent: before 1.0, Argo Rollouts wrote a hash there. A negative
 * number is no generation that was ever seen, and 0 is behind every one. */
static int64_t custom_generation(const struct cvg_kube_node *node)
{
    int64_t generation = CVG_KUBE_ABSENT;
    if (cvg_kube_node_int(node, &generation) < 0) {
        return CVG_KUBE_ABSENT;
    }
    return generation < 0 ? 0 : generation;
}

static int is_text(const struct cvg_kube_node *node)
{
    return node != NULL && node->kind == CVG_KUBE_STRING;
}

static void custom_conditions(struct cvg_kube_draft *draft, const struct cvg_kube_node *from)
{
    size_t room = 0;
    struct cvg_kube_condition *conditions =
        cvg_kube_draft_array(draft, cvg_kube_json_size(from), sizeof(*conditions), &room);
    draft->view->conditions = conditions;
    for (size_t i = 0; i < room; i++) {
        const struct cvg_kube_node *node = &from->items[i];
        struct cvg_kube_condition *condition = &conditions[draft->view->condition_count];
        if (!is_text(cvg_kube_node_get(node, "type"))) {
            continue;
        }
        condition->type = cvg_kube_node_text(cvg_kube_node_get(node, "type"));
        condition->status = cvg_kube_node_text(cvg_kube_node_get(node, "status"));
        condition->reason = cvg_kube_node_text(cvg_kube_node_get(node, "reason"));
        condition->message = cvg_kube_node_text(cvg_kube_node_get(node, "message"));
        condition->changed_at = cvg_kube_json_time(node, "lastTransitionTime");
        condition->updated_at = cvg_kube_json_time(node, "lastUpdateTime");
        condition->observed_generation =
            custom_generation(cvg_kube_node_get(node, "observedGeneration"));
        draft->view->condition_count++;
    }
}

static void fill_custom(const struct cvg_kube_json *json)
{
    struct cvg_kube_view *view = json->draft->view;
    const struct cvg_kube_node *conditions = cvg_kube_node_get(json->status, "conditions");
    view->has_status = cvg_kube_json_size(json->status) > 0;
    view->observed_generation =
        custom_generation(cvg_kube_node_get(json->status, "observedGeneration"));
    view->phase = cvg_kube_node_text(cvg_kube_node_get(json->status, "phase"));
    if (conditions != NULL && conditions->kind == CVG_KUBE_ARRAY) {
        custom_conditions(json->draft, conditions);
    }
}

/* ---- */

static void fill_builtin(const struct cvg_kube_json *json)
{
    struct cvg_kube_view *view = json->draft->view;
    view->phase = cvg_kube_json_text(json->draft, json->status, "phase");
    cvg_kube_json_conditions(json->draft, cvg_kube_node_get(json->status, "conditions"));
    families[view->kind->type](json);
}

enum cvg_kube_decoded cvg_kube_json_view(const struct cvg_kube_kind *kind,
                                         const struct cvg_kube_node *tree,
                                         struct cvg_kit_arena *arena,
                                         const struct cvg_kube_view **ret, const char **problem)
{
    struct cvg_kube_draft draft;
    if (cvg_kube_draft_begin(&draft, arena, kind) < 0) {
        return CVG_KUBE_TOO_LARGE;
    }
    const struct cvg_kube_json json = {.draft = &draft,
                                       .spec = cvg_kube_node_get(tree, "spec"),
                                       .status = cvg_kube_node_get(tree, "status"),
                                       .object = tree};
    cvg_kube_json_meta(&draft, tree);
    if (families[kind->type] != NULL) {
        fill_builtin(&json);
    } else {
        fill_custom(&json);
    }
    /* A Secret's data goes no further than this. */
    draft.view->tree = kind->type == CVG_KUBE_RELEASE ? NULL : tree;
    enum cvg_kube_decoded decoded = cvg_kube_draft_end(&draft);
    *problem = draft.wrong;
    *ret = draft.view;
    return decoded;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What all objects share in JSON, and taking members over; see json.h. */
#include "json.h"

#include <convergate/number.h>

const char *cvg_kube_json_text(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                               const char *key)
{
    (void)draft; /* the reader has held it to UTF-8 */
    return cvg_kube_node_text(cvg_kube_node_get(object, key));
}

int64_t cvg_kube_json_number(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                             const char *key, int64_t otherwise)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(object, key);
    int64_t value = otherwise;
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return otherwise;
    }
    if (node->kind != CVG_KUBE_NUMBER || cvg_kube_node_int(node, &value) < 0) {
        cvg_kube_draft_refuse(draft, "a count is no whole number");
    }
    return value;
}

int64_t cvg_kube_json_count(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                            const char *key, int64_t otherwise)
{
    int64_t value = cvg_kube_json_number(draft, object, key, otherwise);
    return value == otherwise ? value : cvg_kube_draft_count(draft, value);
}

int cvg_kube_json_true(const struct cvg_kube_node *object, const char *key, int otherwise)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(object, key);
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return otherwise;
    }
    return cvg_kube_node_true(node);
}

int64_t cvg_kube_json_time(const struct cvg_kube_node *object, const char *key)
{
    return cvg_kube_node_time(cvg_kube_node_get(object, key));
}

size_t cvg_kube_json_size(const struct cvg_kube_node *node)
{
    return node == NULL ? 0 : node->count;
}

static int64_t generation(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                          const char *key)
{
    int64_t value = cvg_kube_json_number(draft, object, key, 0);
    return value == 0 ? CVG_KUBE_ABSENT : cvg_kube_draft_serial(draft, value);
}

/* ---- metadata ---- */

static const struct cvg_pair *pairs_of(struct cvg_kube_draft *draft,
                                       const struct cvg_kube_node *texts, size_t *ret_count)
{
    struct cvg_pair *pairs =
        cvg_kube_draft_array(draft, cvg_kube_json_size(texts), sizeof(*pairs), ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        pairs[i].name = texts->items[i].key == NULL ? "" : texts->items[i].key;
        pairs[i].value = cvg_kube_node_text(&texts->items[i]);
    }
    return pairs;
}

void cvg_kube_json_meta(struct cvg_kube_draft *draft, const struct cvg_kube_node *object)
{
    const struct cvg_kube_node *meta = cvg_kube_node_get(object, "metadata");
    const struct cvg_kube_node *owners = cvg_kube_node_get(meta, "ownerReferences");
    struct cvg_kube_meta *ret = &draft->view->meta;
    *ret = (struct cvg_kube_meta){.owner_kind = "", .owner_name = "", .owner_uid = ""};
    ret->name = cvg_kube_json_text(draft, meta, "name");
    ret->namespace = cvg_kube_json_text(draft, meta, "namespace");
    ret->uid = cvg_kube_json_text(draft, meta, "uid");
    ret->resource_version = cvg_kube_json_text(draft, meta, "resourceVersion");
    ret->generation = generation(draft, meta, "generation");
    ret->created_at = cvg_kube_json_time(meta, "creationTimestamp");
    ret->deleted_at = cvg_kube_json_time(meta, "deletionTimestamp");
    const struct cvg_kube_node *deleted = cvg_kube_node_get(meta, "deletionTimestamp");
    if (ret->deleted_at == 0 && deleted != NULL && deleted->kind != CVG_KUBE_NULL) {
        /* It is being deleted: not a thing to miss. */
        cvg_kube_draft_refuse(draft, "the time of a deletion is none");
    }
    ret->labels = pairs_of(draft, cvg_kube_node_get(meta, "labels"), &ret->label_count);
    ret->annotations =
        pairs_of(draft, cvg_kube_node_get(meta, "annotations"), &ret->annotation_count);
    for (size_t i = 0; i < cvg_kube_json_size(owners); i++) {
        const struct cvg_kube_node *owner = &owners->items[i];
        if (cvg_kube_json_true(owner, "controller", 0)) {
            ret->owner_kind = cvg_kube_json_text(draft, owner, "kind");
            ret->owner_name = cvg_kube_json_text(draft, owner, "name");
            ret->owner_uid = cvg_kube_json_text(draft, owner, "uid");
        }
    }
}

/* ---- what most of them have ---- */

void cvg_kube_json_conditions(struct cvg_kube_draft *draft, const struct cvg_kube_node *from)
{
    struct cvg_kube_condition *conditions = cvg_kube_draft_array(
        draft, cvg_kube_json_size(from), sizeof(*conditions), &draft->view->condition_count);
    draft->view->conditions = conditions;
    for (size_t i = 0; i < draft->view->condition_count; i++) {
        const struct cvg_kube_node *node = &from->items[i];
        conditions[i].type = cvg_kube_json_text(draft, node, "type");
        conditions[i].status = cvg_kube_json_text(draft, node, "status");
        conditions[i].reason = cvg_kube_json_text(draft, node, "reason");
        conditions[i].message = cvg_kube_json_text(draft, node, "message");
        conditions[i].changed_at = cvg_kube_json_time(node, "lastTransitionTime");
        conditions[i].updated_at = cvg_kube_json_time(node, "lastUpdateTime");
        conditions[i].observed_generation = generation(draft, node, "observedGeneration");
    }
}

void cvg_kube_json_amounts(struct cvg_kube_draft *draft, const struct cvg_kube_node *amounts,
                           struct cvg_kube_amounts *ret)
{
    if (amounts == NULL || amounts->kind != CVG_KUBE_OBJECT) {
        return;
    }
    for (size_t i = 0; i < amounts->count; i++) {
        /* Whoever writes JSON by hand may leave the quotes away. */
        cvg_kube_draft_amount(draft, ret, amounts->items[i].key, amounts->items[i].text);
    }
}

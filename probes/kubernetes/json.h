/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an object's tree to its view. Built-in kinds end up as they do from protobuf (proto.h), and
 * are held to the same. Of custom resources only metadata and what most controllers agree upon is
 * taken over: conditions, observedGeneration, phase. Their status is written by whoever may, so
 * nothing in it makes an object unreadable; what is not as expected counts as not said.
 */
#ifndef CVG_KUBE_OBJECT_JSON_H
#define CVG_KUBE_OBJECT_JSON_H

#include "draft.h"

/* *problem: static, where BROKEN. */
enum cvg_kube_decoded cvg_kube_json_view(const struct cvg_kube_kind *kind,
                                         const struct cvg_kube_node *tree,
                                         struct cvg_kit_arena *arena,
                                         const struct cvg_kube_view **ret, const char **problem);

/* ---- for the families ---- */

struct cvg_kube_json {
    struct cvg_kube_draft *draft;
    const struct cvg_kube_node *spec, *status, *object; /* NULL where there is none */
};

typedef void cvg_kube_json_fill(const struct cvg_kube_json *json);

cvg_kube_json_fill cvg_kube_json_deployment, cvg_kube_json_statefulset, cvg_kube_json_daemonset,
    cvg_kube_json_replicaset, cvg_kube_json_job, cvg_kube_json_cronjob, cvg_kube_json_pod,
    cvg_kube_json_node, cvg_kube_json_quota, cvg_kube_json_claim, cvg_kube_json_volume,
    cvg_kube_json_class, cvg_kube_json_service, cvg_kube_json_slice, cvg_kube_json_ingress,
    cvg_kube_json_budget, cvg_kube_json_autoscaler, cvg_kube_json_webhooks;

void cvg_kube_json_meta(struct cvg_kube_draft *draft, const struct cvg_kube_node *object);
void cvg_kube_json_conditions(struct cvg_kube_draft *draft, const struct cvg_kube_node *from);

/* Of a member: "" where it is absent or no text. */
const char *cvg_kube_json_text(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                               const char *key);
/* Of a member: `otherwise` where it is absent or null; wrong where it is no whole number. */
int64_t cvg_kube_json_number(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                             const char *key, int64_t otherwise);
/* The same, and not negative: a count. */
int64_t cvg_kube_json_count(struct cvg_kube_draft *draft, const struct cvg_kube_node *object,
                            const char *key, int64_t otherwise);
int cvg_kube_json_true(const struct cvg_kube_node *object, const char *key, int otherwise);
int64_t cvg_kube_json_time(const struct cvg_kube_node *object, const char *key);
/* How many there are in a list or object, 0 where there is none. */
size_t cvg_kube_json_size(const struct cvg_kube_node *node);
void cvg_kube_json_amounts(struct cvg_kube_draft *draft, const struct cvg_kube_node *amounts,
                           struct cvg_kube_amounts *ret);

#endif

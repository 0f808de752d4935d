/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bare message of one object, in protobuf, to its view. kube.proto says which fields are
 * read; each family of kinds has a file that takes them over. Texts of the view are those that
 * protobuf-c has unpacked into the arena.
 */
#ifndef CVG_KUBE_PROTO_H
#define CVG_KUBE_PROTO_H

#include "draft.h"
#include "wire.h"

#include <protobuf-c/protobuf-c.h>

/* partial: only the metadata is there (PartialObjectMetadata). *problem: static, where BROKEN. */
enum cvg_kube_decoded cvg_kube_proto_view(const struct cvg_kube_kind *kind, int partial,
                                          struct cvg_kube_bytes message,
                                          struct cvg_kit_arena *arena,
                                          const struct cvg_kube_view **ret, const char **problem);
/* NULL: it is no such message, or the arena is full. Lives in the arena. */
void *cvg_kube_proto_unpack(const ProtobufCMessageDescriptor *descriptor,
                            struct cvg_kube_bytes message, struct cvg_kit_arena *arena);

/* ---- for the families; each takes the message that its name says ---- */

typedef void cvg_kube_proto_fill(struct cvg_kube_draft *draft, const ProtobufCMessage *message);

cvg_kube_proto_fill cvg_kube_proto_plain, cvg_kube_proto_deployment, cvg_kube_proto_statefulset,
    cvg_kube_proto_daemonset, cvg_kube_proto_replicaset, cvg_kube_proto_job, cvg_kube_proto_cronjob,
    cvg_kube_proto_pod, cvg_kube_proto_node, cvg_kube_proto_namespace, cvg_kube_proto_quota,
    cvg_kube_proto_claim, cvg_kube_proto_volume, cvg_kube_proto_class, cvg_kube_proto_service,
    cvg_kube_proto_slice, cvg_kube_proto_ingress, cvg_kube_proto_budget, cvg_kube_proto_autoscaler,
    cvg_kube_proto_extension, cvg_kube_proto_webhooks;

struct Kube__ObjectMeta;
struct Kube__BriefCondition;
struct Kube__DeploymentCondition;
struct Kube__Condition;
struct Kube__Amount;

void cvg_kube_proto_meta(struct cvg_kube_draft *draft, const struct Kube__ObjectMeta *meta);
/* Of a field that protobuf-c calls name, with has_name beside it. */
#define CVG_KUBE_PROTO_TIME(draft, message, name)                                                  \
    cvg_kube_proto_time((draft), (message)->has_##name ? &(message)->name : NULL)
int64_t cvg_kube_proto_time(struct cvg_kube_draft *draft, const ProtobufCBinaryData *time);
/* Of bytes as text: a copy in the arena that ends with a NUL. */
const char *cvg_kube_proto_bytes(struct cvg_kube_draft *draft, struct cvg_kube_bytes bytes);
void cvg_kube_proto_brief(struct cvg_kube_draft *draft,
                          struct Kube__BriefCondition *const *conditions, size_t count);
/* Of the shape that kube.proto has no message for. */
void cvg_kube_proto_probed(struct cvg_kube_draft *draft, const ProtobufCBinaryData *conditions,
                           size_t count);
void cvg_kube_proto_updated(struct cvg_kube_draft *draft,
                            struct Kube__DeploymentCondition *const *conditions, size_t count);
void cvg_kube_proto_conditions(struct cvg_kube_draft *draft,
                               struct Kube__Condition *const *conditions, size_t count);
void cvg_kube_proto_amounts(struct cvg_kube_draft *draft, struct Kube__Amount *const *amounts,
                            size_t count, struct cvg_kube_amounts *ret);
/* Of a map's entry; "" where it has none. */
const char *cvg_kube_proto_quantity(struct cvg_kube_draft *draft,
                                    const struct Kube__Amount *amount);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Which message a kind is, and unpacking it into the arena; see proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

static void *take(void *data, size_t size)
{
    return cvg_kit_arena_raw(data, size);
}

static void give_back(void *data, void *memory)
{
    (void)data, (void)memory; /* the arena's reset does it */
}

void *cvg_kube_proto_unpack(const ProtobufCMessageDescriptor *descriptor,
                            struct cvg_kube_bytes message, struct cvg_kit_arena *arena)
{
    ProtobufCAllocator allocator = {.alloc = take, .free = give_back, .allocator_data = arena};
    return protobuf_c_message_unpack(descriptor, &allocator, message.length, message.at);
}

struct family {
    const ProtobufCMessageDescriptor *descriptor;
    cvg_kube_proto_fill *fill;
};

static const struct family plain = {&kube__plain__descriptor, cvg_kube_proto_plain};

static const struct family families[CVG_KUBE_TYPES] = {
    [CVG_KUBE_DEPLOYMENT] = {&kube__deployment__descriptor, cvg_kube_proto_deployment},
    [CVG_KUBE_STATEFULSET] = {&kube__stateful_set__descriptor, cvg_kube_proto_statefulset},
    [CVG_KUBE_DAEMONSET] = {&kube__daemon_set__descriptor, cvg_kube_proto_daemonset},
    [CVG_KUBE_REPLICASET] = {&kube__replica_set__descriptor, cvg_kube_proto_replicaset},
    [CVG_KUBE_JOB] = {&kube__job__descriptor, cvg_kube_proto_job},
    [CVG_KUBE_CRONJOB] = {&kube__cron_job__descriptor, cvg_kube_proto_cronjob},
    [CVG_KUBE_POD] = {&kube__pod__descriptor, cvg_kube_proto_pod},
    [CVG_KUBE_NODE] = {&kube__node__descriptor, cvg_kube_proto_node},
    [CVG_KUBE_NAMESPACE] = {&kube__namespace__descriptor, cvg_kube_proto_namespace},
    [CVG_KUBE_SERVICE] = {&kube__service__descriptor, cvg_kube_proto_service},
    [CVG_KUBE_ENDPOINTSLICE] = {&kube__endpoint_slice__descriptor, cvg_kube_proto_slice},
    [CVG_KUBE_INGRESS] = {&kube__ingress__descriptor, cvg_kube_proto_ingress},
    [CVG_KUBE_CLAIM] = {&kube__persistent_volume_claim__descriptor, cvg_kube_proto_claim},
    [CVG_KUBE_VOLUME] = {&kube__persistent_volume__descriptor, cvg_kube_proto_volume},
    [CVG_KUBE_STORAGECLASS] = {&kube__storage_class__descriptor, cvg_kube_proto_class},
    [CVG_KUBE_BUDGET] = {&kube__pod_disruption_budget__descriptor, cvg_kube_proto_budget},
    [CVG_KUBE_AUTOSCALER] = {&kube__horizontal_pod_autoscaler__descriptor,
                             cvg_kube_proto_autoscaler},
    [CVG_KUBE_QUOTA] = {&kube__resource_quota__descriptor, cvg_kube_proto_quota},
    [CVG_KUBE_DEFINITION] = {&kube__extension__descriptor, cvg_kube_proto_extension},
    [CVG_KUBE_APISERVICE] = {&kube__extension__descriptor, cvg_kube_proto_extension},
    [CVG_KUBE_WEBHOOKS] = {&kube__webhook_configuration__descriptor, cvg_kube_proto_webhooks},
    [CVG_KUBE_RELEASE] = {&kube__plain__descriptor, cvg_kube_proto_plain},
};

enum cvg_kube_decoded cvg_kube_proto_view(const struct cvg_kube_kind *kind, int partial,
                                          struct cvg_kube_bytes message,
                                          struct cvg_kit_arena *arena,
                                          const struct cvg_kube_view **ret, const char **problem)
{
    struct cvg_kube_draft draft;
    /* What has only metadata is read as the whole, whose metadata has the same number. */
    const struct family *family = &families[kind->type];
    family = family->descriptor == NULL && partial ? &plain : family;
    if (family->descriptor == NULL) {
        *problem = "objects of this kind do not come in protobuf";
        return CVG_KUBE_BROKEN;
    }
    if (message.length > CVG_KUBE_OBJECT_MOST || cvg_kube_draft_begin(&draft, arena, kind) < 0) {
        return CVG_KUBE_TOO_LARGE;
    }
    ProtobufCMessage *unpacked = cvg_kube_proto_unpack(family->descriptor, message, arena);
    if (unpacked == NULL) {
        *problem = "an object is cut short or damaged";
        return cvg_kit_arena_is_full(arena) ? CVG_KUBE_TOO_LARGE : CVG_KUBE_BROKEN;
    }
    family->fill(&draft, unpacked);
    enum cvg_kube_decoded decoded = cvg_kube_draft_end(&draft);
    *problem = draft.wrong;
    *ret = draft.view;
    return decoded;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Pods from protobuf; see proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

#include <string.h>

static void fill_state(struct cvg_kube_draft *draft, const Kube__ContainerState *state,
                       struct cvg_kube_container *ret)
{
    if (state == NULL) {
        return;
    }
    if (state->waiting != NULL) {
        ret->waiting_reason = cvg_kube_draft_text(draft, state->waiting->reason);
        ret->waiting_message = cvg_kube_draft_text(draft, state->waiting->message);
    }
    ret->running = state->has_running;
    if (state->terminated != NULL) {
        ret->terminated_reason = cvg_kube_draft_text(draft, state->terminated->reason);
        ret->exit_code = state->terminated->exitcode;
    }
}

static void fill_status(struct cvg_kube_draft *draft, const Kube__ContainerStatus *status,
                        struct cvg_kube_container *ret)
{
    const Kube__ContainerTerminated *last =
        status->laststate == NULL ? NULL : status->laststate->terminated;
    if (ret->image[0] == '\0') {
        ret->image = cvg_kube_draft_text(draft, status->image);
    }
    ret->image_id = cvg_kube_draft_text(draft, status->imageid);
    ret->ready = status->ready;
    ret->restarts = cvg_kube_draft_count(draft, status->restartcount);
    fill_state(draft, status->state, ret);
    if (last != NULL) {
        ret->last_reason = cvg_kube_draft_text(draft, last->reason);
        ret->last_exit_code = last->exitcode;
        ret->last_finished_at = CVG_KUBE_PROTO_TIME(draft, last, finishedat);
    }
}

/* One half of a pod's containers: what the spec wants, and what the kubelet says of each. */
struct half {
    Kube__Container *const *wanted;
    size_t wanted_count;
    Kube__ContainerStatus *const *statuses;
    size_t status_count;
    int init;
};

static size_t half_count(const struct half *half)
{
    return half->wanted_count > 0 ? half->wanted_count : half->status_count;
}

static void fill_half(struct cvg_kube_draft *draft, const struct half *half,
                      struct cvg_kube_container *ret, struct cvg_kube_requests *requests)
{
    for (size_t i = 0; i < half->wanted_count; i++) {
        const Kube__Container *wanted = half->wanted[i];
        struct cvg_kube_amounts amounts = {0};
        cvg_kube_container_clear(&ret[i]);
        ret[i].name = cvg_kube_draft_text(draft, wanted->name);
        ret[i].image = cvg_kube_draft_text(draft, wanted->image);
        ret[i].init = half->init;
        ret[i].sidecar = half->init && wanted->restartpolicy != NULL &&
                         strcmp(wanted->restartpolicy, "Always") == 0;
        if (wanted->resources != NULL) {
            cvg_kube_proto_amounts(draft, wanted->resources->requests,
                                   wanted->resources->n_requests, &amounts);
        }
        cvg_kube_requests_add(requests, &ret[i], &amounts);
    }
    for (size_t i = 0; i < half->status_count; i++) {
        const char *name = cvg_kube_draft_text(draft, half->statuses[i]->name);
        struct cvg_kube_container *container = &ret[i];
        if (half->wanted_count > 0) {
            container = cvg_kube_container_find(ret, half->wanted_count, i, name);
        } else {
            cvg_kube_container_clear(container);
            container->name = name;
            container->init = half->init;
        }
        if (container != NULL) {
            fill_status(draft, half->statuses[i], container);
        }
    }
}

static void fill_containers(struct cvg_kube_draft *draft, const Kube__PodSpec *spec,
                            const Kube__PodStatus *status)
{
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    struct cvg_kube_requests requests = {0};
    struct cvg_kube_amounts overhead = {0};
    struct half halves[] = {{.init = 1}, {.init = 0}};
    if (spec != NULL) {
        halves[0].wanted = spec->initcontainers;
        halves[0].wanted_count = spec->n_initcontainers;
        halves[1].wanted = spec->containers;
        halves[1].wanted_count = spec->n_containers;
        cvg_kube_proto_amounts(draft, spec->overhead, spec->n_overhead, &overhead);
    }
    if (status != NULL) {
        halves[0].statuses = status->initcontainerstatuses;
        halves[0].status_count = status->n_initcontainerstatuses;
        halves[1].statuses = status->containerstatuses;
        halves[1].status_count = status->n_containerstatuses;
    }
    size_t first = half_count(&halves[0]);
    struct cvg_kube_container *containers = cvg_kube_draft_array(
        draft, first + half_count(&halves[1]), sizeof(*containers), &pod->container_count);
    pod->containers = containers;
    if (containers != NULL) {
        fill_half(draft, &halves[0], containers, &requests);
        fill_half(draft, &halves[1], containers + first, &requests);
    }
    cvg_kube_requests_total(&requests, &overhead, pod);
}

/* The name of the claim that a volume mounts: volumeSource, persistentVolumeClaim, claimName.
 * volumeSource is one level more than in JSON, where the API inlines it. NULL: it mounts none. */
static const char *claim_of(struct cvg_kube_draft *draft, struct cvg_kube_bytes volume)
{
    static const uint32_t path[] = {2, 10, 1};
    struct cvg_kube_wire_field field = {.bytes = volume};
    for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
        int found = cvg_kube_wire_find(field.bytes, path[i], CVG_KUBE_BYTES, &field);
        if (found < 0) {
            cvg_kube_draft_refuse(draft, "a volume is damaged");
        }
        if (found <= 0) {
            return NULL;
        }
    }
    return cvg_kube_proto_bytes(draft, field.bytes);
}

static void fill_claims(struct cvg_kube_draft *draft, const Kube__PodSpec *spec)
{
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    size_t room = 0;
    const char **claims = cvg_kube_draft_array(draft, spec->n_volumes, sizeof(*claims), &room);
    pod->claims = claims;
    for (size_t i = 0; i < room; i++) {
        const char *claim =
            claim_of(draft, (struct cvg_kube_bytes){spec->volumes[i].data, spec->volumes[i].len});
        if (claim != NULL) {
            claims[pod->claim_count++] = claim;
        }
    }
}

void cvg_kube_proto_pod(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Pod *from = (const void *)message;
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    *pod = (struct cvg_kube_pod){.phase = "",
                                 .reason = "",
                                 .message = "",
                                 .node = "",
                                 .restart_policy = "",
                                 .template_hash = ""};
    cvg_kube_proto_meta(draft, from->metadata);
    if (from->spec != NULL) {
        pod->node = cvg_kube_draft_text(draft, from->spec->nodename);
        pod->restart_policy = cvg_kube_draft_text(draft, from->spec->restartpolicy);
        pod->gated = from->spec->n_schedulinggates > 0;
        fill_claims(draft, from->spec);
    }
    if (from->status != NULL) {
        pod->phase = draft->view->phase = cvg_kube_draft_text(draft, from->status->phase);
        pod->reason = cvg_kube_draft_text(draft, from->status->reason);
        pod->message = cvg_kube_draft_text(draft, from->status->message);
        cvg_kube_proto_probed(draft, from->status->conditions, from->status->n_conditions);
    }
    fill_containers(draft, from->spec, from->status);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pods from protobuf; see proto.h. The spec is walked in place, since most of it is nothing to us
 * and protobuf-c would copy every field that it does not know.
 */
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
    if (state->running != NULL) {
        ret->running = 1;
        ret->started_at = CVG_KUBE_PROTO_TIME(draft, state->running, startedat);
    }
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

/* What is read of a PodSpec, by its field numbers in the published API. */
enum spec_field {
    SPEC_VOLUME = 1,
    SPEC_CONTAINER = 2,
    SPEC_RESTART_POLICY = 3,
    SPEC_NODE_NAME = 10,
    SPEC_INIT_CONTAINER = 20,
    SPEC_OVERHEAD = 32,        /* (not recorded) */
    SPEC_SCHEDULING_GATE = 38, /* (not recorded) */
};

struct spec {
    struct cvg_kube_bytes node, restart_policy;
    Kube__Container **containers, **init_containers; /* in the arena */
    size_t container_count, init_container_count;
    struct cvg_kube_amounts overhead;
    int gated;
};

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

static void fill_containers(struct cvg_kube_draft *draft, const struct spec *spec,
                            const Kube__PodStatus *status)
{
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    struct cvg_kube_requests requests = {0};
    struct half halves[] = {
        {.wanted = spec->init_containers, .wanted_count = spec->init_container_count, .init = 1},
        {.wanted = spec->containers, .wanted_count = spec->container_count},
    };
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
    cvg_kube_requests_total(&requests, &spec->overhead, pod);
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

static void add_container(struct cvg_kube_draft *draft, struct cvg_kube_bytes message,
                          Kube__Container **containers, size_t *count)
{
    Kube__Container *container =
        cvg_kube_proto_unpack(&kube__container__descriptor, message, draft->arena);
    if (container == NULL) {
        cvg_kube_draft_refuse(draft, "a container is damaged");
    } else if (containers != NULL) {
        containers[(*count)++] = container;
    }
}

static void add_overhead(struct cvg_kube_draft *draft, struct cvg_kube_bytes message,
                         struct cvg_kube_amounts *ret)
{
    Kube__Amount *amount = cvg_kube_proto_unpack(&kube__amount__descriptor, message, draft->arena);
    if (amount == NULL) {
        cvg_kube_draft_refuse(draft, "a quantity is damaged");
    } else {
        cvg_kube_proto_amounts(draft, &amount, 1, ret);
    }
}

static void take_field(struct cvg_kube_draft *draft, const struct cvg_kube_wire_field *field,
                       const char **claims, struct spec *ret)
{
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    const char *claim = NULL;
    switch (field->number) {
    case SPEC_VOLUME:
        claim = claim_of(draft, field->bytes);
        if (claim != NULL && claims != NULL) {
            claims[pod->claim_count++] = claim;
        }
        break;
    case SPEC_CONTAINER:
        add_container(draft, field->bytes, ret->containers, &ret->container_count);
        break;
    case SPEC_INIT_CONTAINER:
        add_container(draft, field->bytes, ret->init_containers, &ret->init_container_count);
        break;
    case SPEC_RESTART_POLICY:
        ret->restart_policy = field->bytes;
        break;
    case SPEC_NODE_NAME:
        ret->node = field->bytes;
        break;
    case SPEC_OVERHEAD:
        add_overhead(draft, field->bytes, &ret->overhead);
        break;
    case SPEC_SCHEDULING_GATE:
        ret->gated = 1;
        break;
    default:
        break;
    }
}

/* Walks it twice: how many there are of each, and what they are. */
static void read_spec(struct cvg_kube_draft *draft, struct cvg_kube_bytes bytes, struct spec *ret)
{
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    size_t counts[SPEC_INIT_CONTAINER + 1] = {0}, room = 0;
    int more = 0;
    cvg_kube_wire_begin(&wire, bytes);
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        counts[field.number <= SPEC_INIT_CONTAINER ? field.number : 0]++;
    }
    if (more < 0) {
        cvg_kube_draft_refuse(draft, "a pod's spec is damaged");
        return;
    }
    ret->containers = cvg_kube_draft_array(draft, counts[SPEC_CONTAINER],
                                           sizeof(struct Kube__Container *), &room);
    ret->init_containers = cvg_kube_draft_array(draft, counts[SPEC_INIT_CONTAINER],
                                                sizeof(struct Kube__Container *), &room);
    const char **claims = cvg_kube_draft_array(draft, counts[SPEC_VOLUME], sizeof(*claims), &room);
    draft->view->of.pod.claims = claims;
    cvg_kube_wire_begin(&wire, bytes);
    while (cvg_kube_wire_next(&wire, &field) > 0) {
        if (field.type == CVG_KUBE_BYTES) {
            take_field(draft, &field, claims, ret);
        }
    }
}

void cvg_kube_proto_pod(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Pod *from = (const void *)message;
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    struct spec spec = {0};
    *pod = (struct cvg_kube_pod){.phase = "",
                                 .reason = "",
                                 .message = "",
                                 .node = "",
                                 .restart_policy = "",
                                 .template_hash = ""};
    cvg_kube_proto_meta(draft, from->metadata);
    if (from->has_spec) {
        read_spec(draft, (struct cvg_kube_bytes){from->spec.data, from->spec.len}, &spec);
        pod->node = cvg_kube_proto_bytes(draft, spec.node);
        pod->restart_policy = cvg_kube_proto_bytes(draft, spec.restart_policy);
        pod->gated = spec.gated;
    }
    if (from->status != NULL) {
        pod->phase = draft->view->phase = cvg_kube_draft_text(draft, from->status->phase);
        pod->reason = cvg_kube_draft_text(draft, from->status->reason);
        pod->message = cvg_kube_draft_text(draft, from->status->message);
        cvg_kube_proto_probed(draft, from->status->conditions, from->status->n_conditions);
    }
    fill_containers(draft, &spec, from->status);
}

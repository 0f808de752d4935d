/* SPDX-License-Identifier: Apache-2.0 */
/* What the targets of the Kubernetes module share: looking at every text of a view. */
#ifndef CVG_FUZZ_KUBERNETES_H
#define CVG_FUZZ_KUBERNETES_H

#include "decode.h"

#include <stdlib.h>
#include <string.h>

static const struct cvg_kube_kind fuzz_custom = {"example.org",   "v1", "Widget", "widgets",
                                                 CVG_KUBE_CUSTOM, 0,    1};

static inline void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static inline const struct cvg_kube_kind *fuzz_kind(uint32_t type)
{
    return type == CVG_KUBE_CUSTOM ? &fuzz_custom : cvg_kube_kind_of_type(type);
}

/* FNV-1a over the text, its end included. */
static inline uint64_t fuzz_mix(uint64_t sum, const char *text)
{
    check(text != NULL);
    do {
        sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    } while (*text++ != '\0');
    return sum;
}

static inline uint64_t fuzz_look_at_pod(uint64_t sum, const struct cvg_kube_pod *pod)
{
    sum = fuzz_mix(fuzz_mix(fuzz_mix(sum, pod->phase), pod->node), pod->template_hash);
    check(pod->cpu_milli >= 0 && pod->memory_bytes >= 0);
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct cvg_kube_container *container = &pod->containers[i];
        sum = fuzz_mix(fuzz_mix(sum, container->name), container->image);
        sum = fuzz_mix(fuzz_mix(sum, container->image_id), container->waiting_reason);
        sum = fuzz_mix(fuzz_mix(sum, container->last_reason), container->terminated_reason);
        check(container->restarts >= 0 && (container->init || !container->sidecar));
    }
    for (size_t i = 0; i < pod->claim_count; i++) {
        sum = fuzz_mix(sum, pod->claims[i]);
    }
    return sum;
}

/* Everything that holds for each view; returns a digest of it. */
static inline uint64_t fuzz_look_at(const struct cvg_kube_view *view)
{
    uint64_t sum = fuzz_mix(UINT64_C(0xcbf29ce484222325), view->meta.name);
    check(view->meta.name[0] != '\0');
    check(view->observed_generation >= 0 || view->observed_generation == CVG_KUBE_ABSENT);
    sum = fuzz_mix(fuzz_mix(sum, view->meta.namespace), view->meta.resource_version);
    sum = fuzz_mix(fuzz_mix(sum, view->meta.owner_kind), view->meta.owner_uid);
    sum = fuzz_mix(fuzz_mix(sum, view->meta.uid), view->phase);
    for (size_t i = 0; i < view->meta.label_count; i++) {
        sum = fuzz_mix(fuzz_mix(sum, view->meta.labels[i].name), view->meta.labels[i].value);
    }
    for (size_t i = 0; i < view->condition_count; i++) {
        sum = fuzz_mix(fuzz_mix(sum, view->conditions[i].type), view->conditions[i].status);
        sum = fuzz_mix(fuzz_mix(sum, view->conditions[i].reason), view->conditions[i].message);
        check(view->conditions[i].changed_at >= 0);
    }
    for (size_t i = 0; i < view->quota_count; i++) {
        sum = fuzz_mix(fuzz_mix(sum, view->quotas[i].resource), view->quotas[i].used);
    }
    for (size_t i = 0; i < view->webhook_count; i++) {
        sum = fuzz_mix(fuzz_mix(sum, view->webhooks[i].name), view->webhooks[i].service_name);
    }
    return view->kind->type == CVG_KUBE_POD ? fuzz_look_at_pod(sum, &view->of.pod) : sum;
}

static inline int fuzz_see(void *arg, const struct cvg_kube_view *view)
{
    uint64_t *sum = arg;
    *sum += fuzz_look_at(view);
    return 0;
}

/* As one object and as a page of a list, of that kind. */
static inline void fuzz_decode(uint32_t type, const char *content_type, const uint8_t *data,
                               size_t size, struct cvg_kit_arena *arena)
{
    const char *body = (const char *)data;
    const struct cvg_kube_kind *kind = fuzz_kind(type);
    const struct cvg_kube_view *view = NULL;
    struct cvg_kube_list_end end = {0};
    char error[128];
    uint64_t sum = 0;
    if (kind == NULL) {
        return;
    }
    if (cvg_kube_decode_object(kind, content_type, body, size, arena, &view, error,
                               sizeof(error)) == CVG_KUBE_OK) {
        (void)fuzz_look_at(view);
        check(error[0] == '\0');
    } else {
        check(error[0] != '\0');
    }
    if (cvg_kube_decode_list(kind, content_type, body, size, arena, fuzz_see, &sum, &end, error,
                             sizeof(error)) == CVG_KUBE_OK) {
        check(end.resource_version != NULL && end.next != NULL);
        cvg_kube_list_end_done(&end);
    } else {
        check(error[0] != '\0' && end.resource_version == NULL);
    }
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Facts by kind; see facts.h. */
#include "facts.h"

#include "crashes.h"
#include "kit/memory.h"
#include "quantity.h"
#include "rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_MOST 1024

static void take_trouble(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                         struct cvg_kube_pod_facts *facts)
{
    const struct cvg_kube_condition *scheduled = cvg_kube_current(view, "PodScheduled");
    const struct cvg_kube_condition *ready = cvg_kube_current(view, "Ready");
    const struct cvg_kube_container *container;
    const char *trouble = cvg_kube_pod_trouble(view, &container);
    if (container != NULL) {
        facts->bad_since = cvg_kube_is(ready, "False") ? ready->changed_at : 0;
        facts->bad_since = facts->bad_since == 0 ? container->last_finished_at : facts->bad_since;
    } else if (strcmp(view->of.pod.phase, "Pending") == 0 && !view->of.pod.gated &&
               cvg_kube_is(scheduled, "False") &&
               strcmp(scheduled->reason, "SchedulingGated") != 0) {
        trouble = cvg_kube_reason(CVG_KUBE_REASON_UNSCHEDULABLE);
        facts->bad_since = scheduled->changed_at;
    }
    if (*trouble != '\0' && facts->bad_since == 0) {
        facts->bad_since = view->meta.created_at;
    }
    /* It becomes a reading's reason. */
    trouble = *trouble == '\0' ? "" : cvg_kube_own_reason(trouble, CVG_KUBE_REASON_POD_FAILED);
    facts->trouble = cvg_kube_pool_take(pool, trouble);
}

static void take_pod(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                     struct cvg_kube_pod_facts *facts)
{
    const struct cvg_kube_pod *of = &view->of.pod;
    const struct cvg_kube_condition *disrupted = cvg_kube_current(view, "DisruptionTarget");
    const char *disruption = strcmp(of->reason, "Evicted") == 0 ? of->reason : "";
    if (cvg_kube_is(disrupted, "True")) {
        disruption = *disrupted->reason == '\0' ? disrupted->type : disrupted->reason;
    }
    *facts = (struct cvg_kube_pod_facts){
        .cpu_milli = of->cpu_milli,
        .memory_bytes = of->memory_bytes,
        .node = cvg_kube_pool_take(pool, of->node),
        .phase = cvg_kube_pool_take(pool, of->phase),
        .disruption = cvg_kube_pool_take(pool, disruption),
        .disrupted_at = cvg_kube_is(disrupted, "True") ? disrupted->changed_at : 0,
        .template_hash = cvg_kube_pool_take(pool, of->template_hash),
    };
    take_trouble(pool, view, facts);
    cvg_kube_crashes_take(pool, view, &facts->crashes);
    for (size_t i = 0; i < of->container_count; i++) {
        int64_t restarts = of->containers[i].restarts;
        /* Counts of somebody else's; a sum that wraps would be a negative one. */
        if (__builtin_add_overflow(facts->restarts, restarts, &facts->restarts)) {
            facts->restarts = INT64_MAX;
        }
    }
}

/* PreferNoSchedule only asks. */
static int is_reserved(const struct cvg_kube_machine *of)
{
    for (size_t i = 0; i < of->taint_count; i++) {
        if (strcmp(of->taints[i].effect, "NoSchedule") == 0 ||
            strcmp(of->taints[i].effect, "NoExecute") == 0) {
            return 1;
        }
    }
    return 0;
}

static void take_node(const struct cvg_kube_view *view, struct cvg_kube_node_facts *facts)
{
    const struct cvg_kube_machine *of = &view->of.machine;
    int ready = cvg_kube_current_is(view, "Ready");
    *facts = (struct cvg_kube_node_facts){
        .cpu_milli = of->cpu_milli,
        .memory_bytes = of->memory_bytes,
        .pods = of->pods,
        .ready = ready < 0 ? 2 : (uint32_t)ready,
        .cordoned = of->unschedulable || cvg_kube_node_taint(view) != NULL,
        .reserved = is_reserved(of),
    };
    (void)cvg_kube_node_pressure(view, &facts->pressure);
    /* Labels whose presence says it; their values are empty. */
    for (size_t i = 0; i < view->meta.label_count; i++) {
        const char *name = view->meta.labels[i].name;
        if (strcmp(name, "node-role.kubernetes.io/control-plane") == 0 ||
            strcmp(name, "node-role.kubernetes.io/master") == 0) {
            facts->control_plane = 1;
        }
    }
}

static void take_autoscaler(const struct cvg_kube_view *view,
                            struct cvg_kube_autoscaler_facts *facts)
{
    const struct cvg_kube_condition *active = cvg_kube_current(view, "ScalingActive");
    const struct cvg_kube_condition *limited = cvg_kube_current(view, "ScalingLimited");
    *facts = (struct cvg_kube_autoscaler_facts){
        .current = view->of.autoscaler.current,
        .max = view->of.autoscaler.max,
        .blind = cvg_kube_is(active, "False") && strcmp(active->reason, "ScalingDisabled") != 0,
        .limited = cvg_kube_is(limited, "True") && strcmp(limited->reason, "TooManyReplicas") == 0,
    };
    if (facts->blind) {
        facts->since = active->changed_at;
    } else if (facts->limited) {
        facts->since = limited->changed_at;
    }
}

static int64_t whole(int64_t milli)
{
    return milli / 1000 + (milli % 1000 > 0);
}

/* A quota may name the same in two ways, and both hold. */
static int leaves_more(int64_t hard, int64_t used, int64_t other_hard, int64_t other_used)
{
    return other_hard != CVG_KUBE_ABSENT &&
           (double)hard - (double)used >= (double)other_hard - (double)other_used;
}

static void take_quota_of(const char *resource, int64_t hard, int64_t used,
                          struct cvg_kube_quota_facts *facts)
{
    if (strcmp(resource, "requests.cpu") == 0 || strcmp(resource, "cpu") == 0) {
        if (!leaves_more(hard, used, facts->cpu_hard, facts->cpu_used)) {
            facts->cpu_hard = hard;
            facts->cpu_used = used;
        }
    } else if (strcmp(resource, "requests.memory") == 0 || strcmp(resource, "memory") == 0) {
        if (!leaves_more(whole(hard), whole(used), facts->memory_hard, facts->memory_used)) {
            facts->memory_hard = whole(hard);
            facts->memory_used = whole(used);
        }
    } else if (strcmp(resource, "pods") == 0) {
        facts->pods_hard = whole(hard);
        facts->pods_used = whole(used);
    }
}

static void take_quota(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                       struct cvg_kube_quota_facts *facts)
{
    const char *tightest = "";
    *facts = (struct cvg_kube_quota_facts){
        .cpu_hard = CVG_KUBE_ABSENT,
        .cpu_used = CVG_KUBE_ABSENT,
        .memory_hard = CVG_KUBE_ABSENT,
        .memory_used = CVG_KUBE_ABSENT,
        .pods_hard = CVG_KUBE_ABSENT,
        .pods_used = CVG_KUBE_ABSENT,
    };
    for (size_t i = 0; i < view->quota_count; i++) {
        const struct cvg_kube_quota *quota = &view->quotas[i];
        int64_t hard, used;
        if (cvg_kube_quantity_milli(quota->hard, &hard) != 0 ||
            cvg_kube_quantity_milli(quota->used, &used) != 0) {
            continue;
        }
        take_quota_of(quota->resource, hard, used, facts);
        double share = hard > 0 ? (double)used / (double)hard : 0;
        if (hard > 0 && (*tightest == '\0' || share > facts->share)) {
            facts->share = share;
            tightest = quota->resource;
        }
    }
    facts->tightest = cvg_kube_pool_take(pool, tightest);
}

static int is_in(const char *text, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, texts[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Each address once. A slice has at most 1,000, so that looking through them is cheap enough. */
static void take_slice(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                       struct cvg_kube_slice_facts *facts)
{
    const struct cvg_kube_service *of = &view->of.service;
    const char **ready = cvg_kit_alloc((of->endpoint_count + 1) * sizeof(*ready));
    size_t count = 0;
    for (size_t i = 0; i < of->endpoint_count && count < 1000; i++) {
        const struct cvg_kube_endpoint *endpoint = &of->endpoints[i];
        if (endpoint->ready && *endpoint->address != '\0' &&
            !is_in(endpoint->address, ready, count)) {
            ready[count++] = endpoint->address;
        }
    }
    facts->service = cvg_kube_pool_take(pool, of->service);
    facts->ready_addresses = cvg_kube_pool_take_set(pool, ready, count);
    free(ready);
}

static void take_webhooks(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                          struct cvg_kube_webhook_facts *facts)
{
    const char **services = cvg_kit_alloc((view->webhook_count + 1) * sizeof(*services));
    size_t count = 0;
    *facts = (struct cvg_kube_webhook_facts){0};
    for (size_t i = 0; i < view->webhook_count; i++) {
        const struct cvg_kube_webhook *webhook = &view->webhooks[i];
        char name[2 * CVG_KUBE_NAME];
        if (!webhook->fail_closed || *webhook->service_name == '\0') {
            continue;
        }
        facts->without_ca += !webhook->has_ca;
        (void)snprintf(name, sizeof(name), "%s/%s", webhook->service_namespace,
                       webhook->service_name);
        if (!is_in(name, services, count)) {
            services[count++] = cvg_kube_pool_take(pool, name);
        }
    }
    facts->services = cvg_kube_pool_take_set(pool, services, count);
    for (size_t i = 0; i < count; i++) {
        cvg_kube_pool_drop(pool, services[i]);
    }
    free(services);
}

static void take_workload(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                          struct cvg_kube_workload_facts *facts)
{
    const struct cvg_kube_workload *of = &view->of.workload;
    *facts = (struct cvg_kube_workload_facts){
        .wanted = of->wanted,
        .ready = of->ready,
        .updated = of->updated,
        .available = of->available,
        .template_hash = cvg_kube_pool_take(pool, of->template_hash),
        .update_revision = cvg_kube_pool_take(pool, of->update_revision),
    };
}

void cvg_kube_facts_take(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                         struct cvg_kube_object *object)
{
    switch ((enum cvg_kube_type)view->kind->type) {
    case CVG_KUBE_POD:
        take_pod(pool, view, &object->of.pod);
        break;
    case CVG_KUBE_NODE:
        take_node(view, &object->of.node);
        break;
    case CVG_KUBE_BUDGET:
        object->of.budget = view->of.budget;
        break;
    case CVG_KUBE_AUTOSCALER:
        take_autoscaler(view, &object->of.autoscaler);
        break;
    case CVG_KUBE_QUOTA:
        take_quota(pool, view, &object->of.quota);
        break;
    case CVG_KUBE_CLAIM:
        object->of.claim.phase = cvg_kube_pool_take(pool, view->of.volume.phase);
        object->of.claim.storage_class = cvg_kube_pool_take(pool, view->of.volume.storage_class);
        break;
    case CVG_KUBE_STORAGECLASS:
        object->of.storage_class.waits_for_consumer =
            strcmp(view->of.volume.binding_mode, "WaitForFirstConsumer") == 0;
        object->of.storage_class.is_default =
            strcmp(cvg_kube_annotation(&view->meta, "storageclass.kubernetes.io/is-default-class"),
                   "true") == 0;
        break;
    case CVG_KUBE_SERVICE:
        object->of.service.selects =
            view->of.service.has_selector && strcmp(view->of.service.type, "ExternalName") != 0;
        break;
    case CVG_KUBE_ENDPOINTSLICE:
        take_slice(pool, view, &object->of.slice);
        break;
    case CVG_KUBE_WEBHOOKS:
        take_webhooks(pool, view, &object->of.webhooks);
        break;
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_STATEFULSET:
    case CVG_KUBE_DAEMONSET:
    case CVG_KUBE_REPLICASET:
        take_workload(pool, view, &object->of.workload);
        break;
    default:
        break;
    }
}

void cvg_kube_facts_done(struct cvg_kube_pool *pool, struct cvg_kube_object *object)
{
    switch ((enum cvg_kube_type)object->kind->type) {
    case CVG_KUBE_POD:
        cvg_kube_pool_drop(pool, object->of.pod.node);
        cvg_kube_pool_drop(pool, object->of.pod.trouble);
        cvg_kube_pool_drop(pool, object->of.pod.phase);
        cvg_kube_pool_drop(pool, object->of.pod.disruption);
        cvg_kube_pool_drop(pool, object->of.pod.template_hash);
        cvg_kube_pool_drop(pool, object->of.pod.crashes.container);
        break;
    case CVG_KUBE_QUOTA:
        cvg_kube_pool_drop(pool, object->of.quota.tightest);
        break;
    case CVG_KUBE_CLAIM:
        cvg_kube_pool_drop(pool, object->of.claim.phase);
        cvg_kube_pool_drop(pool, object->of.claim.storage_class);
        break;
    case CVG_KUBE_ENDPOINTSLICE:
        cvg_kube_pool_drop(pool, object->of.slice.service);
        cvg_kube_pool_drop_set(pool, object->of.slice.ready_addresses);
        break;
    case CVG_KUBE_WEBHOOKS:
        cvg_kube_pool_drop_set(pool, object->of.webhooks.services);
        break;
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_STATEFULSET:
    case CVG_KUBE_DAEMONSET:
    case CVG_KUBE_REPLICASET:
        cvg_kube_pool_drop(pool, object->of.workload.template_hash);
        cvg_kube_pool_drop(pool, object->of.workload.update_revision);
        break;
    default:
        break;
    }
}

/* "registry/app:1.2@sha256:...": the tag for people, the digest for certainty. The runtime tells
 * the digest behind an '@', or alone. */
static void image_of(const struct cvg_kube_container *container, char *ret, size_t size)
{
    const char *digest = strrchr(container->image_id, '@');
    size_t length = strcspn(container->image, "@");
    if (digest == NULL && strncmp(container->image_id, "sha256:", 7) == 0) {
        digest = container->image_id;
    } else if (digest != NULL) {
        digest++;
    }
    if (digest == NULL || length + 1 + strlen(digest) >= size) {
        (void)snprintf(ret, size, "%s", container->image);
    } else {
        (void)snprintf(ret, size, "%.*s@%s", (int)length, container->image, digest);
    }
}

const char *const *cvg_kube_facts_images(struct cvg_kube_pool *pool,
                                         const struct cvg_kube_view *view)
{
    const struct cvg_kube_pod *of = &view->of.pod;
    if (view->kind->type != CVG_KUBE_POD) {
        return NULL;
    }
    const char **images = cvg_kit_alloc((of->container_count + 1) * sizeof(*images));
    size_t count = 0;
    for (size_t i = 0; i < of->container_count; i++) {
        char image[IMAGE_MOST];
        if (of->containers[i].init && !of->containers[i].sidecar) {
            continue;
        }
        image_of(&of->containers[i], image, sizeof(image));
        images[count++] = cvg_kube_pool_take(pool, image);
    }
    const char *const *set = cvg_kube_pool_take_set(pool, images, count);
    for (size_t i = 0; i < count; i++) {
        cvg_kube_pool_drop(pool, images[i]);
    }
    free(images);
    return set;
}

const char *cvg_kube_facts_revision(const struct cvg_kube_view *view,
                                    char room[CVG_KUBE_CUSTOM_REVISION])
{
    switch ((enum cvg_kube_type)view->kind->type) {
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_REPLICASET:
        return view->of.workload.revision;
    case CVG_KUBE_STATEFULSET:
    case CVG_KUBE_DAEMONSET:
        return view->of.workload.update_revision;
    case CVG_KUBE_POD:
        return view->of.pod.template_hash;
    case CVG_KUBE_NODE:
        return view->of.machine.kubelet_version;
    case CVG_KUBE_CUSTOM:
        return cvg_kube_custom_revision(view, room);
    default:
        return "";
    }
}

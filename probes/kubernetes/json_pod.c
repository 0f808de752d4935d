/* SPDX-License-Identifier: Apache-2.0 */
/* Pods from JSON; see json.h. */
#include "json.h"

#include <string.h>

static const struct cvg_kube_node *get(const struct cvg_kube_node *object, const char *key)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(object, key);
    return node != NULL && node->kind == CVG_KUBE_NULL ? NULL : node;
}

static void fill_state(struct cvg_kube_draft *draft, const struct cvg_kube_node *state,
                       struct cvg_kube_container *ret)
{
    const struct cvg_kube_node *waiting = get(state, "waiting");
    const struct cvg_kube_node *terminated = get(state, "terminated");
    ret->waiting_reason = cvg_kube_json_text(draft, waiting, "reason");
    ret->waiting_message = cvg_kube_json_text(draft, waiting, "message");
    ret->running = get(state, "running") != NULL;
    ret->started_at = cvg_kube_json_time(get(state, "running"), "startedAt");
    if (terminated != NULL) {
        ret->terminated_reason = cvg_kube_json_text(draft, terminated, "reason");
        ret->exit_code = cvg_kube_json_number(draft, terminated, "exitCode", 0);
    }
}

static void fill_status(struct cvg_kube_draft *draft, const struct cvg_kube_node *status,
                        struct cvg_kube_container *ret)
{
    const struct cvg_kube_node *last = get(get(status, "lastState"), "terminated");
    if (ret->image[0] == '\0') {
        ret->image = cvg_kube_json_text(draft, status, "image");
    }
    ret->image_id = cvg_kube_json_text(draft, status, "imageID");
    ret->ready = cvg_kube_json_true(status, "ready", 0);
    ret->restarts = cvg_kube_json_count(draft, status, "restartCount", 0);
    fill_state(draft, get(status, "state"), ret);
    if (last != NULL) {
        ret->last_reason = cvg_kube_json_text(draft, last, "reason");
        ret->last_exit_code = cvg_kube_json_number(draft, last, "exitCode", 0);
        ret->last_finished_at = cvg_kube_json_time(last, "finishedAt");
    }
}

/* One half of a pod's containers: what the spec wants, and what the kubelet says of each. */
struct half {
    const struct cvg_kube_node *wanted, *statuses; /* side by side */
    size_t wanted_count, status_count;
    int init;
};

static struct half half_of(const struct cvg_kube_node *wanted, const struct cvg_kube_node *statuses,
                           int init)
{
    struct half half = {.init = init};
    if (wanted != NULL) {
        half.wanted = wanted->items;
        half.wanted_count = wanted->count;
    }
    if (statuses != NULL) {
        half.statuses = statuses->items;
        half.status_count = statuses->count;
    }
    return half;
}

static size_t half_count(const struct half *half)
{
    return half->wanted_count > 0 ? half->wanted_count : half->status_count;
}

static void fill_half(struct cvg_kube_draft *draft, const struct half *half,
                      struct cvg_kube_container *ret, struct cvg_kube_requests *requests)
{
    for (size_t i = 0; i < half->wanted_count; i++) {
        const struct cvg_kube_node *wanted = &half->wanted[i];
        struct cvg_kube_amounts amounts = {0};
        cvg_kube_container_clear(&ret[i]);
        ret[i].name = cvg_kube_json_text(draft, wanted, "name");
        ret[i].image = cvg_kube_json_text(draft, wanted, "image");
        ret[i].init = half->init;
        ret[i].sidecar =
            half->init && strcmp(cvg_kube_json_text(draft, wanted, "restartPolicy"), "Always") == 0;
        cvg_kube_json_amounts(draft, get(get(wanted, "resources"), "requests"), &amounts);
        cvg_kube_requests_add(requests, &ret[i], &amounts);
    }
    for (size_t i = 0; i < half->status_count; i++) {
        const struct cvg_kube_node *status = &half->statuses[i];
        const char *name = cvg_kube_json_text(draft, status, "name");
        struct cvg_kube_container *container = &ret[i];
        if (half->wanted_count > 0) {
            container = cvg_kube_container_find(ret, half->wanted_count, i, name);
        } else {
            cvg_kube_container_clear(container);
            container->name = name;
            container->init = half->init;
        }
        if (container != NULL) {
            fill_status(draft, status, container);
        }
    }
}

static void fill_containers(const struct cvg_kube_json *json)
{
    struct cvg_kube_pod *pod = &json->draft->view->of.pod;
    struct cvg_kube_requests requests = {0};
    struct cvg_kube_amounts overhead = {0};
    const struct half first =
        half_of(get(json->spec, "initContainers"), get(json->status, "initContainerStatuses"), 1);
    const struct half second =
        half_of(get(json->spec, "containers"), get(json->status, "containerStatuses"), 0);
    struct cvg_kube_container *containers =
        cvg_kube_draft_array(json->draft, half_count(&first) + half_count(&second),
                             sizeof(*containers), &pod->container_count);
    pod->containers = containers;
    if (containers != NULL) {
        fill_half(json->draft, &first, containers, &requests);
        fill_half(json->draft, &second, containers + half_count(&first), &requests);
    }
    cvg_kube_json_amounts(json->draft, get(json->spec, "overhead"), &overhead);
    cvg_kube_requests_total(&requests, &overhead, pod);
}

static void fill_claims(const struct cvg_kube_json *json)
{
    struct cvg_kube_pod *pod = &json->draft->view->of.pod;
    const struct cvg_kube_node *volumes = get(json->spec, "volumes");
    size_t room = 0;
    const char **claims =
        cvg_kube_draft_array(json->draft, cvg_kube_json_size(volumes), sizeof(*claims), &room);
    pod->claims = claims;
    for (size_t i = 0; i < room; i++) {
        const struct cvg_kube_node *source = get(&volumes->items[i], "persistentVolumeClaim");
        if (source != NULL) {
            claims[pod->claim_count++] = cvg_kube_json_text(json->draft, source, "claimName");
        }
    }
}

void cvg_kube_json_pod(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    struct cvg_kube_pod *pod = &draft->view->of.pod;
    *pod = (struct cvg_kube_pod){.template_hash = ""};
    pod->phase = draft->view->phase;
    pod->reason = cvg_kube_json_text(draft, json->status, "reason");
    pod->message = cvg_kube_json_text(draft, json->status, "message");
    pod->node = cvg_kube_json_text(draft, json->spec, "nodeName");
    pod->restart_policy = cvg_kube_json_text(draft, json->spec, "restartPolicy");
    pod->gated = cvg_kube_json_size(get(json->spec, "schedulingGates")) > 0;
    fill_claims(json);
    fill_containers(json);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What protobuf and JSON are held to alike; see draft.h. */
#include "draft.h"

#include "kit/printable.h"

#include <string.h>

int cvg_kube_draft_begin(struct cvg_kube_draft *draft, struct cvg_kit_arena *arena,
                         const struct cvg_kube_kind *kind)
{
    *draft = (struct cvg_kube_draft){.arena = arena};
    draft->view = cvg_kit_arena_alloc(arena, sizeof(*draft->view));
    if (draft->view == NULL) {
        return -1;
    }
    draft->view->kind = kind;
    draft->view->phase = "";
    draft->view->observed_generation = CVG_KUBE_ABSENT;
    return 0;
}

void cvg_kube_draft_refuse(struct cvg_kube_draft *draft, const char *words)
{
    if (draft->wrong == NULL) {
        draft->wrong = words;
    }
}

const char *cvg_kube_draft_text(struct cvg_kube_draft *draft, const char *text)
{
    if (text == NULL) {
        return "";
    }
    if (!cvg_kit_is_utf8(text)) {
        cvg_kube_draft_refuse(draft, "a text is no UTF-8");
        return "";
    }
    return text;
}

int64_t cvg_kube_draft_count(struct cvg_kube_draft *draft, int64_t value)
{
    if (value < 0) {
        cvg_kube_draft_refuse(draft, "a count is negative");
    } else if (value > INT32_MAX) {
        cvg_kube_draft_refuse(draft, "a count is larger than any can be");
    } else {
        return value;
    }
    return 0;
}

int64_t cvg_kube_draft_serial(struct cvg_kube_draft *draft, int64_t value)
{
    if (value < 0) {
        cvg_kube_draft_refuse(draft, "a generation is negative");
        return 0;
    }
    return value;
}

void *cvg_kube_draft_array(struct cvg_kube_draft *draft, size_t count, size_t size,
                           size_t *ret_count)
{
    void *array = count == 0 ? NULL : cvg_kit_arena_array(draft->arena, count, size);
    *ret_count = array == NULL ? 0 : count;
    return array;
}

uint32_t cvg_kube_draft_update(const char *name)
{
    if (name != NULL && strcmp(name, "OnDelete") == 0) {
        return CVG_KUBE_ON_DELETE;
    }
    return name != NULL && strcmp(name, "Recreate") == 0 ? CVG_KUBE_RECREATE : CVG_KUBE_ROLLING;
}

void cvg_kube_container_clear(struct cvg_kube_container *container)
{
    *container = (struct cvg_kube_container){.name = "",
                                             .image = "",
                                             .image_id = "",
                                             .waiting_reason = "",
                                             .waiting_message = "",
                                             .terminated_reason = "",
                                             .last_reason = "",
                                             .exit_code = CVG_KUBE_ABSENT,
                                             .last_exit_code = CVG_KUBE_ABSENT};
}

struct cvg_kube_container *cvg_kube_container_find(struct cvg_kube_container *containers,
                                                   size_t count, size_t hint, const char *name)
{
    if (hint < count && strcmp(containers[hint].name, name) == 0) {
        return &containers[hint];
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(containers[i].name, name) == 0) {
            return &containers[i];
        }
    }
    return NULL;
}

static int workload_has_status(const struct cvg_kube_view *view)
{
    const struct cvg_kube_workload *workload = &view->of.workload;
    return view->observed_generation > 0 || workload->current > 0 || workload->updated > 0 ||
           workload->ready > 0 || workload->available > 0 || workload->unavailable > 0 ||
           workload->misscheduled > 0;
}

/* Protobuf writes a status of zeros where JSON writes none: only what says something counts. */
static int has_status(const struct cvg_kube_view *view)
{
    if (view->condition_count > 0 || view->phase[0] != '\0' || view->quota_count > 0) {
        return 1;
    }
    switch (view->kind->type) {
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_STATEFULSET:
    case CVG_KUBE_DAEMONSET:
    case CVG_KUBE_REPLICASET:
        return workload_has_status(view);
    case CVG_KUBE_JOB:
    case CVG_KUBE_CRONJOB:
        return view->of.job.started_at > 0 || view->of.job.active > 0 ||
               view->of.job.succeeded > 0 || view->of.job.failed > 0 ||
               view->of.job.last_scheduled_at > 0 || view->of.job.last_succeeded_at > 0;
    case CVG_KUBE_POD:
        return view->of.pod.reason[0] != '\0';
    case CVG_KUBE_NODE:
        return view->of.machine.kubelet_version[0] != '\0';
    case CVG_KUBE_SERVICE:
    case CVG_KUBE_INGRESS:
        return view->of.service.ingress_count > 0;
    case CVG_KUBE_BUDGET:
        return view->observed_generation > 0 || view->of.budget.expected > 0;
    case CVG_KUBE_AUTOSCALER:
        return view->of.autoscaler.current > 0 || view->of.autoscaler.desired > 0 ||
               view->observed_generation > 0;
    default:
        return 0;
    }
}

static const char *either(const char *first, const char *second)
{
    return first[0] != '\0' ? first : second;
}

/* What stands in labels and annotations. */
static void settle_names(struct cvg_kube_view *view)
{
    const struct cvg_kube_meta *meta = &view->meta;
    const char *hash = cvg_kube_label(meta, "pod-template-hash");
    switch (view->kind->type) {
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_REPLICASET:
        view->of.workload.revision = cvg_kube_annotation(meta, "deployment.kubernetes.io/revision");
        view->of.workload.template_hash = hash;
        break;
    case CVG_KUBE_POD:
        view->of.pod.template_hash = either(hash, cvg_kube_label(meta, "controller-revision-hash"));
        break;
    case CVG_KUBE_ENDPOINTSLICE:
        view->of.service.service = cvg_kube_label(meta, "kubernetes.io/service-name");
        break;
    case CVG_KUBE_INGRESS:
        view->of.service.ingress_class =
            either(view->of.service.ingress_class,
                   cvg_kube_annotation(meta, "kubernetes.io/ingress.class"));
        break;
    case CVG_KUBE_CLAIM:
        view->of.volume.storage_class =
            either(view->of.volume.storage_class,
                   cvg_kube_annotation(meta, "volume.beta.kubernetes.io/storage-class"));
        break;
    default:
        break;
    }
}

enum cvg_kube_decoded cvg_kube_draft_end(struct cvg_kube_draft *draft)
{
    struct cvg_kube_view *view = draft->view;
    if (cvg_kit_arena_is_full(draft->arena)) {
        return CVG_KUBE_TOO_LARGE;
    }
    if (view->meta.name[0] == '\0') {
        cvg_kube_draft_refuse(draft, "an object has no name");
    }
    if (draft->wrong != NULL) {
        return CVG_KUBE_BROKEN;
    }
    settle_names(view);
    if (view->kind->type != CVG_KUBE_CUSTOM) {
        view->has_status = has_status(view);
    }
    /* A new DaemonSet has a 0 there that nobody has counted. */
    if (view->kind->type == CVG_KUBE_DAEMONSET && !view->has_status) {
        view->of.workload.wanted = CVG_KUBE_ABSENT;
    }
    return CVG_KUBE_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Pods of the newest revision; see evidence.h. */
#include "evidence.h"

#include "reason.h"

#include <convergate/number.h>

#include <string.h>

int cvg_kube_evidence_wanted(uint32_t type, int *ret_replicasets)
{
    *ret_replicasets = type == CVG_KUBE_DEPLOYMENT;
    return type == CVG_KUBE_DEPLOYMENT || type == CVG_KUBE_STATEFULSET ||
           type == CVG_KUBE_DAEMONSET || type == CVG_KUBE_REPLICASET || type == CVG_KUBE_JOB;
}

/* ---- which pods are of the newest revision ---- */

/* The controller's annotation is a whole number that only rises; -1: there is none. */
static int64_t number_of(const char *revision)
{
    int64_t number;
    return cvg_parse_int64(revision, strlen(revision), &number) < 0 ? -1 : number;
}

/* Which of two ReplicaSets is newer. Going back to an old revision gives its ReplicaSet a new
 * number, so that the time it was made says something only where there are no numbers. */
static int is_newer(const struct cvg_kube_object *a, const struct cvg_kube_object *b)
{
    int64_t number_a = number_of(a->revision), number_b = number_of(b->revision);
    if (number_a != number_b) {
        return number_a > number_b;
    }
    if (a->created_at != b->created_at) {
        return a->created_at > b->created_at;
    }
    return strcmp(a->name, b->name) > 0;
}

static const struct cvg_kube_object *
newest_replicaset(const struct cvg_kube_object *deployment,
                  const struct cvg_kube_collection *replicasets)
{
    const struct cvg_kube_object *newest = NULL, *each = NULL;
    while ((each = cvg_kube_collection_owned(replicasets, deployment->uid, each)) != NULL) {
        if (newest == NULL || is_newer(each, newest)) {
            newest = each;
        }
    }
    /* The two come by different watches: where the Deployment is ahead, its newest ReplicaSet has
     * not come yet. */
    if (newest != NULL && number_of(newest->revision) < number_of(deployment->revision)) {
        return NULL;
    }
    return newest;
}

/* Its own controller makes pods of the newest revision only, so the newest pod is of it; but before
 * it has made any, that is an old one. "" : cannot be told. */
static const char *newest_hash(const struct cvg_kube_object *daemonset,
                               const struct cvg_kube_collection *pods)
{
    const struct cvg_kube_object *newest = NULL, *each = NULL;
    if (daemonset->of.workload.updated == 0) {
        return "";
    }
    while ((each = cvg_kube_collection_owned(pods, daemonset->uid, each)) != NULL) {
        if (newest == NULL || each->created_at > newest->created_at ||
            (each->created_at == newest->created_at && strcmp(each->name, newest->name) > 0)) {
            newest = each;
        }
    }
    return newest == NULL ? "" : newest->of.pod.template_hash;
}

struct family {
    struct cvg_kube_id owner;
    const char *hash; /* "" any */
};

/* 0, or -1: it cannot be told whose pods are the newest. */
static int find_family(const struct cvg_kube_object *workload,
                       const struct cvg_kube_collection *pods,
                       const struct cvg_kube_collection *replicasets, struct family *ret)
{
    const struct cvg_kube_object *newest;
    *ret = (struct family){.owner = workload->uid, .hash = ""};
    switch (workload->kind->type) {
    case CVG_KUBE_DEPLOYMENT:
        newest = replicasets == NULL ? NULL : newest_replicaset(workload, replicasets);
        if (newest == NULL) {
            return -1;
        }
        *ret = (struct family){.owner = newest->uid, .hash = newest->of.workload.template_hash};
        return 0;
    case CVG_KUBE_STATEFULSET:
        ret->hash = workload->of.workload.update_revision;
        return 0;
    case CVG_KUBE_DAEMONSET:
        ret->hash = newest_hash(workload, pods);
        return *ret->hash == '\0' ? -1 : 0;
    default:
        return 0;
    }
}

/* ---- what they say ---- */

static int is_terminating(const struct cvg_kube_object *pod)
{
    return pod->outcome.common &&
           strcmp(pod->outcome.reason, cvg_kube_reason(CVG_KUBE_REASON_TERMINATING)) == 0;
}

/* Pods that ended stay as a memory; what replaced them counts. */
static int has_ended(const struct cvg_kube_object *pod)
{
    return strcmp(pod->of.pod.phase, "Failed") == 0 || strcmp(pod->of.pod.phase, "Succeeded") == 0;
}

static int is_worse(const struct cvg_kube_object *a, const struct cvg_kube_object *b)
{
    if (a->of.pod.bad_since != b->of.pod.bad_since) {
        /* Between two crashes it has none: those that stand still say more. */
        return b->of.pod.bad_since == 0 ||
               (a->of.pod.bad_since != 0 && a->of.pod.bad_since < b->of.pod.bad_since);
    }
    return strcmp(a->name, b->name) < 0;
}

/* A Job counts its pods' deaths itself, against its own limit. */
static int counts(const struct cvg_kube_object *workload, const char *trouble)
{
    return *trouble != '\0' && !(workload->kind->type == CVG_KUBE_JOB &&
                                 strcmp(trouble, cvg_kube_reason(CVG_KUBE_REASON_CRASH_LOOP)) == 0);
}

static void take_trouble(const struct cvg_kube_object *workload, const struct cvg_kube_object *pod,
                         int64_t wall, struct cvg_kube_evidence *ret)
{
    const char *reason, *trouble = cvg_kube_object_trouble(pod, wall);
    int64_t next = cvg_kube_object_next(pod, wall);
    if (!counts(workload, trouble)) {
        return;
    }
    if (next != 0 && (ret->next == 0 || next < ret->next)) {
        ret->next = next;
    }
    if (cvg_kube_object_status(pod, wall, &reason) == CVG_FAILED) {
        ret->troubled++;
        if (ret->worst == NULL || is_worse(pod, ret->worst)) {
            ret->worst = pod;
            ret->reason = trouble;
        }
    }
}

/* Equal sets of one pool are the same pointer. */
static void take_images(const char *const *images, struct cvg_kube_evidence *ret)
{
    size_t i = 0;
    while (i < ret->image_sets && ret->images[i] != images) {
        i++;
    }
    if (images != NULL && i == ret->image_sets && i < CVG_KUBE_EVIDENCE_SETS) {
        ret->images[ret->image_sets++] = images;
    }
}

void cvg_kube_evidence_find(const struct cvg_kube_object *workload,
                            const struct cvg_kube_collection *pods,
                            const struct cvg_kube_collection *replicasets, int64_t wall,
                            struct cvg_kube_evidence *ret)
{
    struct family family;
    const struct cvg_kube_object *pod = NULL;
    const char *const *wanted = NULL;

    *ret = (struct cvg_kube_evidence){.reason = ""};
    if (pods == NULL || find_family(workload, pods, replicasets, &family) < 0) {
        return;
    }
    ret->is_known = 1;
    while ((pod = cvg_kube_collection_owned(pods, family.owner, pod)) != NULL) {
        const char *reason;
        if ((*family.hash != '\0' && strcmp(family.hash, pod->of.pod.template_hash) != 0) ||
            is_terminating(pod) || has_ended(pod)) {
            continue;
        }
        ret->pods++;
        take_trouble(workload, pod, wall, ret);
        wanted = wanted == NULL ? pod->images : wanted;
        if (cvg_kube_object_status(pod, wall, &reason) == CVG_READY) {
            take_images(pod->images, ret);
        }
    }
    if (ret->image_sets == 0) {
        take_images(wanted, ret);
    }
}

/* Pods of older ReplicaSets concern it no more, but which one is the newest takes as long to find
 * out. */
int cvg_kube_evidence_changed(const struct cvg_kube_object *workload,
                              const struct cvg_kube_collection *pods, uint64_t pods_since,
                              const struct cvg_kube_collection *replicasets,
                              uint64_t replicasets_since)
{
    const struct cvg_kube_object *each = NULL;
    if (pods == NULL || workload->kind->type != CVG_KUBE_DEPLOYMENT) {
        return pods != NULL && cvg_kube_collection_changed_owned(pods, pods_since, workload->uid);
    }
    if (replicasets == NULL) {
        return 0;
    }
    if (cvg_kube_collection_changed_owned(replicasets, replicasets_since, workload->uid)) {
        return 1;
    }
    if (cvg_kube_collection_edition(pods) == pods_since) {
        return 0;
    }
    while ((each = cvg_kube_collection_owned(replicasets, workload->uid, each)) != NULL) {
        if (cvg_kube_collection_changed_owned(pods, pods_since, each->uid)) {
            return 1;
        }
    }
    return 0;
}

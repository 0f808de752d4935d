/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the pods of a workload's newest revision say of it. A controller waits for its progress
 * deadline; its pods know minutes before that an image does not exist. Pods of older revisions do
 * not count: they may be what is being replaced because of their crashes.
 *
 * Pure over collections, time is an argument. What it finds lives until one of them changes.
 */
#ifndef CVG_KUBE_EVIDENCE_H
#define CVG_KUBE_EVIDENCE_H

#include "collection.h"

#define CVG_KUBE_EVIDENCE_SETS 4

struct cvg_kube_evidence {
    int is_known; /* the newest revision and its pods can be told */
    size_t pods;  /* of the newest revision, without those that ended or are being deleted */
    size_t troubled;
    const struct cvg_kube_object *worst; /* in trouble for longest; NULL: none is */
    const char *reason;                  /* its trouble; "" */
    int64_t next;                        /* wall: when time alone adds one; 0: never */
    /* Sets of images that its ready pods run, or, while none is ready, that its pods shall run.
     * Several: pods of one revision do not run the same. */
    const char *const *images[CVG_KUBE_EVIDENCE_SETS];
    size_t image_sets;
};

/* Has this type of object pods of its own? replicasets: they are found through these. */
int cvg_kube_evidence_wanted(uint32_t type, int *ret_replicasets);
/* pods and replicasets of the workload's namespace; NULL where they cannot be read. */
void cvg_kube_evidence_find(const struct cvg_kube_object *workload,
                            const struct cvg_kube_collection *pods,
                            const struct cvg_kube_collection *replicasets, int64_t wall,
                            struct cvg_kube_evidence *ret);
/* Whether it may be another since these editions of the two, the workload being the same. */
int cvg_kube_evidence_changed(const struct cvg_kube_object *workload,
                              const struct cvg_kube_collection *pods, uint64_t pods_since,
                              const struct cvg_kube_collection *replicasets,
                              uint64_t replicasets_since);

#endif

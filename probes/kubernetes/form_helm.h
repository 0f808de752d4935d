/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helm releases, by the labels of the secrets that Helm keeps them in (helm pkg/storage/driver/
 * secrets.go): one secret for each revision of a release, of which the newest speaks. Only their
 * metadata is asked for, so that what a release holds never comes over the wire. The right to list
 * secrets is what Kubernetes asks for even so, which is why nothing is read unless a check says
 * `helm`.
 *
 * Pure: a label set in, a status out.
 */
#ifndef CVG_KUBE_FORM_HELM_H
#define CVG_KUBE_FORM_HELM_H

#include "check.h"

/* A revision of a release; texts are the object's. */
struct cvg_kube_revision {
    const char *namespace, *name, *status;
    int64_t number;     /* its version; CVG_KUBE_ABSENT: its labels do not say */
    int64_t changed_at; /* wall: when Helm wrote it last; 0: not told */
};

/* -1: the secret is none of Helm's. */
int cvg_kube_revision_read(const struct cvg_kube_object *object, struct cvg_kube_revision *ret);
/* Is it the newer one? One that does not say its number might be: what is not clear stays so. */
int cvg_kube_revision_is_newer(const struct cvg_kube_revision *one,
                               const struct cvg_kube_revision *other);
/* enum cvg_status of a release whose newest revision this is. dwell: how long it may be pending; 0:
 * for ever. *ret_next: when time alone changes it (wall); 0: never. */
uint32_t cvg_kube_revision_status(const struct cvg_kube_revision *revision, int64_t dwell,
                                  int64_t wall, const char **ret_reason, int64_t *ret_next);

#endif

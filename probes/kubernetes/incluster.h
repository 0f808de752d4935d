/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account of the pod that the daemon runs in. The kubelet writes its token and CA anew long
 * before they end, so they are read again like any other file.
 */
#ifndef CVG_KUBE_INCLUSTER_H
#define CVG_KUBE_INCLUSTER_H

#include "access.h"

#define CVG_KUBE_POD_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

struct cvg_kube_pod {
    const char *host, *port; /* of the API server, as the pod's environment has them */
    const char *folder;      /* CVG_KUBE_POD_FOLDER; only tests have another */
};

/* From the environment. 0: this is no pod. */
int cvg_kube_pod_here(struct cvg_kube_pod *ret);
/* Blocks on its files. NULL: something is missing, and problem says what. */
struct cvg_kube_access *cvg_kube_pod_load(const struct cvg_kube_pod *pod,
                                          cvg_kube_file_reader *reader,
                                          struct cvg_kube_problem *problem);

#endif

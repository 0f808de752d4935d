/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the API server calls a custom kind in its paths ("certificates" for Certificate), and
 * whether its objects live in namespaces: asked of GET /apis/GROUP/VERSION. The source's thread.
 */
#ifndef CVG_KUBE_DISCOVERY_H
#define CVG_KUBE_DISCOVERY_H

#include "cluster.h"
#include "ending.h"

struct cvg_kube_discovery;

/* done is called once, in a later turn, and may free it. ENDED: the cluster knows the kind now. */
struct cvg_kube_discovery *
cvg_kube_discovery_start(struct cvg_kube_cluster *cluster, const struct cvg_kube_kind *kind,
                         void (*done)(void *arg, const struct cvg_kube_ending *ending), void *arg);
void cvg_kube_discovery_free(struct cvg_kube_discovery *discovery); /* takes NULL */

/* Pure. 0; 1: the group has no such kind; -1: this is no APIResourceList. */
int cvg_kube_discovery_read(const char *body, size_t length, const char *kind,
                            char ret_resource[CVG_KUBE_NAME], int *ret_namespaced);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which way a source goes to its cluster, chosen once from its keys and where the daemon runs, and
 * read as often as wanted: by a kubeconfig, or the pod's own account. With `url` or `via` the way
 * is the operator's and there is nothing to read.
 */
#ifndef CVG_KUBE_WAY_H
#define CVG_KUBE_WAY_H

#include "access.h"
#include "config.h"
#include "incluster.h"

/* What the daemon's environment says. */
struct cvg_kube_surroundings {
    const char *list, *home, *directory; /* KUBECONFIG, HOME, where it runs; NULL: none */
    struct cvg_kube_pod pod;
    int in_pod;
    cvg_kube_file_reader *reader;
    char folder[4096]; /* what directory points to */
};

void cvg_kube_surroundings_here(struct cvg_kube_surroundings *ret);

struct cvg_kube_way;

/* 1: *ret is to be read (give it back with drop); 0: the operator's own; -1: the keys do not fit
 * together, or lead nowhere. */
int cvg_kube_way_choose(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_kube_source_config *config,
                        const struct cvg_kube_surroundings *surroundings, struct cvg_kube_way **ret,
                        struct cvg_kube_problem *problem);
/* A worker's reference, taken and dropped on the source's thread. */
struct cvg_kube_way *cvg_kube_way_hold(struct cvg_kube_way *way);
void cvg_kube_way_drop(struct cvg_kube_way *way); /* takes NULL */
/* Blocks. NULL: it cannot be read, or may not be gone; problem says why. Any thread. */
struct cvg_kube_access *cvg_kube_way_load(const struct cvg_kube_way *way,
                                          struct cvg_kube_problem *problem);

#endif

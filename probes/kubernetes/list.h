/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of a collection: page after page, each asked with the continue of the one before, and
 * put into the collection as one change when the last has come. Whatever goes wrong on the way
 * leaves the collection as it was. Bounded: 60 s without a byte, the endpoint's max_body for a
 * page, pages and objects counted. The source's thread.
 */
#ifndef CVG_KUBE_LIST_H
#define CVG_KUBE_LIST_H

#include "cluster.h"
#include "ending.h"

struct cvg_kube_list;

struct cvg_kube_list_result {
    struct cvg_kube_ending ending; /* ENDED: the collection holds the list */
    const char *version;           /* of the list; "" unless it ENDED */
    int64_t at;                    /* host->now(): it is not older than this */
};

/* done is called once, in a later turn, and may free the list. */
struct cvg_kube_list *
cvg_kube_list_start(struct cvg_kube_cluster *cluster, struct cvg_kube_collection *collection,
                    int json, void (*done)(void *arg, const struct cvg_kube_list_result *result),
                    void *arg);
/* Stops it where it has not ended. Takes NULL. */
void cvg_kube_list_free(struct cvg_kube_list *list);

#endif

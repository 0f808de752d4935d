/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watch of a collection: a request that lasts some minutes, whose frames change the collection
 * as they come. It begins at a version, or as a streaming list with all that there is, which is put
 * in as one change when the server says that it is complete. The version only moves on where an
 * event said so. The source's thread.
 */
#ifndef CVG_KUBE_WATCH_H
#define CVG_KUBE_WATCH_H

#include "cluster.h"
#include "ending.h"

struct cvg_kube_watch;

struct cvg_kube_watch_owner {
    /* 200: from now on it is open. */
    void (*opened)(void *arg);
    /* Frames came and were taken: something changed, or a bookmark. */
    void (*heard)(void *arg);
    /* A streaming list is complete, and in the collection. */
    void (*listed)(void *arg);
    /* Once, last; may free the watch. ENDED: the server ended it in order, or its time was over. */
    void (*ended)(void *arg, const struct cvg_kube_ending *ending);
    void *arg;
};

/* version: NULL begins with a streaming list. */
struct cvg_kube_watch *cvg_kube_watch_start(struct cvg_kube_cluster *cluster,
                                            struct cvg_kube_collection *collection, int json,
                                            const char *version,
                                            const struct cvg_kube_watch_owner *owner);
void cvg_kube_watch_free(struct cvg_kube_watch *watch); /* stops it; takes NULL */
/* Where to go on from; "" there is no such version, only a list helps. */
const char *cvg_kube_watch_version(const struct cvg_kube_watch *watch);
uint64_t cvg_kube_watch_connection(const struct cvg_kube_watch *watch); /* 0: not open */
int64_t cvg_kube_watch_opened_at(const struct cvg_kube_watch *watch);   /* host->now(); 0: not */
int64_t cvg_kube_watch_heard_at(const struct cvg_kube_watch *watch);    /* latest byte, or opened */
/* Shuts its connection down, and it ends by that as if its time were over: nothing is known to be
 * wrong, and if something is, the next watch will not be answered. */
void cvg_kube_watch_sever(struct cvg_kube_watch *watch);

#endif

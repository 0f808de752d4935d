/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster from inside: cluster.c joins its parts, cluster_want.c knows who reads what. Nobody else
 * includes this.
 */
#ifndef CVG_KUBE_CLUSTER_INNER_H
#define CVG_KUBE_CLUSTER_INNER_H

#include "cluster.h"
#include "customs.h"
#include "pulse.h"
#include "readers.h"
#include "reflector.h"

struct cvg_kube_entry {
    struct cvg_kube_collection *collection; /* owned */
    struct cvg_kube_reflector *reflector;   /* owned */
    struct cvg_kube_reader **readers;       /* the array is owned */
    size_t reader_count;
    int64_t told_at; /* known_at that the readers, or the host, were told last */
};

struct cvg_kube_cluster {
    struct cvg_host
        host; /* a copy, whose cancel() does nothing once the source's scope has ended */
    struct cvg_source *source;
    struct cvg_scope *scope;
    const struct cvg_kube_source_config *config;
    struct cvg_kube_connection *connection;
    struct cvg_kube_pool *pool;
    struct cvg_kit_arena *arena;
    struct cvg_kube_dwells dwells;
    struct cvg_kube_entry **entries; /* owned, each too */
    size_t count;
    struct cvg_kube_customs customs;
    struct cvg_kube_pulse *pulse;
    struct cvg_kube_readers *readers;
    int running, no_streams;
    int proved_any; /* the latest answer of the small read proved a watch */
    uint32_t told_status;
    uint64_t throttles, chance;
    int64_t throttled_at;
};

/* NULL: it is not this cluster's. */
struct cvg_kube_entry *cvg_kube_cluster_entry(const struct cvg_kube_cluster *cluster,
                                              const struct cvg_kube_collection *collection);
void cvg_kube_entry_free(struct cvg_kube_entry *entry);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster: one connection, the collections that its checks need (each listed and watched once,
 * whoever asks for it), and the small read that proves that quiet watches are alive. When a
 * collection changed, the checks that read it are told, together, within some milliseconds.
 * The source's thread.
 */
#ifndef CVG_KUBE_CLUSTER_H
#define CVG_KUBE_CLUSTER_H

#include "collection.h"
#include "connection.h"

struct cvg_kube_cluster;

/* Who reads collections: a check. The cluster calls look() when something it reads changed, when
 * the time that it named has come, or when the connection's state changed. */
struct cvg_kube_reader {
    /* Returns when time alone changes something next (host->wall()); 0: never. */
    int64_t (*look)(struct cvg_kube_reader *reader, int64_t wall);
    /* The cluster's: */
    struct cvg_kube_reader *next;
    void *place;
};

struct cvg_kube_cluster *cvg_kube_cluster_new(const struct cvg_host *host,
                                              struct cvg_source *source,
                                              const struct cvg_kube_source_config *config);
/* From source_destroy: the source's scope has ended, so its operations are gone. Takes NULL. */
void cvg_kube_cluster_free(struct cvg_kube_cluster *cluster);
void cvg_kube_cluster_start(struct cvg_kube_cluster *cluster);

/* The reader reads this collection from now on, and is told of it where the cluster runs already; made
 * where there is none that keeps what is wanted. kind:
 * built in, or cvg_kube_cluster_kind's. namespace: "" all. labels: it selects by labels. pointers:
 * what it wants kept of each object (ends at NULL; NULL: nothing); *ret_first_pointer (may be NULL)
 * is where these begin in the objects' fields. A collection with pointers is read in JSON. Of a
 * custom kind that turns out to have no namespaces, all is read whatever the namespace is; for a
 * reader with several namespaces the others are REFUSED then. */
struct cvg_kube_collection *
cvg_kube_cluster_want(struct cvg_kube_cluster *cluster, struct cvg_kube_reader *reader,
                      const struct cvg_kube_kind *kind, const char *namespace, int labels,
                      const char *const *pointers, size_t *ret_first_pointer);
void cvg_kube_cluster_leave(struct cvg_kube_cluster *cluster, struct cvg_kube_reader *reader);
/* A custom kind, owned by the cluster; its resource name is found out when it starts. */
const struct cvg_kube_kind *cvg_kube_cluster_kind(struct cvg_kube_cluster *cluster,
                                                  const char *group, const char *version,
                                                  const char *name);

const struct cvg_host *cvg_kube_cluster_host(struct cvg_kube_cluster *cluster);
struct cvg_scope *cvg_kube_cluster_scope(struct cvg_kube_cluster *cluster);
struct cvg_kube_pool *cvg_kube_cluster_pool(struct cvg_kube_cluster *cluster);
struct cvg_kit_arena *cvg_kube_cluster_arena(struct cvg_kube_cluster *cluster);
const struct cvg_kube_source_config *cvg_kube_cluster_config(struct cvg_kube_cluster *cluster);
const struct cvg_kube_dwells *cvg_kube_cluster_dwells(struct cvg_kube_cluster *cluster);
int cvg_kube_cluster_json_only(struct cvg_kube_cluster *cluster); /* `encoding: json` */

/* From reflectors: something in the collection or its state changed. */
void cvg_kube_cluster_changed(struct cvg_kube_cluster *cluster,
                              struct cvg_kube_collection *collection);
/* From reflectors: the server answered 401, 429. */
void cvg_kube_cluster_unauthorized(struct cvg_kube_cluster *cluster);
void cvg_kube_cluster_throttled(struct cvg_kube_cluster *cluster);
/* Throttles of our own requests since the start,
 * and the latest (host->now()): for the api preset. */
uint64_t cvg_kube_cluster_throttles(const struct cvg_kube_cluster *cluster, int64_t *ret_last);
/* The latest answer of the small read: its HTTP status, 0: none yet. text: what it says has failed;
 * at: host->now(). */
uint32_t cvg_kube_cluster_readyz(const struct cvg_kube_cluster *cluster, const char **ret_text,
                                 int64_t *ret_at);
/* Whether the latest small read said that the server is in order (or may not say): a watch that
 * opens on a server that lost its store stays silent, which is no knowledge. */
int cvg_kube_cluster_is_sound(const struct cvg_kube_cluster *cluster);
/* Whether streaming lists are to be tried; refused: this server does not know them. */
int cvg_kube_cluster_streams(const struct cvg_kube_cluster *cluster);
void cvg_kube_cluster_no_streams(struct cvg_kube_cluster *cluster);
/* What discovery found out about a custom kind. resource: NULL: it is to be found out again. */
void cvg_kube_cluster_name(struct cvg_kube_cluster *cluster, const struct cvg_kube_kind *kind,
                           const char *resource, int namespaced);
/* Somebody reads this collection and an earlier one of the same kind. Of a kind without namespaces
 * both would hold all objects, and each would count twice. */
int cvg_kube_cluster_is_doubled(const struct cvg_kube_cluster *cluster,
                                const struct cvg_kube_collection *collection);
/* Chance for jitter. */
uint64_t cvg_kube_cluster_random(struct cvg_kube_cluster *cluster);

#endif

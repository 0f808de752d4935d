/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All objects of one kind in one namespace (or in all), as far as they are known, and how well
 * they are: the cache that list and watch fill and checks read. The source's thread.
 */
#ifndef CVG_KUBE_COLLECTION_H
#define CVG_KUBE_COLLECTION_H

#include "object.h"

#include <convergate/reading.h>

struct cvg_kube_collection;

enum cvg_kube_sync {
    CVG_KUBE_NOT_SYNCED = 0, /* the first list has not ended: nothing is known */
    CVG_KUBE_SYNCED,         /* what is in it is what the server has, up to the watch's delay */
    CVG_KUBE_BROKEN_OFF,     /* it was; the watch is gone and a list or watch is being tried */
    CVG_KUBE_REFUSED, /* no rights (403), no such kind (404), more objects than are kept: what is
                         in it, if anything, says nothing */
};

struct cvg_kube_collection_state {
    enum cvg_kube_sync sync;
    uint32_t fault;     /* enum cvg_fault, while it is not SYNCED */
    const char *reason; /* static: "Forbidden", "KindNotFound", "NotSynced", "Unauthorized", ... */
    char message[256];  /* for people: what the server said, and the right that is missing */
    int64_t known_at;   /* host->now(): up to then what is in it was proved true; 0: never */
    const char *resource_version; /* "" none */
};

struct cvg_kube_collection *cvg_kube_collection_new(struct cvg_kube_pool *pool,
                                                    const struct cvg_kube_kind *kind,
                                                    const char *namespace); /* "" all */
void cvg_kube_collection_free(struct cvg_kube_collection *collection);
const struct cvg_kube_kind *cvg_kube_collection_kind(const struct cvg_kube_collection *collection);
const char *cvg_kube_collection_namespace(const struct cvg_kube_collection *collection);
const struct cvg_kube_collection_state *
cvg_kube_collection_state(const struct cvg_kube_collection *collection);
/* What its objects keep; only grows, before the first list. Each keep_pointer adds one, and returns
 * its place in the objects' fields. */
const struct cvg_kube_keep *cvg_kube_collection_keep(const struct cvg_kube_collection *collection);
void cvg_kube_collection_keep_labels(struct cvg_kube_collection *collection);
size_t cvg_kube_collection_keep_pointer(struct cvg_kube_collection *collection,
                                        const char *pointer);
/* Several, which end at NULL, side by side; the place of the first. Those that are kept side by
 * side already are shared. */
size_t cvg_kube_collection_keep_pointers(struct cvg_kube_collection *collection,
                                         const char *const *pointers);
/* Whether its objects have all of this already. pointers: NULL: none. */
int cvg_kube_collection_keeps(const struct cvg_kube_collection *collection, int labels,
                              const char *const *pointers);
void cvg_kube_collection_set_state(struct cvg_kube_collection *collection,
                                   const struct cvg_kube_collection_state *state);

/* Up to then (host->now()) what is in it was proved true; never goes back. No new edition: what is
 * known is the same. */
void cvg_kube_collection_know(struct cvg_kube_collection *collection, int64_t at);
/* The version that the watch has come to. */
void cvg_kube_collection_move(struct cvg_kube_collection *collection, const char *version);
/* How many objects it may hold; CVG_KUBE_COLLECTION_MOST where nobody said. */
#define CVG_KUBE_COLLECTION_MOST 200000
void cvg_kube_collection_set_most(struct cvg_kube_collection *collection, size_t most);

/* Takes the object over; the one of the same namespace and name goes. -1: it is full, and the
 * object was freed. */
int cvg_kube_collection_put(struct cvg_kube_collection *collection, struct cvg_kube_object *object);
void cvg_kube_collection_remove(struct cvg_kube_collection *collection, const char *namespace,
                                const char *name);
/* A new list. What is put and removed between begin and end is set aside and seen by nobody; end
 * makes it what the collection holds, in one change; abandon forgets it, and what was there stays.
 * Objects whose version did not change are there once meanwhile, not twice. */
void cvg_kube_collection_begin(struct cvg_kube_collection *collection);
void cvg_kube_collection_end(struct cvg_kube_collection *collection);
void cvg_kube_collection_abandon(
    struct cvg_kube_collection *collection); /* nothing begun: nothing */
/* What a list replaced is no more seen, but still there until it was swept away, which takes a
 * moment for each. Frees at most so many; nonzero: there is more. */
int cvg_kube_collection_sweep(struct cvg_kube_collection *collection, size_t most);

/* NULL: it is not there. */
const struct cvg_kube_object *cvg_kube_collection_get(const struct cvg_kube_collection *collection,
                                                      const char *namespace, const char *name);
/* Walks in no particular order; *at begins at 0. NULL: the end. Nothing may be put or removed
 * meanwhile. */
const struct cvg_kube_object *cvg_kube_collection_next(const struct cvg_kube_collection *collection,
                                                       size_t *at);
/* Those that the owner controls; indexed. */
const struct cvg_kube_object *
cvg_kube_collection_owned(const struct cvg_kube_collection *collection, struct cvg_kube_id owner,
                          const struct cvg_kube_object *after);
/* Rises with each change of what is in it or of its state. */
uint64_t cvg_kube_collection_edition(const struct cvg_kube_collection *collection);
/* What changed after that edition: its state or many objects at once; the object of that name
 * (which came, went or is another version); those that the owner controls. Each may say so where
 * nothing did, and never the other way. */
int cvg_kube_collection_changed(const struct cvg_kube_collection *collection, uint64_t since);
int cvg_kube_collection_changed_named(const struct cvg_kube_collection *collection, uint64_t since,
                                      const char *namespace, const char *name);
int cvg_kube_collection_changed_owned(const struct cvg_kube_collection *collection, uint64_t since,
                                      struct cvg_kube_id owner);

#endif

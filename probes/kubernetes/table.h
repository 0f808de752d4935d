/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by namespace and name, and by their owner. Points to them, owns none. Hashed with a key
 * of its own, so that nobody can choose names that collide. One owner, no locks.
 */
#ifndef CVG_KUBE_TABLE_H
#define CVG_KUBE_TABLE_H

#include "object.h"

struct cvg_kube_slot {
    struct cvg_kube_object *object; /* NULL: free, next_named is the next free one */
    uint32_t name_hash, owner_hash;
    uint32_t next_named; /* slot + 1; 0: the last */
    uint32_t next_owned, previous_owned;
    uint32_t mark; /* the collection's; 0 when an object is put */
};

struct cvg_kube_table {
    struct cvg_kube_slot *slots;
    uint32_t *named, *owned; /* slot + 1 of the first in each bucket */
    uint32_t used, room, buckets, first_free;
    size_t count;
    uint64_t key;
};

void cvg_kube_table_init(struct cvg_kube_table *table, uint64_t key);
void cvg_kube_table_done(struct cvg_kube_table *table); /* and is empty again */
/* NULL: it is not there. */
struct cvg_kube_object *cvg_kube_table_find(const struct cvg_kube_table *table,
                                            const char *namespace, const char *name);
/* Where it stands, until something is put or taken. NULL: it is not there. */
struct cvg_kube_slot *cvg_kube_table_slot(const struct cvg_kube_table *table, const char *namespace,
                                          const char *name);
/* Returns the one that it takes the place of; NULL: there was none. */
struct cvg_kube_object *cvg_kube_table_put(struct cvg_kube_table *table,
                                           struct cvg_kube_object *object);
/* Takes it out. NULL: it was not there. */
struct cvg_kube_object *cvg_kube_table_take(struct cvg_kube_table *table, const char *namespace,
                                            const char *name);
/* *at begins at 0. NULL: the end. */
struct cvg_kube_object *cvg_kube_table_next(const struct cvg_kube_table *table, size_t *at);
/* Those with this owner; after: NULL begins. */
struct cvg_kube_object *cvg_kube_table_owned(const struct cvg_kube_table *table,
                                             struct cvg_kube_id owner,
                                             const struct cvg_kube_object *after);
/* Equal names, or owners, have equal ones in all tables of one key; others may too. */
uint32_t cvg_kube_table_hash_name(const struct cvg_kube_table *table, const char *namespace,
                                  const char *name);
uint32_t cvg_kube_table_hash_owner(const struct cvg_kube_table *table, struct cvg_kube_id owner);

#endif

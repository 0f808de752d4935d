/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interned texts and sets of texts, counted by reference: what many objects share is there once.
 * Equal texts of one pool are the same pointer, and so are equal sets. A taken text is given back
 * with its own pointer, never with an equal text. The source's thread.
 */
#ifndef CVG_KUBE_POOL_H
#define CVG_KUBE_POOL_H

#include <stddef.h>

struct cvg_kube_pool;

struct cvg_kube_pool *cvg_kube_pool_new(void);
void cvg_kube_pool_free(struct cvg_kube_pool *pool); /* with all that is in it; takes NULL */
/* A reference. "" and NULL are "", which needs no reference. */
const char *cvg_kube_pool_take(struct cvg_kube_pool *pool, const char *text);
void cvg_kube_pool_drop(struct cvg_kube_pool *pool, const char *text); /* takes "" and NULL */
/* Sets: texts in the given order, ends at NULL; the same texts in the same order are one set. NULL
 * where count is 0. The texts are the pool's own; the set holds them. */
const char *const *cvg_kube_pool_take_set(struct cvg_kube_pool *pool, const char *const *texts,
                                          size_t count);
void cvg_kube_pool_drop_set(struct cvg_kube_pool *pool, const char *const *set); /* takes NULL */
/* Of texts, sets and tables, without the allocator's own. */
size_t cvg_kube_pool_bytes(const struct cvg_kube_pool *pool);

#endif

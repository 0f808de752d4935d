/* SPDX-License-Identifier: Apache-2.0 */
/* The part of an object that differs by its kind, taken from a view and given back. */
#ifndef CVG_KUBE_FACTS_H
#define CVG_KUBE_FACTS_H

#include "custom_revision.h"
#include "object.h"

/* Fills object->of; what it holds of the pool is given back by cvg_kube_facts_done. */
void cvg_kube_facts_take(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                         struct cvg_kube_object *object);
void cvg_kube_facts_done(struct cvg_kube_pool *pool, struct cvg_kube_object *object);
/* Images of a pod's containers, by digest where the runtime told one; NULL: none. */
const char *const *cvg_kube_facts_images(struct cvg_kube_pool *pool,
                                         const struct cvg_kube_view *view);
/* What the kind itself calls its revision; "". Lives as long as the view and the room. */
const char *cvg_kube_facts_revision(const struct cvg_kube_view *view,
                                    char room[CVG_KUBE_CUSTOM_REVISION]);

#endif

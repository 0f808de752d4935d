/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The custom kinds that a cluster's checks name. Each is there once, so that kinds are compared by
 * pointer; what it is called in paths comes later, and may change. The source's thread.
 */
#ifndef CVG_KUBE_CUSTOMS_H
#define CVG_KUBE_CUSTOMS_H

#include "kind.h"

struct cvg_kube_custom;

struct cvg_kube_customs { /* zeroed: none */
    struct cvg_kube_custom *first;
};

void cvg_kube_customs_done(struct cvg_kube_customs *customs);
/* Made where there is none; lives as long as the customs. */
const struct cvg_kube_kind *cvg_kube_customs_take(struct cvg_kube_customs *customs,
                                                  const char *group, const char *version,
                                                  const char *name);
/* resource: NULL: not known any more. Of a kind that is not of these: nothing. */
void cvg_kube_customs_name(struct cvg_kube_customs *customs, const struct cvg_kube_kind *kind,
                           const char *resource, int namespaced);

#endif

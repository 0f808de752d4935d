/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What other objects say of one whose own status does not tell it: who answers behind a Service,
 * and whether a claim waits for a pod on purpose.
 *
 * Pure over collections.
 */
#ifndef CVG_KUBE_NEIGHBOURS_H
#define CVG_KUBE_NEIGHBOURS_H

#include "collection.h"

/* Is nobody ready behind a Service that has slices, or is to have them because it has a selector?
 * One without both (ExternalName, or by hand) is not judged by them. slices: NULL where they cannot
 * be read, which is no. */
int cvg_kube_service_is_empty(const struct cvg_kube_object *service,
                              const struct cvg_kube_collection *slices);
/* Is the claim's class one that binds when a pod is scheduled (WaitForFirstConsumer)? Then pending
 * is no fault. classes: NULL where they cannot be read, which is no. */
int cvg_kube_claim_waits(const struct cvg_kube_object *claim,
                         const struct cvg_kube_collection *classes);

#endif

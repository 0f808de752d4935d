/* SPDX-License-Identifier: Apache-2.0 */
/* Slices and storage classes; see neighbours.h. */
#include "neighbours.h"

#include <string.h>

int cvg_kube_service_is_empty(const struct cvg_kube_object *service,
                              const struct cvg_kube_collection *slices)
{
    const struct cvg_kube_object *slice;
    size_t at = 0;
    int any = slices != NULL && service->of.service.selects;
    while (slices != NULL && (slice = cvg_kube_collection_next(slices, &at)) != NULL) {
        /* Texts of one cluster are interned. */
        if (slice->of.slice.service != service->name || slice->namespace != service->namespace) {
            continue;
        }
        if (slice->of.slice.ready_addresses != NULL) {
            return 0;
        }
        any = 1;
    }
    return any;
}

int cvg_kube_claim_waits(const struct cvg_kube_object *claim,
                         const struct cvg_kube_collection *classes)
{
    const char *name = claim->of.claim.storage_class;
    const struct cvg_kube_object *storage_class;
    size_t at = 0;
    while (classes != NULL && (storage_class = cvg_kube_collection_next(classes, &at)) != NULL) {
        int is_it = *name == '\0' ? storage_class->of.storage_class.is_default
                                  : strcmp(storage_class->name, name) == 0;
        if (is_it) {
            return storage_class->of.storage_class.waits_for_consumer;
        }
    }
    return 0;
}

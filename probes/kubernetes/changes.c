/* SPDX-License-Identifier: Apache-2.0 */
/* Editions by hash; see changes.h. */
#include "changes.h"

#include "kit/memory.h"

#include <stdlib.h>

#define FIRST_BUCKETS 16u
#define MOST_BUCKETS  (UINT32_C(1) << 18)

void cvg_kube_changes_done(struct cvg_kube_changes *changes)
{
    free(changes->at);
    *changes = (struct cvg_kube_changes){0};
}

void cvg_kube_changes_fit(struct cvg_kube_changes *changes, size_t objects, uint64_t edition)
{
    uint32_t buckets = changes->buckets ? changes->buckets : FIRST_BUCKETS;
    while (buckets < objects && buckets < MOST_BUCKETS) {
        buckets *= 2;
    }
    if (buckets != changes->buckets) {
        free(changes->at);
        changes->at = cvg_kit_alloc(buckets * sizeof(*changes->at));
        changes->buckets = buckets;
        changes->all = edition;
    }
}

void cvg_kube_changes_note(struct cvg_kube_changes *changes, uint32_t hash, uint64_t edition)
{
    changes->at[hash & (changes->buckets - 1)] = edition;
}

int cvg_kube_changes_after(const struct cvg_kube_changes *changes, uint64_t since, uint32_t hash)
{
    return changes->all > since ||
           (changes->buckets > 0 && changes->at[hash & (changes->buckets - 1)] > since);
}

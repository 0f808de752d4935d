/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At which edition of a collection what changed last, so that a reader of one object among
 * thousands need not look at every change of the others. By hash: those that share a bucket are told
 * of each other's changes, which costs a look and nothing else. One owner, no locks.
 */
#ifndef CVG_KUBE_CHANGES_H
#define CVG_KUBE_CHANGES_H

#include <stddef.h>
#include <stdint.h>

struct cvg_kube_changes {
    uint64_t all; /* when everything may have changed */
    uint64_t *at; /* owned; the editions, by hash */
    uint32_t buckets;
};

void cvg_kube_changes_done(struct cvg_kube_changes *changes);
/* About a bucket for each object. To grow is to forget: everything may have changed then. */
void cvg_kube_changes_fit(struct cvg_kube_changes *changes, size_t objects, uint64_t edition);
/* Before it must have been fitted. */
void cvg_kube_changes_note(struct cvg_kube_changes *changes, uint32_t hash, uint64_t edition);
/* Whether it may have changed after that edition. */
int cvg_kube_changes_after(const struct cvg_kube_changes *changes, uint64_t since, uint32_t hash);

#endif

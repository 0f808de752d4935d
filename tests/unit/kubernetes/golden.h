/* SPDX-License-Identifier: Apache-2.0 */
/* A golden case: an object as the API server answers it, decoded, and what it is expected to be.
 * tests/fixtures/kubernetes/golden/README.md has the format. */
#ifndef CVG_TEST_KUBE_GOLDEN_H
#define CVG_TEST_KUBE_GOLDEN_H

#include "decode.h"
#include "outcome.h"

struct golden {
    char *text;                            /* owned: the file */
    struct cvg_kit_arena *arena, *objects; /* of the file; of the view: a decoder resets its own */
    const struct cvg_kube_node *expect;
    struct cvg_kube_kind kind; /* of a custom object */
    const struct cvg_kube_view *view;
};

/* Fails the test where the file is no case. */
void golden_load(const char *path, struct golden *ret);
void golden_done(struct golden *golden);
/* "" or what is not as expected. */
void golden_compare(const struct golden *golden, const struct cvg_kube_outcome *outcome, char *ret,
                    size_t size);
/* Calls see for each case there is; returns how many. */
size_t golden_each(void (*see)(const char *path));

#endif

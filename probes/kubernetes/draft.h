/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view while it is being made, from protobuf or from JSON: what both ways hold an object to, and
 * what follows from parts that both have read. The first thing that is wrong is remembered and the
 * object refused at the end, so that whoever fills in a view need not look after each field. Where
 * the arena is full, texts are "" and arrays have no members; that too is found at the end.
 */
#ifndef CVG_KUBE_DRAFT_H
#define CVG_KUBE_DRAFT_H

#include "decode.h"

struct cvg_kube_draft {
    struct cvg_kit_arena *arena;
    struct cvg_kube_view *view; /* in the arena */
    const char *wrong;          /* static; NULL: nothing is */
};

/* -1: the arena is full. */
int cvg_kube_draft_begin(struct cvg_kube_draft *draft, struct cvg_kit_arena *arena,
                         const struct cvg_kube_kind *kind);
/* Fills in what follows from the rest and looks at what every object must have. */
enum cvg_kube_decoded cvg_kube_draft_end(struct cvg_kube_draft *draft);
void cvg_kube_draft_refuse(struct cvg_kube_draft *draft, const char *words);

/* The text itself, which lives as long as the view; "" for NULL. Wrong where it is no UTF-8. */
const char *cvg_kube_draft_text(struct cvg_kube_draft *draft, const char *text);
/* Wrong where it is negative, or more than the API has room for (32 bits). */
int64_t cvg_kube_draft_count(struct cvg_kube_draft *draft, int64_t value);
/* Generations and the like: wrong where it is negative. */
int64_t cvg_kube_draft_serial(struct cvg_kube_draft *draft, int64_t value);
/* Zeroed; NULL where count is 0 or the arena full, and *ret_count is 0 then. */
void *cvg_kube_draft_array(struct cvg_kube_draft *draft, size_t count, size_t size,
                           size_t *ret_count);

/* enum cvg_kube_update by its name in the API. */
uint32_t cvg_kube_draft_update(const char *name);

/* ---- resources ---- */

struct cvg_kube_amounts {
    int64_t cpu_milli, memory_bytes, pods;
};

/* Takes one entry of a resource list; names that no rule reads are passed over. */
void cvg_kube_draft_amount(struct cvg_kube_draft *draft, struct cvg_kube_amounts *amounts,
                           const char *resource, const char *quantity);

/* What a pod asks for, as the scheduler counts it: containers together with the sidecars, or an
 * init container together with the sidecars that started before it, whichever is more. */
struct cvg_kube_requests {
    struct cvg_kube_amounts sum, sidecars, peak;
};

/* In the order of the spec, init containers first. */
void cvg_kube_requests_add(struct cvg_kube_requests *requests,
                           const struct cvg_kube_container *container,
                           const struct cvg_kube_amounts *amounts);
void cvg_kube_requests_total(const struct cvg_kube_requests *requests,
                             const struct cvg_kube_amounts *overhead, struct cvg_kube_pod *ret);

/* ---- containers ---- */

/* Nothing is known of it yet. */
void cvg_kube_container_clear(struct cvg_kube_container *container);
/* The one of that name among `count`, tried at `hint` first; NULL: there is none. */
struct cvg_kube_container *cvg_kube_container_find(struct cvg_kube_container *containers,
                                                   size_t count, size_t hint, const char *name);

#endif

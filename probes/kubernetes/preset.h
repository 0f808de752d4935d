/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ready-made checks (`preset:`) share: their thresholds, what they read, and the objects
 * that they name. Each preset is a form of its own, one file each; a problem is told where it is
 * worse than what was told before, so that the first of the worst is what the reading says.
 *
 * What lies within its dwell does not count yet, and the time when it does is noted. A check over
 * nothing is unknown, except where nothing to find is the good news (scheduling, disruption,
 * images).
 *
 * The source's thread. A preset's state belongs to its check.
 */
#ifndef CVG_KUBE_PRESET_H
#define CVG_KUBE_PRESET_H

#include "check.h"

extern const struct cvg_kube_form cvg_kube_preset_nodes, cvg_kube_preset_capacity,
    cvg_kube_preset_scheduling, cvg_kube_preset_disruption, cvg_kube_preset_autoscaling,
    cvg_kube_preset_api, cvg_kube_preset_system, cvg_kube_preset_images;

/* ---- keys and what is read ---- */

#define CVG_KUBE_SPANS 4

/* The wanted collections of one kind, one for each namespace. */
struct cvg_kube_span {
    size_t first, count;
};

struct cvg_kube_preset_state {
    struct cvg_kube_thresholds limits; /* the check's own, else the defaults */
    struct cvg_kube_span spans[CVG_KUBE_SPANS];
    size_t span_count;
};

/* What begins a create(): makes the check's state of `size` bytes, which begins with a
 * cvg_kube_preset_state, and fills the limits. A default that is absent is a key without effect
 * here, and refused. NULL: refused, and nothing is to be freed. */
void *cvg_kube_preset_begin(struct cvg_kube_check *check, size_t size,
                            const struct cvg_kube_thresholds *defaults, cvg_kube_refuse *refuse,
                            void *arg);
/* What ends it: -1, with the state freed, where something was refused or a span is missing. */
int cvg_kube_preset_end(struct cvg_kube_check *check, size_t spans, cvg_kube_refuse *refuse,
                        void *arg);
void cvg_kube_preset_destroy(struct cvg_kube_check *check);

/* The next span: this kind in the check's namespaces, or in the given one ("" all). */
void cvg_kube_preset_want(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                          int labels, int optional);
void cvg_kube_preset_want_in(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                             const char *namespace, int labels);

/* Where a walk over a span has come to; begins zeroed. */
struct cvg_kube_walk {
    size_t collection, at;
};

/* Of all collections of the span that are known; NULL: the end. */
const struct cvg_kube_object *cvg_kube_preset_next(const struct cvg_kube_check *check, size_t span,
                                                   struct cvg_kube_walk *walk);

/* ---- what is said ---- */

#define CVG_KUBE_NAMED 5

/* Some of the objects that something is the matter with, in order of their names. Borrowed. */
struct cvg_kube_named {
    const struct cvg_kube_object *objects[CVG_KUBE_NAMED];
    size_t kept;
    int64_t count; /* of all that were added */
};

void cvg_kube_named_add(struct cvg_kube_named *named, const struct cvg_kube_object *object);
/* "shop/api, shop/web and 3 more"; lives as long as the finding. */
const char *cvg_kube_named_text(const struct cvg_kube_named *named,
                                struct cvg_kit_finding *finding);
/* Two facts: how many there are, and (NAME_names) which. */
void cvg_kube_named_fact(const struct cvg_kube_named *named, struct cvg_kit_finding *finding,
                         const char *name);
/* "namespace/name", or its name where it is in none. */
const char *cvg_kube_full_name(const struct cvg_kube_object *object,
                               struct cvg_kit_finding *finding);

/* Is this worse than what the finding says, or does it say nothing yet? */
int cvg_kube_is_news(const struct cvg_kit_finding *finding, uint32_t status);
/* Has it lasted for the dwell? Not told since when (0): it has. Else when it will have is noted in
 * *next (0: never) where that is sooner. */
int cvg_kube_has_lasted(int64_t since, int64_t dwell, int64_t wall, int64_t *next);
/* Is the object on its way out? It is nobody's problem any more. */
int cvg_kube_is_leaving(const struct cvg_kube_object *object);
/* Is its status about an older version of it? What it counts is then not to be relied on. */
int cvg_kube_is_behind(const struct cvg_kube_object *object);
/* "12%", "0.5%"; lives as long as the finding. */
const char *cvg_kube_share_text(struct cvg_kit_finding *finding, double share);

#endif

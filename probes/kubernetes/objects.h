/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of checks with `kind:` (form_objects.c): what was found of each object, their sum, and
 * how it is said (objects_say.c). Verdicts and sums live while one reading is made and borrow the
 * collections' objects.
 */
#ifndef CVG_KUBE_OBJECTS_H
#define CVG_KUBE_OBJECTS_H

#include "check.h"
#include "evidence.h"
#include "select.h"

#define CVG_KUBE_WORST    8
#define CVG_KUBE_IMAGES   16
#define CVG_KUBE_VERSIONS 8
#define CVG_KUBE_REVISION 256

/* What a check was told; made once. */
struct cvg_kube_objects {
    const struct cvg_kube_kind *kind;
    struct cvg_kube_selector *selector; /* NULL: none; owned */
    int has_at_least;
    struct cvg_kube_amount at_least;
    size_t first, count;                            /* of the wanted collections of the kind */
    int pods, replicasets;                          /* the first of them; -1: none */
    int slices, classes;                            /* the same */
    const char *pointers[CVG_KUBE_FIELDS_MOST + 1]; /* ends at NULL */
    const char *expected[CVG_KUBE_FIELDS_MOST];     /* "" : present */
    size_t pointer_count;
};

struct cvg_kube_verdict {
    const struct cvg_kube_object *object; /* NULL: it is named and not there */
    const char *namespace, *name;
    uint32_t status;
    const char *reason;
    const char *words;          /* instead of the object's own; NULL: those */
    const char *mismatch;       /* pointer of the field that is not as expected, or NULL */
    const char *wanted, *found; /* what is expected of it, and what there is */
    const struct cvg_kube_evidence *evidence; /* while it is taken; NULL: none */
    const struct cvg_kube_object *pod;        /* of its newest revision, in trouble; NULL: none */
    size_t troubled;                          /* how many such pods there are */
};

/* Texts in order, each once, the smallest of all that were added. */
struct cvg_kube_few {
    const char *texts[CVG_KUBE_IMAGES];
    size_t count, most;
};

struct cvg_kube_sum {
    int64_t counts[CVG_STATUS_COUNT], total, needed;
    const char *bare; /* a namespace that the check names and that has no match; NULL: none */
    struct cvg_kube_verdict worst[CVG_KUBE_WORST]; /* worst first; none that is ready */
    size_t worst_count;
    struct cvg_kube_verdict first[CVG_STATUS_COUNT]; /* of each status that was counted */
    struct cvg_kube_few images, versions;
    char revision[CVG_KUBE_REVISION]; /* of the first one, where has_revision */
    int has_revision, mixed;          /* mixed: others have another */
    int64_t next;                     /* wall: when time alone changes something; 0: never */
};

/* Adds a text; the smallest ones stay. */
void cvg_kube_few_add(struct cvg_kube_few *few, const char *text);
/* Adds what the check's revision_from makes of this object. */
void cvg_kube_objects_take_revision(struct cvg_kube_sum *sum, uint32_t revision_from,
                                    const struct cvg_kube_verdict *verdict);
/* enum cvg_status, by its counts and what is needed. */
uint32_t cvg_kube_sum_status(const struct cvg_kube_sum *sum);
/* Status, words, facts and revision. */
void cvg_kube_objects_say(const struct cvg_kube_check *check, const struct cvg_kube_objects *keys,
                          const struct cvg_kube_sum *sum, struct cvg_kit_finding *ret);

#endif

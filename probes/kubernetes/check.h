/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check: which collections it reads and how their objects become one reading. Each form (objects,
 * helm, presets) is an ops table with a pure judge over collections.
 */
#ifndef CVG_KUBE_CHECK_H
#define CVG_KUBE_CHECK_H

#include "cluster.h"
#include "finding.h"

struct cvg_kube_check;

struct cvg_kube_form {
    const char *name; /* "objects", "preset nodes" */
    /* Checks the keys and says which collections it wants (cvg_kube_check_want). -1: refused. */
    int (*create)(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg);
    void (*destroy)(struct cvg_kube_check *check);
    /* All collections that it wants are SYNCED, or were and are only broken off (the reading's observed_at is then the oldest known_at). Fills
     * the finding; returns when time alone changes it next (wall), 0: never. Pure over collections, time is an argument. */
    int64_t (*judge)(struct cvg_kube_check *check, int64_t wall, struct cvg_kube_finding *ret);
};

extern const struct cvg_kube_form cvg_kube_form_objects, cvg_kube_form_helm;
/* By preset's name; NULL: there is none. */
const struct cvg_kube_form *cvg_kube_form_preset(uint32_t preset);

struct cvg_kube_check {
    struct cvg_kube_reader reader; /* first */
    const struct cvg_kube_form *form;
    struct cvg_kube_cluster *cluster;
    struct cvg_check *handle;
    const struct cvg_kube_check_config *config;

    /* Grows in create(); the array is the check's, the collections the cluster's. */
    struct cvg_kube_wanted {
        struct cvg_kube_collection *collection;
        int optional;
        size_t first_pointer;
    } * wanted;

    size_t wanted_count;
    void *state; /* the form's; freed by its destroy */
};

/* Adds a collection for each namespace that the check names (or that the source is limited to) to those that it reads;
 * returns the number of the first, -1 where there are too many. optional: without it the check can still be judged (a 403 or
 * 404 of it is said in a fact). */
int cvg_kube_check_want(struct cvg_kube_check *check, const struct cvg_kube_kind *kind, int labels,
                        int optional);

#endif

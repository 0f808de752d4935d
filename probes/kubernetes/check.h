/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check: which collections it reads and how their objects become one reading. Each form (objects,
 * helm, presets) is an ops table with a pure judge over collections.
 *
 *   a collection refused      unknown, with its reason: Forbidden, KindNotFound, ...
 *   a collection not synced   unknown: NotSynced, or why it cannot be
 *   all are known             what the form's judge says; observed_at is the oldest known_at
 *
 * It reports what differs from what it said last, and what it knows newer. The host takes no
 * evidence that is older than what it has: such a reading waits until the watches behind it were
 * proved again. What is unknown is dated back a little, so that this is rare.
 *
 * The source's thread.
 */
#ifndef CVG_KUBE_CHECK_H
#define CVG_KUBE_CHECK_H

#include "cluster.h"
#include "kit/finding.h"

struct cvg_kube_check;

struct cvg_kube_form {
    const char *name; /* "objects", "preset nodes" */
    /* Checks the keys and says which collections it wants (cvg_kube_check_want). -1: refused, and
     * destroy is not called. */
    int (*create)(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg);
    void (*destroy)(struct cvg_kube_check *check);
    /* All collections that it wants are SYNCED, or were and are only broken off (the reading's
     * observed_at is then the oldest known_at); optional ones only where cvg_kube_check_known()
     * says so. Fills the finding; returns when time alone changes it next (wall), 0: never. Pure
     * over collections, time is an argument. observed_at: only where it knows something else, and
     * that is older than what the collections do. */
    int64_t (*judge)(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret);
    /* Whether judge() may say something else than it did when its collections had the editions
     * `seen`, while neither their states nor time changed anything. NULL: always. So that an event
     * about one object does not make hundreds of checks judge theirs again. */
    int (*is_concerned)(const struct cvg_kube_check *check);
    /* Optional: what judge() found ready is about to be reported, as of observed_at. */
    void (*tell)(struct cvg_kube_check *check, int64_t observed_at);
};

extern const struct cvg_kube_form cvg_kube_form_objects, cvg_kube_form_helm, cvg_kube_form_discover;
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
        size_t first_pointer; /* where its pointers' values begin in the objects' fields */
        uint64_t seen;        /* edition that was judged last */
    } * wanted;

    size_t wanted_count;
    void *state; /* the form's; freed by its destroy */

    uint64_t said;       /* digest of the reading that was reported last; 0: none was */
    int64_t observed_at; /* of that */

    /* What was judged last was said: until something of it changes, it need not be judged again. */
    int is_settled;
    int64_t judged_at, next; /* wall; next: as judge() returned it */
};

/* NULL: refused. refuse must have been told of all keys' own faults before (config.h). */
struct cvg_kube_check *cvg_kube_check_new(struct cvg_kube_cluster *cluster,
                                          struct cvg_check *handle,
                                          const struct cvg_kube_check_config *config,
                                          cvg_kube_refuse *refuse, void *arg);
void cvg_kube_check_free(struct cvg_kube_check *check); /* takes NULL */

/* For forms, in create(): the kind that the operator names, built in or custom; NULL: it is none. */
const struct cvg_kube_kind *cvg_kube_check_kind(struct cvg_kube_check *check, const char *text);
/* For forms, in create(): adds a collection for each namespace that the check names (or that the
 * source is limited to) to those that it reads; returns the number of the first, -1 where there are
 * too many. optional: without it the check can still be judged (a 403 or 404 of it is said in a
 * fact). pointers: what it wants kept of each object; ends at NULL; NULL: nothing. */
int cvg_kube_check_want(struct cvg_kube_check *check, const struct cvg_kube_kind *kind, int labels,
                        int optional);
int cvg_kube_check_want_fields(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                               int labels, int optional, const char *const *pointers);
/* The same in one namespace ("" all), whatever the check and its source name. */
int cvg_kube_check_want_in(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                           const char *namespace, int labels, int optional);
/* For forms, in judge(): the collection; NULL where it is optional and cannot be read. */
const struct cvg_kube_collection *cvg_kube_check_known(const struct cvg_kube_check *check,
                                                       size_t wanted);
/* For forms, at the end of judge(): a fact for each kind whose optional collection cannot be read. */
void cvg_kube_check_note_missing(const struct cvg_kube_check *check,
                                 struct cvg_kit_finding *finding);

/* What the check would report now, by itself; also the reader's look() without the reporting.
 * Returns when time alone changes it (wall), 0: never. */
int64_t cvg_kube_check_read(struct cvg_kube_check *check, int64_t wall,
                            struct cvg_kit_finding *ret);

#endif

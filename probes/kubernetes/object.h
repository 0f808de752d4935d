/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of an object between events: its outcome and the few facts that checks read. Texts
 * are interned (text pool of the collection's cluster), so that what thousands of pods share is
 * there once. One block each, replaced as a whole when a newer version comes.
 */
#ifndef CVG_KUBE_OBJECT_H
#define CVG_KUBE_OBJECT_H

#include "outcome.h"
#include "pool.h"

struct cvg_kube_id { /* a UUID's bytes, or a digest of another text; zero: none */
    uint64_t high, low;
};

#define CVG_KUBE_CRASHES 3

/* The latest ends of the container that was started again most often (crashes.h); wall, 0: none. */
struct cvg_kube_crashes {
    const char *container; /* "" none was */
    int64_t restarts;
    int64_t began_at;                   /* what runs now; 0: nothing does, or it is not told */
    int64_t ended_at[CVG_KUBE_CRASHES]; /* the latest first */
};

struct cvg_kube_pod_facts {
    int64_t cpu_milli, memory_bytes;
    int64_t restarts;
    int64_t bad_since; /* wall, of `trouble` */
    const char *node;  /* "" not scheduled */
    /* Waiting reason of a container that will not go away by itself, always a code:
     * "CrashLoopBackOff", "ImagePullBackOff"; "Unschedulable", from its first moment; "" */
    const char *trouble;
    const char *phase, *disruption; /* disruption: reason of DisruptionTarget=True, or "Evicted" */
    int64_t disrupted_at;           /* wall, of DisruptionTarget=True; 0: not told */
    const char *template_hash;
    struct cvg_kube_crashes crashes;
};

struct cvg_kube_node_facts {
    int64_t cpu_milli, memory_bytes, pods; /* allocatable */
    uint32_t ready;                        /* 0 no, 1 yes, 2 unknown */
    uint32_t pressure;                     /* how many pressure conditions are True */
    int cordoned;                          /* unschedulable, or a taint of the list */
    int control_plane;
    int reserved; /* a taint of somebody's own keeps pods away that do not tolerate it */
};

struct cvg_kube_object {
    const struct cvg_kube_kind *kind;
    const char *namespace, *name;
    struct cvg_kube_id uid, owner;
    const char *owner_kind, *owner_name;
    const char *version; /* resourceVersion: an opaque text */
    int64_t generation, created_at;
    const char *revision;    /* what the kind calls so; "" */
    const char *app_version; /* label app.kubernetes.io/version; "" */
    /* Interned set: name, value, name, value ..., ends at NULL; kept where somebody selects by
     * labels of this kind. NULL: none. */
    const char *const *labels;
    /* Interned set of a pod: image@digest where the runtime told one, else image; init containers
     * that are no sidecars left out. NULL: none. */
    const char *const *images;

    /* Interned set: the values of the pointers that the collection keeps (collection.h), in their
     * order, as text. "" where there is none or it is null or an empty text, list or object;
     * "[...]" and "{...}" for others of these; cut and ending in "..." over 4 KiB. NULL: no
     * pointers. */
    const char *const *fields;

    struct cvg_kube_outcome_kept {
        int common, only_paused;
        uint32_t status, worse_status;
        const char *reason, *message, *worse_reason;
        int64_t since, worse_at, done, total;
    } outcome;

    union {
        struct cvg_kube_pod_facts pod;
        struct cvg_kube_node_facts node;
        struct cvg_kube_budget budget;

        struct cvg_kube_autoscaler_facts {
            int64_t current, max;
            int blind, limited;
            int64_t since;
        } autoscaler;

        struct cvg_kube_quota_facts {
            const char *tightest; /* the resource with the largest used/hard; "" */
            double share;         /* of it */
            int64_t cpu_hard, cpu_used, memory_hard, memory_used, pods_hard,
                pods_used; /* CVG_KUBE_ABSENT */
        } quota;

        struct cvg_kube_claim_facts {
            const char *phase, *storage_class;
        } claim;

        struct cvg_kube_class_facts {
            int waits_for_consumer, is_default;
        } storage_class;

        struct cvg_kube_service_facts {
            int selects; /* somebody makes slices of it by its selector */
        } service;

        struct cvg_kube_slice_facts {
            const char *service;
            const char *const *ready_addresses; /* interned set, ends at NULL */
        } slice;

        struct cvg_kube_webhook_facts {
            const char *const
                *services; /* interned set of "namespace/name" of hooks that fail closed */
            int without_ca;
        } webhooks;

        struct cvg_kube_workload_facts {
            int64_t wanted, ready, updated, available;
            const char *template_hash; /* of a ReplicaSet */
            const char *update_revision;
        } workload;
    } of;
};

/* What a collection keeps besides what every object has. */
struct cvg_kube_keep {
    int labels;                  /* somebody selects by them */
    const char *const *pointers; /* JSON Pointers that somebody reads; ends at NULL; NULL: none */
};

/* Makes the kept object of a view. The caller's to free with cvg_kube_object_free. */
struct cvg_kube_object *cvg_kube_object_make(struct cvg_kube_pool *pool,
                                             const struct cvg_kube_view *view,
                                             const struct cvg_kube_outcome *outcome,
                                             const struct cvg_kube_keep *keep);
void cvg_kube_object_free(struct cvg_kube_pool *pool, struct cvg_kube_object *object);
/* Its texts and sets, which were taken from a worker's pool, are taken from this one instead; the
 * worker's pool is freed as a whole afterwards. Every text that an object gains is named there too
 * (object_move.c). */
void cvg_kube_object_move(struct cvg_kube_pool *pool, struct cvg_kube_object *object);
/* It takes the place of an older version of the same object, whose past it takes over. */
void cvg_kube_object_follow(struct cvg_kube_object *object, const struct cvg_kube_object *before);
/* The outcome at `wall`: what time made of it, and a pod that is between two crashes. */
uint32_t cvg_kube_object_status(const struct cvg_kube_object *object, int64_t wall,
                                const char **ret_reason);
/* When time alone changes that next (wall); 0: never. */
int64_t cvg_kube_object_next(const struct cvg_kube_object *object, int64_t wall);
/* A pod's `trouble` at `wall`, also where it is between two crashes; "". */
const char *cvg_kube_object_trouble(const struct cvg_kube_object *object, int64_t wall);
struct cvg_kube_id cvg_kube_id_of(const char *text);

#endif

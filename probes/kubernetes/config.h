/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a cluster and about a check. The tables are in config.c; every key is told
 * there.
 */
#ifndef CVG_KUBE_CONFIG_H
#define CVG_KUBE_CONFIG_H

#include <convergate/field.h>

enum cvg_kube_encoding {
    CVG_KUBE_PROTOBUF = 0, /* where the kind has it */
    CVG_KUBE_JSON
};

struct cvg_kube_dwell_keys {
    int64_t unschedulable, replica_failure, node_unknown, claim_pending, not_available, not_ready,
        certificate;
};

/* One way to the cluster: url with the endpoint keys; kubeconfig (with context); in_cluster. None of them: kubeconfig by
 * KUBECONFIG or ~/.kube/config, or the pod's own where the environment says that it is in one. */
struct cvg_kube_source_config {
    const char *kubeconfig, *context;
    uint32_t in_cluster;        /* 0, 1, absent */
    uint32_t allow_exec;        /* exec plugins may run */
    uint32_t encoding;          /* enum cvg_kube_encoding */
    uint32_t stream_lists;      /* sendInitialEvents is tried first */
    int64_t page;               /* limit of a list: 500 */
    int64_t probe_every;        /* the small read: 10 s */
    struct cvg_list namespaces; /* const char *: lists and watches are made in each of these, for a
                                   role that has no rights on all; empty: all at once */
    const struct cvg_kube_dwell_keys *dwells;
};

enum cvg_kube_preset {
    CVG_KUBE_PRESET_NODES = 0,
    CVG_KUBE_PRESET_CAPACITY,
    CVG_KUBE_PRESET_SCHEDULING,
    CVG_KUBE_PRESET_DISRUPTION,
    CVG_KUBE_PRESET_AUTOSCALING,
    CVG_KUBE_PRESET_API,
    CVG_KUBE_PRESET_SYSTEM,
    CVG_KUBE_PRESET_IMAGES,
};

enum cvg_kube_revision_from {
    CVG_KUBE_REVISION_AUTO = 0, /* label app.kubernetes.io/version, else the kind's own */
    CVG_KUBE_REVISION_VERSION,  /* the label */
    CVG_KUBE_REVISION_IMAGE,    /* digest of the (first) image */
    CVG_KUBE_REVISION_TAG,      /* tag of it */
    CVG_KUBE_REVISION_KIND,     /* what the kind calls its revision */
    CVG_KUBE_REVISION_GENERATION,
};

#define CVG_KUBE_FIELDS_MOST 16 /* of `fields` */

struct cvg_kube_release {     /* capacity: what is about to be rolled out */
    const char *cpu, *memory; /* quantities, of one replica */
    int64_t replicas;
    const char *surge; /* "25%" or a number */
    int64_t replaces;  /* of these replicas run already and go as new ones come */
};

struct cvg_kube_thresholds { /* of presets; absent: the default of the reference */
    double degraded, failed; /* shares 0 to 1 */
    int64_t dwell;
    int64_t count;
};

/* One of kind, helm and preset is set. */
struct cvg_kube_check_config {
    const char *kind;
    struct cvg_list namespaces; /* const char *; empty: all that the source watches; "*" the same */
    const char *name;
    const char *selector;   /* Kubernetes label selector */
    struct cvg_list fields; /* struct cvg_pair: JSON Pointer to expected value ("" : present) */
    const char *at_least;   /* "3" or "90%": so many must be ready */
    uint32_t allow_empty;
    uint32_t paused_ready;  /* a paused object counts as ready where all else is in order */
    uint32_t revision_from; /* enum cvg_kube_revision_from */
    const char *helm;       /* release name; "*" all of the namespaces */
    uint32_t preset;        /* enum cvg_kube_preset, absent */
    const struct cvg_kube_release *release;
    const struct cvg_kube_thresholds *thresholds;
};

extern const struct cvg_field cvg_kube_source_fields[];
extern const struct cvg_field cvg_kube_check_fields[];

/* Told about each key that is wrong. path: as config_error() takes it. */
typedef void cvg_kube_refuse(void *arg, const char *path, const char *text);

/* What can be told of the keys without asking anybody; tells everything that is wrong. 0, or -1:
 * something was refused. Ways to the cluster that the endpoint keys say are connection.h's. */
int cvg_kube_source_check(const struct cvg_kube_source_config *config, cvg_kube_refuse *refuse,
                          void *arg);
int cvg_kube_check_check(const struct cvg_kube_check_config *config,
                         const struct cvg_kube_source_config *source, cvg_kube_refuse *refuse,
                         void *arg);

/* `at_least`, and a release's surge: a number, or a share of a total. */
struct cvg_kube_amount {
    int64_t number;       /* not looked at where share is set */
    int64_t basis_points; /* share: 10000 is all; CVG_ABSENT_INT: a number */
};

/* "3" or "90%", "99.95%". -1: it is neither, negative, or more than 100%. */
int cvg_kube_amount_parse(const char *text, struct cvg_kube_amount *ret);
/* Of a total; a share is rounded up. */
int64_t cvg_kube_amount_of(const struct cvg_kube_amount *amount, int64_t total);

/* Does the list name this namespace, or all of them (empty, or "*")? */
int cvg_kube_namespaces_have(const struct cvg_list *namespaces, const char *name);

#endif

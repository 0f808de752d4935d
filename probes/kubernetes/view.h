/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object as the rules see it, whatever it came in: protobuf or JSON. Everything is in the
 * decoder's arena and lives until that is reset. Texts are never NULL. Counters that are absent are 0, as the API
 * means it. Negative counters are refused when decoding (they occur in no real object).
 * Times are wall time in nanoseconds, 0 where absent.
 */
#ifndef CVG_KUBE_VIEW_H
#define CVG_KUBE_VIEW_H

#include "kind.h"
#include "tree.h"

#include <convergate/field.h>

#define CVG_KUBE_ABSENT INT64_MIN /* of a counter whose absence means something */

struct cvg_kube_meta {
    const char *name, *namespace, *uid, *resource_version;
    int64_t generation; /* CVG_KUBE_ABSENT */
    int64_t created_at, deleted_at;
    const struct cvg_pair *labels, *annotations;
    size_t label_count, annotation_count;
    /* The owner that controls it; "" where there is none. */
    const char *owner_kind, *owner_name, *owner_uid;
};

struct cvg_kube_condition {
    const char *type, *status, *reason, *message; /* status: "True", "False", "Unknown" */
    int64_t changed_at, updated_at;               /* lastTransitionTime; lastUpdateTime */
    int64_t observed_generation;                  /* CVG_KUBE_ABSENT */
};

enum cvg_kube_update {
    CVG_KUBE_ROLLING = 0,
    CVG_KUBE_ON_DELETE,
    CVG_KUBE_RECREATE
};

/* Deployment, StatefulSet, DaemonSet, ReplicaSet. Of a DaemonSet: wanted is
 * desiredNumberScheduled, current is currentNumberScheduled. */
struct cvg_kube_workload {
    int64_t wanted; /* spec.replicas (default 1); DaemonSet: CVG_KUBE_ABSENT until it was counted */
    int64_t current, updated, ready, available, unavailable, misscheduled, labeled;
    int64_t current_replicas; /* StatefulSet: pods of currentRevision */
    int64_t min_ready_seconds;
    int64_t progress_deadline; /* seconds; CVG_KUBE_ABSENT */
    int64_t partition;         /* CVG_KUBE_ABSENT */
    uint32_t update;           /* enum cvg_kube_update */
    int paused;
    const char *current_revision, *update_revision;
    const char *revision;      /* annotation deployment.kubernetes.io/revision */
    const char *template_hash; /* of a ReplicaSet: label pod-template-hash */
};

struct cvg_kube_job {
    int64_t completions; /* CVG_KUBE_ABSENT: a work queue */
    int64_t parallelism, active, succeeded, failed, backoff_limit;
    int64_t started_at, completed_at;
    int suspended;
    /* CronJob */
    int64_t last_scheduled_at, last_succeeded_at;
    int64_t ttl_after_finished; /* CVG_KUBE_ABSENT */
};

struct cvg_kube_container {
    const char *name, *image, *image_id;
    const char *waiting_reason, *waiting_message; /* "" not waiting */
    const char *terminated_reason;                /* state.terminated */
    const char *last_reason;                      /* lastState.terminated */
    int64_t exit_code, last_exit_code;            /* CVG_KUBE_ABSENT */
    int64_t restarts;
    int64_t last_finished_at;
    int64_t started_at;                /* state.running */
    int ready, running, init, sidecar; /* sidecar: init with restartPolicy Always */
};

struct cvg_kube_pod {
    const char *phase, *reason, *message, *node, *restart_policy;
    const struct cvg_kube_container *containers; /* init ones first */
    size_t container_count;
    int64_t cpu_milli, memory_bytes; /* what it asks for: max(init, sum) + overhead */
    const char *template_hash;       /* label pod-template-hash or controller-revision-hash */
    const char *const *claims;       /* names of the claims it mounts */
    size_t claim_count;
    int gated; /* scheduling gates hold it */
};

struct cvg_kube_taint {
    const char *key, *value, *effect;
    int64_t since;
};

struct cvg_kube_machine { /* a Node */
    const struct cvg_kube_taint *taints;
    size_t taint_count;
    int unschedulable;
    int64_t cpu_milli, memory_bytes, pods; /* allocatable */
    const char *kubelet_version;
};

/* One address behind an EndpointSlice. */
struct cvg_kube_endpoint {
    const char *address;
    int ready, serving, terminating; /* absent read as true, true, false */
};

struct cvg_kube_service {
    const char *type, *cluster_ip, *external_name;
    int has_selector;
    size_t ingress_count; /* status.loadBalancer.ingress; also of an Ingress */
    size_t external_ips;
    const char *ingress_class; /* of an Ingress */
    /* EndpointSlice: of which service, and who answers. */
    const char *service;
    const struct cvg_kube_endpoint *endpoints;
    size_t endpoint_count;
};

struct cvg_kube_volume { /* claim, volume, class */
    const char *phase, *storage_class, *binding_mode;
};

struct cvg_kube_budget {
    int64_t allowed, current, desired, expected;
};

struct cvg_kube_autoscaler {
    int64_t current, desired, min, max;
    const char *target_kind, *target_name;
};

/* One resource of a quota, in the server's own text ("2k", "3800m", "7Gi"). */
struct cvg_kube_quota {
    const char *resource, *hard, *used;
};

struct cvg_kube_webhook {
    const char *name, *service_namespace, *service_name; /* "" : by URL */
    int fail_closed, has_ca;
};

struct cvg_kube_view {
    const struct cvg_kube_kind *kind;
    struct cvg_kube_meta meta;
    int64_t observed_generation; /* CVG_KUBE_ABSENT */
    const struct cvg_kube_condition *conditions;
    size_t condition_count;
    const char *phase; /* status.phase of whatever has one; "" */
    int has_status;    /* a status is there and is not empty */

    union {
        struct cvg_kube_workload workload;
        struct cvg_kube_job job;
        struct cvg_kube_pod pod;
        struct cvg_kube_machine machine;
        struct cvg_kube_service service;
        struct cvg_kube_volume volume;
        struct cvg_kube_budget budget;
        struct cvg_kube_autoscaler autoscaler;
    } of;

    const struct cvg_kube_quota *quotas;
    size_t quota_count;
    const struct cvg_kube_webhook *webhooks;
    size_t webhook_count;
    const struct cvg_kube_node *tree; /* the whole object, where it came as JSON; else NULL */
};

/* The condition of that type; NULL: there is none. */
const struct cvg_kube_condition *cvg_kube_condition(const struct cvg_kube_view *view,
                                                    const char *type);
const char *cvg_kube_label(const struct cvg_kube_meta *meta, const char *name);      /* "" */
const char *cvg_kube_annotation(const struct cvg_kube_meta *meta, const char *name); /* "" */

#endif

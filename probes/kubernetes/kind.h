/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of objects: what the API server calls them, and whether they come in protobuf. Built-in
 * kinds are in a table; a custom one is named by the operator as group/version/Kind, and its
 * resource name is asked for (discovery.h). Constant or owned by the cluster; compared by pointer.
 */
#ifndef CVG_KUBE_KIND_H
#define CVG_KUBE_KIND_H

#include <stddef.h>
#include <stdint.h>

enum cvg_kube_type {
    CVG_KUBE_CUSTOM = 0,
    CVG_KUBE_DEPLOYMENT,
    CVG_KUBE_STATEFULSET,
    CVG_KUBE_DAEMONSET,
    CVG_KUBE_REPLICASET,
    CVG_KUBE_JOB,
    CVG_KUBE_CRONJOB,
    CVG_KUBE_POD,
    CVG_KUBE_NODE,
    CVG_KUBE_NAMESPACE,
    CVG_KUBE_SERVICE,
    CVG_KUBE_ENDPOINTSLICE,
    CVG_KUBE_INGRESS,
    CVG_KUBE_CLAIM,
    CVG_KUBE_VOLUME,
    CVG_KUBE_STORAGECLASS,
    CVG_KUBE_BUDGET,     /* PodDisruptionBudget */
    CVG_KUBE_AUTOSCALER, /* HorizontalPodAutoscaler */
    CVG_KUBE_QUOTA,
    CVG_KUBE_DEFINITION, /* CustomResourceDefinition */
    CVG_KUBE_APISERVICE,
    CVG_KUBE_WEBHOOKS, /* ValidatingWebhookConfiguration and MutatingWebhookConfiguration */
    CVG_KUBE_RELEASE,  /* Secrets of type helm.sh/release.v1, by their labels alone */
    CVG_KUBE_TYPES
};

struct cvg_kube_kind {
    const char *group;    /* "" is the core group */
    const char *version;  /* "v1" */
    const char *name;     /* "Deployment" */
    const char *resource; /* "deployments"; NULL: not known yet */
    uint32_t type;        /* enum cvg_kube_type */
    int protobuf, namespaced;
};

/* By its name ("Deployment", "deployment", "deploy", "deployments") or as group/version/Kind
 * ("apps/v1/Deployment", "v1/Pod") where that is built in. NULL: it is none of them. */
const struct cvg_kube_kind *cvg_kube_kind_find(const char *text);
/* By group, version and kind; NULL: not built in. */
const struct cvg_kube_kind *cvg_kube_kind_of(const char *group, const char *version,
                                             const char *name);
/* NULL for CVG_KUBE_CUSTOM. CVG_KUBE_WEBHOOKS are two kinds: this gives the validating one. */
const struct cvg_kube_kind *cvg_kube_kind_of_type(uint32_t type);

/* Reads "group/version/Kind" ("v1/Kind" for the core group). -1: it is not such a text. Copies
 * into the buffers, each of CVG_KUBE_NAME bytes. */
#define CVG_KUBE_NAME 254
int cvg_kube_kind_parse(const char *text, char *ret_group, char *ret_version, char *ret_name);

#endif

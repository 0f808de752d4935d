/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in kinds; see kind.h. Short names are those that kubectl knows them by. */
#include "kind.h"

#include <string.h>
#include <strings.h>

/* name and short name are what the operator may write besides group/version/Kind; matched without
 * regard to case, since kubectl takes "deployment" for Deployment too. */
static const struct entry {
    struct cvg_kube_kind kind;
    const char *alias;
} entries[] = {
    {{"apps", "v1", "Deployment", "deployments", CVG_KUBE_DEPLOYMENT, 1, 1}, "deploy"},
    {{"apps", "v1", "StatefulSet", "statefulsets", CVG_KUBE_STATEFULSET, 1, 1}, "sts"},
    {{"apps", "v1", "DaemonSet", "daemonsets", CVG_KUBE_DAEMONSET, 1, 1}, "ds"},
    {{"apps", "v1", "ReplicaSet", "replicasets", CVG_KUBE_REPLICASET, 1, 1}, "rs"},
    {{"batch", "v1", "Job", "jobs", CVG_KUBE_JOB, 1, 1}, NULL},
    {{"batch", "v1", "CronJob", "cronjobs", CVG_KUBE_CRONJOB, 1, 1}, "cj"},
    {{"", "v1", "Pod", "pods", CVG_KUBE_POD, 1, 1}, "po"},
    {{"", "v1", "Node", "nodes", CVG_KUBE_NODE, 1, 0}, "no"},
    {{"", "v1", "Namespace", "namespaces", CVG_KUBE_NAMESPACE, 1, 0}, "ns"},
    {{"", "v1", "Service", "services", CVG_KUBE_SERVICE, 1, 1}, "svc"},
    {{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", CVG_KUBE_ENDPOINTSLICE, 1, 1},
     NULL},
    {{"networking.k8s.io", "v1", "Ingress", "ingresses", CVG_KUBE_INGRESS, 1, 1}, "ing"},
    {{"", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", CVG_KUBE_CLAIM, 1, 1}, "pvc"},
    {{"", "v1", "PersistentVolume", "persistentvolumes", CVG_KUBE_VOLUME, 1, 0}, "pv"},
    {{"storage.k8s.io", "v1", "StorageClass", "storageclasses", CVG_KUBE_STORAGECLASS, 1, 0}, "sc"},
    {{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", CVG_KUBE_BUDGET, 1, 1}, "pdb"},
    {{"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers",
      CVG_KUBE_AUTOSCALER, 1, 1},
     "hpa"},
    {{"", "v1", "ResourceQuota", "resourcequotas", CVG_KUBE_QUOTA, 1, 1}, "quota"},
    {{"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions",
      CVG_KUBE_DEFINITION, 1, 0},
     "crd"},
    {{"apiregistration.k8s.io", "v1", "APIService", "apiservices", CVG_KUBE_APISERVICE, 1, 0},
     NULL},
    {{"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration",
      "validatingwebhookconfigurations", CVG_KUBE_WEBHOOKS, 1, 0},
     NULL},
    {{"admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration",
      "mutatingwebhookconfigurations", CVG_KUBE_WEBHOOKS, 1, 0},
     NULL},
    /* Never by a name that an operator writes: Secrets are only read as Helm's, by labels. */
    {{"", "v1", "Secret", "secrets", CVG_KUBE_RELEASE, 1, 1}, NULL},
};

#define COUNT (sizeof(entries) / sizeof(entries[0]))

static int goes_by(const struct entry *entry, const char *text)
{
    return entry->kind.type != CVG_KUBE_RELEASE &&
           (strcasecmp(text, entry->kind.name) == 0 ||
            strcasecmp(text, entry->kind.resource) == 0 ||
            (entry->alias != NULL && strcasecmp(text, entry->alias) == 0));
}

const struct cvg_kube_kind *cvg_kube_kind_find(const char *text)
{
    char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    if (strchr(text, '/') != NULL) {
        if (cvg_kube_kind_parse(text, group, version, name) != 0) {
            return NULL;
        }
        const struct cvg_kube_kind *kind = cvg_kube_kind_of(group, version, name);
        return kind != NULL && kind->type == CVG_KUBE_RELEASE ? NULL : kind;
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (goes_by(&entries[i], text)) {
            return &entries[i].kind;
        }
    }
    return NULL;
}

const struct cvg_kube_kind *cvg_kube_kind_of(const char *group, const char *version,
                                             const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        const struct cvg_kube_kind *kind = &entries[i].kind;
        if (strcmp(kind->group, group) == 0 && strcmp(kind->version, version) == 0 &&
            strcmp(kind->name, name) == 0) {
            return kind;
        }
    }
    return NULL;
}

const struct cvg_kube_kind *cvg_kube_kind_of_type(uint32_t type)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (entries[i].kind.type == type) {
            return &entries[i].kind;
        }
    }
    return NULL;
}

/* DNS names and CamelCase: what goes into a request's path must not steer it elsewhere. */
static int copy_part(const char *text, size_t length, int dots, char *ret)
{
    if (length == 0 || length >= CVG_KUBE_NAME || text[0] == '.' || text[0] == '-') {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        int dot = dots && (c == '-' || (c == '.' && text[i - 1] != '.'));
        if (!letter && !dot) {
            return -1;
        }
    }
    memcpy(ret, text, length);
    ret[length] = '\0';
    return 0;
}

int cvg_kube_kind_parse(const char *text, char *ret_group, char *ret_version, char *ret_name)
{
    const char *first = strchr(text, '/');
    if (first == NULL) {
        return -1;
    }
    const char *second = strchr(first + 1, '/');
    const char *version = second == NULL ? text : first + 1;
    const char *slash = second == NULL ? first : second;
    ret_group[0] = '\0';
    if ((second != NULL && copy_part(text, (size_t)(first - text), 1, ret_group) != 0) ||
        copy_part(version, (size_t)(slash - version), 0, ret_version) != 0 ||
        copy_part(slash + 1, strlen(slash + 1), 0, ret_name) != 0) {
        return -1;
    }
    return 0;
}

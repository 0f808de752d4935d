/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each family of controllers writes its revision. What was only attempted is none: a gate
 * that compares revisions would take it for what runs. See custom_revision.h.
 */
#include "custom_revision.h"

#include <stdio.h>
#include <string.h>

/* name NULL: any kind of the group. The first that is there counts. */
static const struct place {
    const char *group, *name, *pointer;
} places[] = {
    {"argoproj.io", "Rollout", "/status/currentPodHash"},
    {"argoproj.io", "Application", "/status/sync/revision"},
    {"kustomize.toolkit.fluxcd.io", "Kustomization", "/status/lastAppliedRevision"},
    {"helm.toolkit.fluxcd.io", "HelmRelease", "/status/lastAppliedRevision"},
    {"helm.toolkit.fluxcd.io", "HelmRelease", "/status/history/0/chartVersion"},
    {"source.toolkit.fluxcd.io", NULL, "/status/artifact/revision"},
    {"image.toolkit.fluxcd.io", "ImagePolicy", "/status/latestImage"},
    {"cert-manager.io", "Certificate", "/status/revision"},
    {"pkg.crossplane.io", NULL, "/status/currentRevision"},
    {"cluster.x-k8s.io", "Machine", "/spec/version"},
    {"cluster.x-k8s.io", "Cluster", "/spec/topology/version"},
    {"cluster.x-k8s.io", NULL, "/spec/template/spec/version"},
    {"controlplane.cluster.x-k8s.io", NULL, "/status/version"},
    {"serving.knative.dev", NULL, "/status/latestReadyRevisionName"},
    {"flagger.app", "Canary", "/status/lastAppliedSpec"},
};

/* Of several sources each has one: "aa,bb". Those that do not fit make it none, not a part. */
static const char *of_several(const struct cvg_kube_view *view, char room[CVG_KUBE_CUSTOM_REVISION])
{
    const struct cvg_kube_node *list = cvg_kube_node_at(view->tree, "/status/sync/revisions");
    size_t used = 0;
    room[0] = '\0';
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        int wrote = snprintf(room + used, CVG_KUBE_CUSTOM_REVISION - used, "%s%s",
                             i == 0 ? "" : ",", cvg_kube_node_text(&list->items[i]));
        if (wrote < 0 || (size_t)wrote >= CVG_KUBE_CUSTOM_REVISION - used) {
            return "";
        }
        used += (size_t)wrote;
    }
    return room;
}

static int is_of(const struct cvg_kube_kind *kind, const struct place *place)
{
    return strcmp(kind->group, place->group) == 0 &&
           (place->name == NULL || strcmp(kind->name, place->name) == 0);
}

const char *cvg_kube_custom_revision(const struct cvg_kube_view *view,
                                     char room[CVG_KUBE_CUSTOM_REVISION])
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!is_of(view->kind, &places[i])) {
            continue;
        }
        const struct cvg_kube_node *node = cvg_kube_node_at(view->tree, places[i].pointer);
        if (node != NULL && *node->text != '\0') {
            return node->text; /* of a number too: what else has a text is none of these */
        }
    }
    return strcmp(view->kind->group, "argoproj.io") == 0 ? of_several(view, room) : "";
}

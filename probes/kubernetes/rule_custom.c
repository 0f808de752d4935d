/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rule a custom resource is judged by, and the kinds that have none because nobody writes a
 * status of them. A group stands for its controllers, so that a kind that they gain is judged like
 * its brothers.
 */
#include "rule_custom.h"

#include <string.h>

/* name NULL: any kind. group with a leading dot: whatever ends so, or is the rest. */
struct row {
    const char *group, *name;
    cvg_kube_rule *rule; /* NULL: passive */
};

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static int group_is(const char *group, const char *wanted)
{
    return *wanted == '.' ? strcmp(group, wanted + 1) == 0 || ends_with(group, wanted)
                          : strcmp(group, wanted) == 0;
}

/* "*Template": what only ends so is meant. */
static int name_is(const char *name, const char *wanted)
{
    return wanted == NULL ||
           (*wanted == '*' ? ends_with(name, wanted + 1) : strcmp(name, wanted) == 0);
}

/* The first that fits; so a kind stands before its group. */
static const struct row rows[] = {
    {"", "ConfigMap", NULL},
    {"", "ServiceAccount", NULL},
    {"", "LimitRange", NULL},
    {"", "PodTemplate", NULL},
    {"", "Endpoints", NULL},
    {"", "Secret", NULL},
    {"rbac.authorization.k8s.io", NULL, NULL},
    {"scheduling.k8s.io", NULL, NULL},
    {"node.k8s.io", NULL, NULL},
    {"coordination.k8s.io", NULL, NULL},
    {"networking.k8s.io", "NetworkPolicy", NULL},
    {"networking.k8s.io", "IngressClass", NULL},
    {"storage.k8s.io", NULL, NULL},
    {"admissionregistration.k8s.io", NULL, NULL},
    {"apps", "ControllerRevision", NULL},

    {"notification.toolkit.fluxcd.io", "Alert", NULL},
    {"notification.toolkit.fluxcd.io", "Provider", NULL},
    {".toolkit.fluxcd.io", NULL, cvg_kube_rule_flux},

    {"argoproj.io", "AppProject", NULL},
    {"argoproj.io", "AnalysisTemplate", NULL},
    {"argoproj.io", "ClusterAnalysisTemplate", NULL},
    {"argoproj.io", "Application", cvg_kube_rule_application},
    {"argoproj.io", "ApplicationSet", cvg_kube_rule_applicationset},
    {"argoproj.io", "Rollout", cvg_kube_rule_rollout},
    {"argoproj.io", "AnalysisRun", cvg_kube_rule_analysis},
    {"argoproj.io", "Experiment", cvg_kube_rule_analysis},

    {"cert-manager.io", "Certificate", cvg_kube_rule_certificate},
    {"cert-manager.io", "CertificateRequest", cvg_kube_rule_certificaterequest},
    {"cert-manager.io", "Issuer", cvg_kube_rule_issuer},
    {"cert-manager.io", "ClusterIssuer", cvg_kube_rule_issuer},
    {"acme.cert-manager.io", NULL, cvg_kube_rule_acme},

    {"pkg.crossplane.io", "Provider", cvg_kube_rule_package},
    {"pkg.crossplane.io", "Configuration", cvg_kube_rule_package},
    {"pkg.crossplane.io", "Function", cvg_kube_rule_package},
    {"pkg.crossplane.io", "ProviderRevision", cvg_kube_rule_package},
    {"pkg.crossplane.io", "ConfigurationRevision", cvg_kube_rule_package},
    {"pkg.crossplane.io", "FunctionRevision", cvg_kube_rule_package},
    {"pkg.crossplane.io", NULL, NULL},
    {"apiextensions.crossplane.io", "CompositeResourceDefinition",
     cvg_kube_rule_composite_definition},
    {"apiextensions.crossplane.io", "Composition", NULL},
    {"apiextensions.crossplane.io", "EnvironmentConfig", NULL},
    {"apiextensions.crossplane.io", NULL, cvg_kube_rule_conditions},
    {"protection.crossplane.io", NULL, cvg_kube_rule_conditions},
    {".crossplane.io", "*ProviderConfig", NULL},
    {".crossplane.io", "*ProviderConfigUsage", NULL},
    {".crossplane.io", NULL, cvg_kube_rule_managed},
    {".upbound.io", "*ProviderConfig", NULL},
    {".upbound.io", "*ProviderConfigUsage", NULL},
    {".upbound.io", NULL, cvg_kube_rule_managed},

    {".cluster.x-k8s.io", "*Template", NULL},
    {"cluster.x-k8s.io", "Machine", cvg_kube_rule_machine},
    {"cluster.x-k8s.io", "Cluster", cvg_kube_rule_machine_cluster},
    {"cluster.x-k8s.io", "MachineSet", cvg_kube_rule_machine_set},
    {"cluster.x-k8s.io", "MachineDeployment", cvg_kube_rule_machine_set},
    {"cluster.x-k8s.io", "MachinePool", cvg_kube_rule_machine_set},
    {"controlplane.cluster.x-k8s.io", NULL, cvg_kube_rule_machine_set},

    {".knative.dev", NULL, cvg_kube_rule_knative},

    {"gateway.networking.k8s.io", "ReferenceGrant", NULL},
    {"gateway.networking.k8s.io", "GatewayClass", cvg_kube_rule_conditions},
    {"gateway.networking.k8s.io", "Gateway", cvg_kube_rule_gateway},
    {"gateway.networking.k8s.io", NULL, cvg_kube_rule_route},
    {"networking.istio.io", NULL, cvg_kube_rule_istio},
    {"security.istio.io", NULL, cvg_kube_rule_istio},
    {"telemetry.istio.io", NULL, cvg_kube_rule_istio},
    {"extensions.istio.io", NULL, cvg_kube_rule_istio},

    {"flagger.app", "Canary", cvg_kube_rule_canary},
    {"flagger.app", NULL, NULL},
};

static const struct row *row_of(const struct cvg_kube_kind *kind)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (group_is(kind->group, rows[i].group) && name_is(kind->name, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

void cvg_kube_rule_custom(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    const struct row *row = row_of(view->kind);
    if (row != NULL && row->rule == NULL) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "it is there");
    } else if (row != NULL) {
        row->rule(view, dwells, ret);
    } else if (cvg_kube_is_composite(view)) {
        cvg_kube_rule_managed(view, dwells, ret);
    } else {
        cvg_kube_rule_conditions(view, dwells, ret);
    }
}

/* ---- what the families have in common ---- */

int cvg_kube_say_no_status(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    if (view->has_status) {
        return 0;
    }
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                 "no controller has written a status yet");
    return 1;
}

void cvg_kube_say_no_conditions(const char *type, struct cvg_kube_outcome *ret)
{
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "its status has no %s", type);
}

int cvg_kube_say_missing(const struct cvg_kube_view *view, const char *type,
                         struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *condition = cvg_kube_condition(view, type);
    if (cvg_kube_say_no_status(view, ret)) {
        return 1;
    }
    if (condition == NULL) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "the condition %s is missing", type);
        return 1;
    }
    if (cvg_kube_is_stale(view, condition)) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND),
                     "the condition %s is about an older generation", type);
        return 1;
    }
    return 0;
}

int cvg_kube_say_default(const struct cvg_kube_condition *condition, struct cvg_kube_outcome *ret)
{
    if (condition->changed_at > 0 || cvg_kube_is(condition, "True") ||
        cvg_kube_is(condition, "False")) {
        return 0;
    }
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                 "no controller has said anything of %s yet", condition->type);
    return 1;
}

void cvg_kube_say_not_yet(const struct cvg_kube_condition *condition, int64_t dwell,
                          struct cvg_kube_outcome *ret)
{
    int is_false = cvg_kube_is(condition, "False");
    if (cvg_kube_say_default(condition, ret)) {
        return;
    }
    cvg_kube_say_condition(ret, CVG_PROGRESSING, condition, CVG_KUBE_REASON_NOT_READY);
    cvg_kube_worsen(ret, condition->changed_at, dwell, is_false ? CVG_FAILED : CVG_UNKNOWN,
                    cvg_kube_reason(CVG_KUBE_REASON_NOT_READY_TOO_LONG));
}

void cvg_kube_say_ready(const struct cvg_kube_condition *condition, struct cvg_kube_outcome *ret)
{
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_READY);
    if (*condition->message != '\0') {
        cvg_kube_say(ret, CVG_READY, reason, "%s", condition->message);
    } else {
        cvg_kube_say(ret, CVG_READY, reason, "condition %s is True", condition->type);
    }
    ret->since = condition->changed_at;
}

const char *cvg_kube_text_at(const struct cvg_kube_view *view, const char *pointer)
{
    return cvg_kube_node_text(cvg_kube_node_at(view->tree, pointer));
}

int64_t cvg_kube_time_at(const struct cvg_kube_view *view, const char *pointer)
{
    return cvg_kube_node_time(cvg_kube_node_at(view->tree, pointer));
}

int64_t cvg_kube_count_at(const struct cvg_kube_view *view, const char *pointer, int64_t absent)
{
    int64_t count = absent;
    (void)cvg_kube_node_int(cvg_kube_node_at(view->tree, pointer), &count);
    return count;
}

int cvg_kube_true_at(const struct cvg_kube_view *view, const char *pointer)
{
    return cvg_kube_node_true(cvg_kube_node_at(view->tree, pointer));
}

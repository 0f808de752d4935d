/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gateway API (Gateway, routes, policies) and Istio's own resources. Sources: gateway-api apis/v1
 * gateway_types.go and shared_types.go; Argo CD's resource_customizations/
 * gateway.networking.k8s.io/HTTPRoute/health.lua; istio/api meta/v1alpha1/status.proto. A route has
 * no conditions of its own: each parent that it attaches to has, with the generation that this
 * parent's controller saw.
 */
#include "rule_custom.h"

#include <inttypes.h>
#include <string.h>

#define PARENTS 256 /* of a route that is judged */

/* ---- conditions that stand somewhere in the status ---- */

/* As view->conditions has them, read where it is needed. */
static int take_condition(const struct cvg_kube_node *conditions, const char *type,
                          struct cvg_kube_condition *ret)
{
    for (size_t i = 0; conditions != NULL && i < conditions->count; i++) {
        const struct cvg_kube_node *node = &conditions->items[i];
        if (strcmp(cvg_kube_node_text(cvg_kube_node_get(node, "type")), type) != 0) {
            continue;
        }
        *ret = (struct cvg_kube_condition){
            .type = type,
            .status = cvg_kube_node_text(cvg_kube_node_get(node, "status")),
            .reason = cvg_kube_node_text(cvg_kube_node_get(node, "reason")),
            .message = cvg_kube_node_text(cvg_kube_node_get(node, "message")),
            .changed_at = cvg_kube_node_time(cvg_kube_node_get(node, "lastTransitionTime")),
            .observed_generation = CVG_KUBE_ABSENT,
        };
        (void)cvg_kube_node_int(cvg_kube_node_get(node, "observedGeneration"),
                                &ret->observed_generation);
        return 1;
    }
    return 0;
}

struct wanted {
    const char *type, *good; /* the status that it must have */
    int required;
};

/* One place's conditions: its first that is not as it must be. 1: that was said. */
static int say_place(const struct cvg_kube_view *view, const struct cvg_kube_node *conditions,
                     const struct wanted *wanted, size_t count,
                     const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < count; i++) {
        struct cvg_kube_condition condition;
        if (!take_condition(conditions, wanted[i].type, &condition)) {
            if (!wanted[i].required) {
                continue;
            }
            cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                         "the condition %s is missing", wanted[i].type);
            return 1;
        }
        if (cvg_kube_is_stale(view, &condition)) {
            cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND),
                         "the condition %s is about an older generation", condition.type);
            return 1;
        }
        if (!cvg_kube_is(&condition, wanted[i].good)) {
            int known = cvg_kube_is(&condition, "True") || cvg_kube_is(&condition, "False");
            if (cvg_kube_say_default(&condition, ret)) {
                return 1;
            }
            cvg_kube_say_condition(ret, CVG_PROGRESSING, &condition, CVG_KUBE_REASON_NOT_READY);
            cvg_kube_worsen(ret, condition.changed_at, dwells->not_available,
                            known ? CVG_FAILED : CVG_UNKNOWN, ret->reason);
            return 1;
        }
    }
    return 0;
}

/* A reason lives in the object, the kept outcome copies it: both hold until the view goes. */
static void keep_worse(const struct cvg_kube_outcome *each, struct cvg_kube_outcome *ret)
{
    if (*ret->reason == '\0' || cvg_kube_badness(each->status) > cvg_kube_badness(ret->status)) {
        int64_t done = ret->done, total = ret->total;
        *ret = *each;
        ret->done = done;
        ret->total = total;
    }
}

/* ---- Gateway ---- */

/* One listener that is not programmed is traffic that does not come, whatever the others do. */
static void say_listeners(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    static const struct wanted wanted[] = {
        {"Conflicted", "False", 0},
        {"Accepted", "True", 0},
        {"ResolvedRefs", "True", 0},
        {"Programmed", "True", 0},
    };

    const struct cvg_kube_node *listeners = cvg_kube_node_at(view->tree, "/status/listeners");
    for (size_t i = 0; listeners != NULL && i < listeners->count; i++) {
        struct cvg_kube_outcome each = {.reason = ""};
        const struct cvg_kube_node *conditions =
            cvg_kube_node_get(&listeners->items[i], "conditions");
        ret->total++;
        if (say_place(view, conditions, wanted, sizeof(wanted) / sizeof(wanted[0]), dwells,
                      &each)) {
            keep_worse(&each, ret);
        } else {
            ret->done++;
        }
    }
}

void cvg_kube_rule_gateway(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    static const struct wanted wanted[] = {{"Accepted", "True", 1}, {"Programmed", "True", 1}};
    const struct cvg_kube_node *conditions = cvg_kube_node_at(view->tree, "/status/conditions");
    if (cvg_kube_say_no_status(view, ret) ||
        say_place(view, conditions, wanted, sizeof(wanted) / sizeof(wanted[0]), dwells, ret)) {
        return;
    }
    cvg_kube_say_ready(cvg_kube_condition(view, "Programmed"), ret);
    say_listeners(view, dwells, ret);
}

/* ---- routes and policies ---- */

static size_t size_of(const struct cvg_kube_node *list)
{
    return list != NULL && list->kind == CVG_KUBE_ARRAY ? list->count : 0;
}

static int is_same_text(const struct cvg_kube_node *one, const struct cvg_kube_node *other,
                        const char *key, const char *absent)
{
    const struct cvg_kube_node *a = cvg_kube_node_get(one, key), *b = cvg_kube_node_get(other, key);
    return strcmp(a == NULL ? absent : a->text, b == NULL ? absent : b->text) == 0;
}

/* References as the API compares them: the namespace is the route's own where none is named. */
static int is_same_reference(const struct cvg_kube_view *view, const struct cvg_kube_node *one,
                             const struct cvg_kube_node *other)
{
    return is_same_text(one, other, "name", "") && is_same_text(one, other, "sectionName", "") &&
           is_same_text(one, other, "port", "") && is_same_text(one, other, "kind", "Gateway") &&
           is_same_text(one, other, "namespace", view->meta.namespace);
}

static int is_among(const struct cvg_kube_view *view, const struct cvg_kube_node *reference,
                    const struct cvg_kube_node *list, const char *key)
{
    for (size_t i = 0; i < size_of(list); i++) {
        const struct cvg_kube_node *each =
            key == NULL ? &list->items[i] : cvg_kube_node_get(&list->items[i], key);
        if (is_same_reference(view, reference, each)) {
            return 1;
        }
    }
    return 0;
}

/* A parent that the spec names and no controller answers for: nothing is routed there. */
static int say_unanswered(const struct cvg_kube_view *view, const struct cvg_kube_node *asked,
                          const struct cvg_kube_node *answers, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < size_of(asked); i++) {
        if (!is_among(view, &asked->items[i], answers, "parentRef")) {
            cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NOT_ATTACHED),
                         "no controller has answered for its parent %.100s",
                         cvg_kube_node_text(cvg_kube_node_get(&asked->items[i], "name")));
            return 1;
        }
    }
    return 0;
}

/* The definitions allow 32; more are not compared with each other on the loop's time. */
static int say_too_many(const struct cvg_kube_node *asked, const struct cvg_kube_node *answers,
                        struct cvg_kube_outcome *ret)
{
    if (size_of(asked) <= PARENTS && size_of(answers) <= PARENTS) {
        return 0;
    }
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "it has more than %d parents", PARENTS);
    return 1;
}

/* Routes have parents, policies ancestors; both are written alike. */
void cvg_kube_rule_route(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                         struct cvg_kube_outcome *ret)
{
    static const struct wanted wanted[] = {
        {"Accepted", "True", 1},
        {"ResolvedRefs", "True", 0},
        {"Programmed", "True", 0},
        {"PartiallyInvalid", "False", 0},
    };

    const struct cvg_kube_node *parents = cvg_kube_node_at(view->tree, "/status/parents");
    const struct cvg_kube_node *answers =
        parents != NULL ? parents : cvg_kube_node_at(view->tree, "/status/ancestors");
    const struct cvg_kube_node *asked = cvg_kube_node_at(view->tree, "/spec/parentRefs");
    if (cvg_kube_say_no_status(view, ret) || say_too_many(asked, answers, ret) ||
        say_unanswered(view, asked, answers, ret)) {
        return;
    }
    if (size_of(answers) == 0) {
        if (view->condition_count > 0) {
            cvg_kube_rule_conditions(view, dwells, ret);
            return;
        }
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NOT_ATTACHED),
                     "no parent has taken it");
        return;
    }
    cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY),
                 "all its parents have accepted it");
    for (size_t i = 0; i < answers->count; i++) {
        struct cvg_kube_outcome each = {.reason = ""};
        /* A parent that is no longer asked for can have left its answer behind. */
        if (size_of(asked) > 0 &&
            !is_among(view, cvg_kube_node_get(&answers->items[i], "parentRef"), asked, NULL)) {
            continue;
        }
        const struct cvg_kube_node *conditions =
            cvg_kube_node_get(&answers->items[i], "conditions");
        ret->total++;
        if (say_place(view, conditions, wanted, sizeof(wanted) / sizeof(wanted[0]), dwells,
                      &each)) {
            keep_worse(&each, ret);
        } else {
            ret->done++;
        }
    }
}

/* ---- Istio ---- */

/* What its analysis found: level 3 is an error in numbers, "ERROR" in words. */
static int say_found(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_node *messages =
        cvg_kube_node_at(view->tree, "/status/validationMessages");
    int said = 0;
    for (size_t i = 0; i < size_of(messages); i++) {
        const struct cvg_kube_node *each = &messages->items[i];
        const struct cvg_kube_node *level = cvg_kube_node_get(each, "level");
        const char *word = level == NULL ? "" : level->text;
        int is_error = strcmp(word, "ERROR") == 0 || strcmp(word, "3") == 0;
        int is_warning = strcmp(word, "WARNING") == 0 || strcmp(word, "8") == 0;
        if ((is_error && (!said || ret->status != CVG_FAILED)) || (is_warning && !said)) {
            cvg_kube_say(ret, is_error ? CVG_FAILED : CVG_DEGRADED,
                         cvg_kube_reason(CVG_KUBE_REASON_ANALYSIS_FAILED),
                         "the analysis of Istio found %.64s (%.128s)",
                         cvg_kube_node_text(cvg_kube_node_at(each, "/type/code")),
                         cvg_kube_node_text(cvg_kube_node_get(each, "documentationUrl")));
            said = 1;
        }
    }
    return said;
}

/* Istio writes no status unless it is told to, and then of what its analysis or its distribution
 * found. That there is none says nothing. */
void cvg_kube_rule_istio(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                         struct cvg_kube_outcome *ret)
{
    static const struct wanted wanted[] = {{"Reconciled", "True", 0},
                                           {"PassedAnalysis", "True", 0}};
    const struct cvg_kube_node *conditions = cvg_kube_node_at(view->tree, "/status/conditions");
    const struct cvg_kube_condition *reconciled = cvg_kube_condition(view, "Reconciled");
    const struct cvg_kube_condition *passed = cvg_kube_condition(view, "PassedAnalysis");
    if (cvg_kube_say_no_status(view, ret) || say_found(view, ret) ||
        say_place(view, conditions, wanted, sizeof(wanted) / sizeof(wanted[0]), dwells, ret)) {
        return;
    }
    if (reconciled != NULL || passed != NULL) {
        cvg_kube_say_ready(reconciled != NULL ? reconciled : passed, ret);
    } else {
        cvg_kube_rule_conditions(view, dwells, ret);
    }
}

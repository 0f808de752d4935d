/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Argo CD: Application and ApplicationSet. Fields by pkg/apis/application/v1alpha1/types.go and
 * gitops-engine/pkg/sync/common/types.go. Ready is: Healthy and Synced, the last operation
 * succeeded, and all of that was seen after the operation and of the source that is wanted.
 * Argo CD itself has no rule for an Application since 1.8, and kstatus cannot judge one: its
 * conditions list errors and have no status, its generation counts every write of a status.
 */
#include "rule_custom.h"

#include <string.h>

#define LONGEST 160  /* of a controller's words beside ours */
#define MEMBERS 1000 /* of an object whose members are looked for one by one */

/* ---- what was compared with what is asked for ---- */

/* NOLINTBEGIN(misc-no-recursion): as deep as the reader takes, which is CVG_KUBE_DEPTH_MOST */

/* An object all of whose members are empty is: of several sources the single one is still written,
 * with an empty repoURL. */
static int is_empty(const struct cvg_kube_node *node)
{
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return 1;
    }
    switch (node->kind) {
    case CVG_KUBE_OBJECT:
        for (size_t i = 0; i < node->count; i++) {
            if (!is_empty(&node->items[i])) {
                return 0;
            }
        }
        return 1;
    case CVG_KUBE_ARRAY:
        return node->count == 0;
    case CVG_KUBE_BOOL:
        return !node->boolean;
    case CVG_KUBE_STRING:
        return node->length == 0;
    default:
        return 0;
    }
}

static int is_same(const struct cvg_kube_node *one, const struct cvg_kube_node *other);

/* Both are written in the same order as a rule, so that it is there that a member is looked for
 * first; elsewhere only in objects that are small, as all of a source's are. */
static const struct cvg_kube_node *member(const struct cvg_kube_node *object, size_t hint,
                                          const char *key)
{
    if (hint < object->count && strcmp(object->items[hint].key, key) == 0) {
        return &object->items[hint];
    }
    return object->count > MEMBERS ? NULL : cvg_kube_node_get(object, key);
}

/* What is missing is the same as what is empty: the copy leaves out what is. Each pair is compared
 * once: the way back only looks for what the way there has not met. */
static int has_same_members(const struct cvg_kube_node *one, const struct cvg_kube_node *other)
{
    for (size_t i = 0; i < one->count; i++) {
        if (!is_same(&one->items[i], member(other, i, one->items[i].key))) {
            return 0;
        }
    }
    for (size_t i = 0; i < other->count; i++) {
        if (member(one, i, other->items[i].key) == NULL && !is_empty(&other->items[i])) {
            return 0;
        }
    }
    return 1;
}

static int is_same_list(const struct cvg_kube_node *one, const struct cvg_kube_node *other)
{
    if (one->count != other->count) {
        return 0;
    }
    for (size_t i = 0; i < one->count; i++) {
        if (!is_same(&one->items[i], &other->items[i])) {
            return 0;
        }
    }
    return 1;
}

static int is_same(const struct cvg_kube_node *one, const struct cvg_kube_node *other)
{
    if (is_empty(one) || is_empty(other)) {
        return is_empty(one) && is_empty(other);
    }
    if (one->kind != other->kind) {
        return 0;
    }
    switch (one->kind) {
    case CVG_KUBE_OBJECT:
        return has_same_members(one, other);
    case CVG_KUBE_ARRAY:
        return is_same_list(one, other);
    case CVG_KUBE_BOOL:
        return one->boolean == other->boolean;
    default:
        return strcmp(one->text, other->text) == 0;
    }
}

/* NOLINTEND(misc-no-recursion) */

/* A cluster can be named by its name or its address, of which the controller may have filled in the
 * other; so only what both name is compared. */
static int is_other_destination(const struct cvg_kube_node *spec,
                                const struct cvg_kube_node *compared)
{
    static const char *const keys[] = {"server", "name", "namespace"};
    const struct cvg_kube_node *one = cvg_kube_node_get(spec, "destination");
    const struct cvg_kube_node *other = cvg_kube_node_get(compared, "destination");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *wanted = cvg_kube_node_text(cvg_kube_node_get(one, keys[i]));
        const char *was = cvg_kube_node_text(cvg_kube_node_get(other, keys[i]));
        if (*wanted != '\0' && *was != '\0' && strcmp(wanted, was) != 0) {
            return 1;
        }
    }
    return 0;
}

/* The controller decides the same way whether to look again (controller/appcontroller.go,
 * needRefreshAppStatus). An old one writes no comparedTo; then nothing can be held against it. */
static int is_of_another_source(const struct cvg_kube_view *view)
{
    const struct cvg_kube_node *spec = cvg_kube_node_get(view->tree, "spec");
    const struct cvg_kube_node *compared = cvg_kube_node_at(view->tree, "/status/sync/comparedTo");
    /* Where there are several, the single one has no effect. */
    const char *key = is_empty(cvg_kube_node_get(spec, "sources")) ? "source" : "sources";
    if (is_empty(compared)) {
        return 0;
    }
    /* A hydrated source is made up by the controller and stands nowhere in the spec. */
    return is_other_destination(spec, compared) ||
           (cvg_kube_node_get(spec, "sourceHydrator") == NULL &&
            !is_same(cvg_kube_node_get(spec, key), cvg_kube_node_get(compared, key)));
}

/* ---- Application ---- */

static int phase_is(const struct cvg_kube_view *view, const char *phase)
{
    return strcmp(cvg_kube_text_at(view, "/status/operationState/phase"), phase) == 0;
}

/* How many of the resources that have a health are healthy. */
static void count_resources(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_node *resources = cvg_kube_node_at(view->tree, "/status/resources");
    for (size_t i = 0; resources != NULL && i < resources->count; i++) {
        const char *health =
            cvg_kube_node_text(cvg_kube_node_at(&resources->items[i], "/health/status"));
        ret->total += *health != '\0';
        ret->done += strcmp(health, "Healthy") == 0;
    }
}

/* Whatever the status says, it is about to change, or is about something else. */
static int say_moving(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *running = cvg_kube_reason(CVG_KUBE_REASON_OPERATION_RUNNING);
    const char *old = cvg_kube_reason(CVG_KUBE_REASON_HEALTH_OUTDATED);
    int64_t finished = cvg_kube_time_at(view, "/status/operationState/finishedAt");
    int64_t reconciled = cvg_kube_time_at(view, "/status/reconciledAt");

    if (phase_is(view, "Running") || phase_is(view, "Terminating")) {
        const char *words = cvg_kube_text_at(view, "/status/operationState/message");
        cvg_kube_say(ret, CVG_PROGRESSING, running, "a sync is running%s%.*s",
                     *words != '\0' ? ": " : "", LONGEST, words);
        ret->since = cvg_kube_time_at(view, "/status/operationState/startedAt");
    } else if (cvg_kube_node_get(view->tree, "operation") != NULL) {
        cvg_kube_say(ret, CVG_PROGRESSING, running, "a sync was asked for and has not begun");
    } else if (*cvg_kube_annotation(&view->meta, "argocd.argoproj.io/refresh") != '\0') {
        cvg_kube_say(ret, CVG_PROGRESSING, old, "a refresh was asked for and has not ended");
    } else if (finished != 0 && reconciled < finished) {
        cvg_kube_say(ret, CVG_PROGRESSING, old, "the health is older than the last sync");
        ret->since = finished;
    } else if (is_of_another_source(view)) {
        cvg_kube_say(ret, CVG_PROGRESSING, old, "what was compared is not what is wanted");
    } else {
        return 0;
    }
    return 1;
}

static int say_failed_operation(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *words = cvg_kube_text_at(view, "/status/operationState/message");
    if (!phase_is(view, "Failed") && !phase_is(view, "Error")) {
        return 0;
    }
    cvg_kube_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_OPERATION_FAILED),
                 "the last sync failed%s%.*s", *words != '\0' ? ": " : "", LONGEST, words);
    ret->since = cvg_kube_time_at(view, "/status/operationState/finishedAt");
    return 1;
}

/* An error there is one while it is listed; warnings have other names. */
static int say_error(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    static const struct {
        const char *type;
        enum cvg_status status;
    } errors[] = {{"InvalidSpecError", CVG_FAILED},
                  {"SyncError", CVG_FAILED},
                  {"ComparisonError", CVG_UNKNOWN},
                  {"UnknownError", CVG_UNKNOWN}};

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        const struct cvg_kube_condition *condition = cvg_kube_condition(view, errors[i].type);
        if (condition != NULL) {
            cvg_kube_say(ret, errors[i].status,
                         cvg_kube_own_reason(condition->type, CVG_KUBE_REASON_NOT_READY), "%s",
                         condition->message);
            ret->since = condition->changed_at;
            return 1;
        }
    }
    return 0;
}

/* Drift is mended by itself only where somebody automated it. */
static int say_out_of_sync(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const char *sync = cvg_kube_text_at(view, "/status/sync/status");
    const struct cvg_kube_node *automated =
        cvg_kube_node_at(view->tree, "/spec/syncPolicy/automated");
    const struct cvg_kube_node *enabled = cvg_kube_node_get(automated, "enabled");
    if (strcmp(sync, "Synced") == 0) {
        return 0;
    }
    if (strcmp(sync, "OutOfSync") != 0) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_OUT_OF_SYNC),
                     "its sync status is %.32s", *sync == '\0' ? "not told" : sync);
    } else if (automated != NULL && automated->kind == CVG_KUBE_OBJECT &&
               (enabled == NULL || cvg_kube_node_true(enabled))) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_OUT_OF_SYNC),
                     "what runs differs from the source; it is synced by itself");
    } else {
        cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_OUT_OF_SYNC),
                     "what runs differs from the source, and nobody syncs it by itself");
    }
    return 1;
}

/* An unknown code counts as healthy in Argo CD's own sum; not here. */
static void say_health(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    static const struct {
        const char *health;
        enum cvg_status status;
        enum cvg_kube_reason reason;
    } healths[] = {
        {"Healthy", CVG_READY, CVG_KUBE_REASON_READY},
        {"Progressing", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"Missing", CVG_PROGRESSING, CVG_KUBE_REASON_NOT_FOUND},
        {"Suspended", CVG_PROGRESSING, CVG_KUBE_REASON_SUSPENDED},
        {"Degraded", CVG_FAILED, CVG_KUBE_REASON_HEALTH_DEGRADED},
    };

    const char *health = cvg_kube_text_at(view, "/status/health/status");
    const char *words = cvg_kube_text_at(view, "/status/health/message");
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "its health is %.32s", *health == '\0' ? "not told" : health);
    for (size_t i = 0; i < sizeof(healths) / sizeof(healths[0]); i++) {
        if (strcmp(health, healths[i].health) == 0) {
            cvg_kube_say(ret, healths[i].status, cvg_kube_reason(healths[i].reason),
                         "its health is %s%s%.*s", health, *words != '\0' ? ": " : "", LONGEST,
                         words);
        }
    }
    ret->since = cvg_kube_time_at(view, "/status/health/lastTransitionTime");
}

void cvg_kube_rule_application(const struct cvg_kube_view *view,
                               const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    (void)dwells;
    if (cvg_kube_say_no_status(view, ret)) {
        return;
    }
    count_resources(view, ret);
    if (say_moving(view, ret) || say_failed_operation(view, ret) || say_error(view, ret)) {
        return;
    }
    say_health(view, ret);
    /* What is broken or cannot be told is so whether or not it is synced. Suspended is never only
     * paused: it is also what a Rollout in the middle of its steps makes of its Application. */
    uint32_t health = ret->status;
    if (cvg_kube_badness(health) < cvg_kube_badness(CVG_UNKNOWN) && say_out_of_sync(view, ret) &&
        cvg_kube_badness(health) > cvg_kube_badness(ret->status)) {
        ret->status = health;
    }
}

/* resource_customizations/argoproj.io/ApplicationSet/health.lua. ResourcesUpToDate is about the
 * Applications being made as asked for, not about their health. */
void cvg_kube_rule_applicationset(const struct cvg_kube_view *view,
                                  const struct cvg_kube_dwells *dwells,
                                  struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *error = cvg_kube_current(view, "ErrorOccurred");
    const struct cvg_kube_condition *rollout = cvg_kube_current(view, "RolloutProgressing");
    const struct cvg_kube_condition *done = cvg_kube_condition(view, "ResourcesUpToDate");
    if (cvg_kube_is(error, "True")) {
        cvg_kube_say_condition(ret, CVG_FAILED, error, CVG_KUBE_REASON_NOT_READY);
    } else if (cvg_kube_is(rollout, "True")) {
        cvg_kube_say_condition(ret, CVG_PROGRESSING, rollout, CVG_KUBE_REASON_PROGRESSING);
    } else if (cvg_kube_say_missing(view, "ResourcesUpToDate", ret)) {
        return;
    } else if (cvg_kube_is(done, "True")) {
        cvg_kube_say_ready(done, ret);
    } else {
        cvg_kube_say_not_yet(done, dwells->not_ready, ret);
    }
}

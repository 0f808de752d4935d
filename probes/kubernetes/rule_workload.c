/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deployment, StatefulSet, DaemonSet and ReplicaSet: what their controllers count. Counters only;
 * what the pods themselves say (a crash loop is known minutes before any deadline) is the check's
 * matter, which has the pods.
 *
 * done is a lower bound: pods that are not ready are taken to be of the newest
 * revision, since the counters do not tell.
 */
#include "rule.h"

#include <inttypes.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* What the API takes for "no deadline": the controller then never writes Progressing. */
#define NO_DEADLINE INT32_MAX

static int64_t clamp(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void say(struct cvg_kube_outcome *ret, enum cvg_kube_reason reason, const char *what,
                int64_t have)
{
    cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(reason), "%" PRId64 " of %" PRId64 " %s",
                 have, ret->total, what);
}

static void say_left(struct cvg_kube_outcome *ret, int64_t left)
{
    cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_OLD_REPLICAS_LEFT),
                 "%" PRId64 " more than the %" PRId64 " that are wanted have not gone yet", left,
                 ret->total);
}

static void say_by_hand(struct cvg_kube_outcome *ret, int64_t updated)
{
    /* Degraded, not progressing: nothing moves until somebody deletes pods. */
    cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_UPDATE_BY_HAND),
                 "%" PRId64 " of %" PRId64 " are of the newest revision; the others wait to be "
                 "deleted by hand (OnDelete)",
                 updated, ret->total);
}

static void say_rolled_out(struct cvg_kube_outcome *ret, int64_t since)
{
    if (ret->total == 0) {
        /* Every tool says ready; a policy that wants more asks for more (reference: decide). */
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_SCALED_TO_ZERO),
                     "no replica is wanted");
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_ROLLED_OUT),
                     "%" PRId64 " of %" PRId64 " are of the newest revision and ready", ret->done,
                     ret->total);
    }
    ret->since = since;
}

/* Argo CD (health_replicaset.go) says Degraded where kstatus says InProgress; quota, admission and
 * pod security rejections show here, and some go away by themselves within seconds. */
static int say_replica_failure(const struct cvg_kube_view *view,
                               const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *failure = cvg_kube_current(view, "ReplicaFailure");
    if (!cvg_kube_is(failure, "True")) {
        return 0;
    }
    cvg_kube_say_condition(ret, CVG_PROGRESSING, failure, CVG_KUBE_REASON_REPLICA_FAILURE);
    cvg_kube_worsen(ret, failure->changed_at, dwells->replica_failure, CVG_FAILED, ret->reason);
    return 1;
}

static int has_deadline(const struct cvg_kube_workload *workload)
{
    return workload->progress_deadline > 0 && workload->progress_deadline < NO_DEADLINE;
}

/* kstatus and kubectl look at the reason alone. It is not terminal: the controller takes it back
 * when there is progress, and so does this. */
static int say_deadline(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *progressing = cvg_kube_current(view, "Progressing");
    if (progressing == NULL || strcmp(progressing->reason, "ProgressDeadlineExceeded") != 0) {
        return 0;
    }
    cvg_kube_say_condition(ret, CVG_FAILED, progressing,
                           CVG_KUBE_REASON_PROGRESS_DEADLINE_EXCEEDED);
    return 1;
}

/* A finished rollout that loses its pods stays Progressing=True/NewReplicaSetAvailable for ever,
 * so that no deadline passes. Flagger (deployment_ready.go) therefore counts the same deadline from
 * Available=False; here from the latest progress, so that a new rollout gets its time. */
static void worsen_unavailable(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *available = cvg_kube_current(view, "Available");
    const struct cvg_kube_condition *progressing = cvg_kube_current(view, "Progressing");
    if (!cvg_kube_is(available, "False") || !has_deadline(&view->of.workload)) {
        return;
    }
    int64_t since = latest(available->changed_at, available->updated_at);
    if (progressing != NULL) {
        since = latest(since, latest(progressing->changed_at, progressing->updated_at));
    }
    cvg_kube_worsen(ret, since, view->of.workload.progress_deadline * SECOND, CVG_FAILED,
                    cvg_kube_reason(CVG_KUBE_REASON_REPLICAS_UNAVAILABLE));
}

/* Nothing is missing by the counters: kstatus (core.go) wants both conditions as well, since the
 * counters of a rollout that begins look the same for a moment. */
static void say_by_conditions(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *available = cvg_kube_current(view, "Available");
    const struct cvg_kube_condition *progressing = cvg_kube_current(view, "Progressing");
    if (available == NULL || (progressing == NULL && has_deadline(&view->of.workload))) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "the condition %s is missing",
                     available == NULL ? "Available" : "Progressing");
    } else if (has_deadline(&view->of.workload) &&
               (!cvg_kube_is(progressing, "True") ||
                strcmp(progressing->reason, "NewReplicaSetAvailable") != 0)) {
        cvg_kube_say_condition(ret, CVG_PROGRESSING, progressing,
                               CVG_KUBE_REASON_REPLICAS_UPDATING);
    } else if (!cvg_kube_is(available, "True")) {
        cvg_kube_say_condition(ret, CVG_PROGRESSING, available,
                               CVG_KUBE_REASON_REPLICAS_UNAVAILABLE);
    } else {
        say_rolled_out(
            ret, latest(available->changed_at, progressing == NULL ? 0 : progressing->updated_at));
    }
}

/* The controller writes DeploymentPaused into Progressing whether or not the rollout had ended: the
 * counters part the two, and Progressing where it still tells of the rollout. */
static int is_only_paused(const struct cvg_kube_view *view)
{
    const struct cvg_kube_workload *of = &view->of.workload;
    const struct cvg_kube_condition *progressing = cvg_kube_current(view, "Progressing");
    if (of->updated < of->wanted || of->current != of->wanted ||
        cvg_kube_current_is(view, "Available") != 1) {
        return 0;
    }
    return !has_deadline(of) ||
           (progressing != NULL && (strcmp(progressing->reason, "NewReplicaSetAvailable") == 0 ||
                                    strcmp(progressing->reason, "DeploymentPaused") == 0));
}

/* kstatus (core.go) and kubectl (rollout_status.go), with old pods that have not gone counted as
 * progress that is missing; Helm's wait calls both that and zero ready pods ready. Paused is Argo
 * CD's Suspended. */
void cvg_kube_rule_deployment(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_workload *of = &view->of.workload;
    int64_t available = least(of->ready, of->available);
    ret->total = of->wanted;
    ret->done = clamp(least(of->updated, of->updated - (of->current - available)), of->wanted);
    if (say_deadline(view, ret) || say_replica_failure(view, dwells, ret)) {
        return;
    }
    /* Paused in the middle, a rollout does not move. Where pods are missing it is still the
     * counters' turn: the controllers replace them, paused or not. */
    if (of->paused && available >= of->wanted) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_SUSPENDED),
                     "paused with %" PRId64 " of %" PRId64 " of the newest revision",
                     clamp(of->updated, of->wanted), of->wanted);
        ret->only_paused = is_only_paused(view);
        return;
    }
    if (of->current < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_STARTING, "exist", of->current);
    } else if (of->updated < of->wanted && !of->paused) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UPDATING, "are of the newest revision", of->updated);
    } else if (of->ready < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNREADY, "are ready", of->ready);
    } else if (available < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNAVAILABLE, "are available", available);
    } else if (of->current > of->wanted) {
        say_left(ret, of->current - of->wanted);
    } else {
        say_by_conditions(view, ret);
    }
    if (ret->status == CVG_PROGRESSING) {
        worsen_unavailable(view, ret);
    }
}

/* The controller lets so many pods keep the old revision on purpose. */
static int64_t kept_old(const struct cvg_kube_workload *of)
{
    return of->partition == CVG_KUBE_ABSENT ? 0 : clamp(of->partition, of->wanted);
}

static void say_set_updated(const struct cvg_kube_workload *of, struct cvg_kube_outcome *ret)
{
    int64_t old = kept_old(of);
    if (of->update == CVG_KUBE_ON_DELETE && of->updated < of->wanted) {
        say_by_hand(ret, of->updated);
    } else if (of->updated < of->wanted - old) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UPDATING, "are of the newest revision", of->updated);
    } else if (of->update == CVG_KUBE_ROLLING && old == 0 && *of->update_revision != '\0' &&
               strcmp(of->current_revision, of->update_revision) != 0) {
        /* kubectl and kstatus skip this where partition is there, as it always is once the server
         * filled in defaults; Helm (ready.go) looks. */
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_REPLICAS_UPDATING),
                     "revision %s has not taken the place of %s yet", of->update_revision,
                     of->current_revision);
    } else {
        say_rolled_out(ret, 0);
        if (old > 0) {
            cvg_kube_say(ret, CVG_READY, ret->reason,
                         "rolled out up to its partition: %" PRId64 " of %" PRId64
                         " may keep the older revision",
                         old, of->wanted);
        }
    }
}

/* kstatus (core.go), and minReadySeconds, which none of the tools looks at. OnDelete is compared
 * by updatedReplicas, where kstatus, Argo CD and Helm call it ready whatever the pods do. */
void cvg_kube_rule_statefulset(const struct cvg_kube_view *view,
                               const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_workload *of = &view->of.workload;
    int64_t right = least(least(of->updated, of->current) + kept_old(of), of->current);
    (void)dwells;
    ret->total = of->wanted;
    ret->done = clamp(right - (of->current - least(of->ready, of->current)), of->wanted);
    if (of->current < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_STARTING, "exist", of->current);
    } else if (of->ready < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNREADY, "are ready", of->ready);
    } else if (of->min_ready_seconds > 0 && of->available < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNAVAILABLE, "are available", of->available);
    } else if (of->current > of->wanted) {
        say_left(ret, of->current - of->wanted);
    } else {
        say_set_updated(of, ret);
    }
}

/* Nowhere is ready for every tool. A set that runs where it should not and nowhere where it should
 * is a selector that does not mean what was meant. */
static void say_nowhere(const struct cvg_kube_workload *of, struct cvg_kube_outcome *ret)
{
    if (of->misscheduled > 0) {
        cvg_kube_say(ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_MISSCHEDULED),
                     "no node is to run it, and %" PRId64 " do", of->misscheduled);
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_SCALED_TO_ZERO),
                     "no node is to run it");
    }
}

/* kstatus (core.go): each counter against desiredNumberScheduled; OnDelete as for StatefulSets. */
void cvg_kube_rule_daemonset(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                             struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_workload *of = &view->of.workload;
    (void)dwells;
    if (of->wanted == CVG_KUBE_ABSENT) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND),
                     "the nodes that are to run it have not been counted yet");
        return;
    }
    int64_t available = least(of->ready, of->available);
    ret->total = of->wanted;
    ret->done = clamp(of->updated - (of->current - available), of->wanted);
    if (of->wanted == 0) {
        say_nowhere(of, ret);
    } else if (of->current < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_STARTING, "exist", of->current);
    } else if (of->update == CVG_KUBE_ON_DELETE && of->updated < of->wanted &&
               available >= of->wanted) {
        say_by_hand(ret, of->updated);
    } else if (of->update != CVG_KUBE_ON_DELETE && of->updated < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UPDATING, "are of the newest revision", of->updated);
    } else if (of->ready < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNREADY, "are ready", of->ready);
    } else if (available < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNAVAILABLE, "are available", available);
    } else {
        say_rolled_out(ret, 0);
    }
}

/* kstatus (core.go), with ReplicaFailure as Argo CD has it. */
void cvg_kube_rule_replicaset(const struct cvg_kube_view *view,
                              const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_workload *of = &view->of.workload;
    int64_t available = least(of->ready, of->available);
    ret->total = of->wanted;
    ret->done = clamp(available, of->wanted);
    if (say_replica_failure(view, dwells, ret)) {
        return;
    }
    if (of->current < of->wanted || of->labeled < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_STARTING, "exist", least(of->current, of->labeled));
    } else if (of->ready < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNREADY, "are ready", of->ready);
    } else if (available < of->wanted) {
        say(ret, CVG_KUBE_REASON_REPLICAS_UNAVAILABLE, "are available", available);
    } else if (of->current > of->wanted) {
        say_left(ret, of->current - of->wanted);
    } else {
        say_rolled_out(ret, 0);
    }
}

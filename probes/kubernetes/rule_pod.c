/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pod. Init containers, sidecars (init containers with restartPolicy Always) and the others are
 * judged alike: kstatus and Argo CD look at the others only, and so wait for ever on an init
 * container whose image is not there.
 */
#include "rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int ends(const char *text, const char *with)
{
    size_t length = strlen(text), tail = strlen(with);
    return length >= tail && strcmp(text + length - tail, with) == 0;
}

/* Argo CD's pattern (health_pod.go), and the words of the kubelet that it misses. What is left
 * (ContainerCreating, PodInitializing) goes away by itself. */
static int is_trouble(const char *reason)
{
    static const char *const others[] = {"InvalidImageName", "RegistryUnavailable",
                                         "SignatureValidationFailed"};
    if (begins(reason, "Err") || ends(reason, "Error") || ends(reason, "BackOff")) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(reason, others[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *cvg_kube_pod_trouble(const struct cvg_kube_view *view,
                                 const struct cvg_kube_container **ret_container)
{
    const struct cvg_kube_pod *of = &view->of.pod;
    for (size_t i = 0; i < of->container_count; i++) {
        if (is_trouble(of->containers[i].waiting_reason)) {
            *ret_container = &of->containers[i];
            return of->containers[i].waiting_reason;
        }
    }
    *ret_container = NULL;
    return "";
}

/* " (exit code 137, OOMKilled)"; "" where it has not ended before. */
static void describe_end(const char *reason, int64_t exit_code, char *ret, size_t size)
{
    ret[0] = '\0';
    if (exit_code != CVG_KUBE_ABSENT) {
        (void)snprintf(ret, size, " (exit code %" PRId64 "%s%.40s)", exit_code,
                       *reason == '\0' ? "" : ", ", reason);
    }
}

static int say_trouble(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_container *container;
    const char *trouble = cvg_kube_pod_trouble(view, &container);
    char end[96];
    if (container == NULL) {
        return 0;
    }
    describe_end(container->last_reason, container->last_exit_code, end, sizeof(end));
    cvg_kube_say(ret, CVG_FAILED, cvg_kube_own_reason(trouble, CVG_KUBE_REASON_POD_FAILED),
                 "container %s is in %s%s%s%s", container->name, trouble, end,
                 *container->waiting_message == '\0' ? "" : ": ", container->waiting_message);
    ret->since = container->last_finished_at;
    return 1;
}

/* With restartPolicy Never nobody starts it again, while its neighbours keep the phase Running. */
static int say_dead_container(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_pod *of = &view->of.pod;
    if (strcmp(of->restart_policy, "Never") != 0) {
        return 0;
    }
    for (size_t i = 0; i < of->container_count; i++) {
        const struct cvg_kube_container *container = &of->containers[i];
        if (!container->sidecar && container->exit_code != CVG_KUBE_ABSENT &&
            container->exit_code != 0) {
            cvg_kube_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_POD_FAILED),
                         "container %s ended with exit code %" PRId64
                         " and is not to be started again",
                         container->name, container->exit_code);
            return 1;
        }
    }
    return 0;
}

static void say_failed(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_pod *of = &view->of.pod;
    const char *reason = cvg_kube_own_reason(of->reason, CVG_KUBE_REASON_POD_FAILED);
    char end[96] = "";
    for (size_t i = 0; i < of->container_count && end[0] == '\0'; i++) {
        if (of->containers[i].exit_code > 0) {
            describe_end(of->containers[i].terminated_reason, of->containers[i].exit_code, end,
                         sizeof(end));
        }
    }
    cvg_kube_say(ret, CVG_FAILED, reason, "the pod failed%s%s%s", end,
                 *of->message == '\0' ? "" : ": ", of->message);
}

/* kstatus gives an unschedulable pod 15 s; an autoscaler that adds a node needs longer. A
 * scheduling gate is meant by whoever set it, and so no matter of time. */
static void say_pending(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                        struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *scheduled = cvg_kube_current(view, "PodScheduled");
    if (view->of.pod.gated ||
        (cvg_kube_is(scheduled, "False") && strcmp(scheduled->reason, "SchedulingGated") == 0)) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_SCHEDULING_GATED),
                     "a scheduling gate holds it");
    } else if (cvg_kube_is(scheduled, "False")) {
        /* Unschedulable, or SchedulerError, which is a fault as well. */
        cvg_kube_say_condition(ret, CVG_PROGRESSING, scheduled, CVG_KUBE_REASON_UNSCHEDULABLE);
        cvg_kube_worsen(ret, scheduled->changed_at, dwells->unschedulable, CVG_FAILED, ret->reason);
    } else {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_POD_PENDING),
                     *view->of.pod.node == '\0' ? "not scheduled yet" : "its containers start");
        ret->since = view->meta.created_at;
    }
}

static void say_not_ready(const struct cvg_kube_view *view,
                          const struct cvg_kube_condition *condition, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_pod *of = &view->of.pod;
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_POD_NOT_READY);
    char end[96] = "";
    /* The node controller writes Ready=False without a reason and leaves all else as it was. */
    if (cvg_kube_current_is(view, "ContainersReady") == 1 && *condition->reason == '\0') {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_NODE_UNKNOWN),
                     "its node %s does not answer", of->node);
        ret->since = condition->changed_at;
        return;
    }
    const struct cvg_kube_container *dead = NULL;
    for (size_t i = 0; i < of->container_count && dead == NULL; i++) {
        if (!of->containers[i].ready && of->containers[i].last_exit_code != CVG_KUBE_ABSENT &&
            (!of->containers[i].init || of->containers[i].sidecar)) {
            dead = &of->containers[i];
        }
    }
    if (dead != NULL) {
        describe_end(dead->last_reason, dead->last_exit_code, end, sizeof(end));
        cvg_kube_say(ret, CVG_PROGRESSING, reason,
                     "container %s is not ready and ended before%s; restarts: %" PRId64, dead->name,
                     end, dead->restarts);
    } else {
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "%s",
                     *condition->message == '\0' ? "not ready" : condition->message);
    }
    ret->since = condition->changed_at;
}

static void say_running(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *ready = cvg_kube_current(view, "Ready");
    const struct cvg_kube_condition *disrupted = cvg_kube_current(view, "DisruptionTarget");
    if (ready == NULL) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "the condition Ready is missing");
    } else if (!cvg_kube_is(ready, "True")) {
        say_not_ready(view, ready, ret);
    } else if (cvg_kube_is(disrupted, "True")) {
        /* Its deletion follows at once. */
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_TERMINATING),
                     "about to be put out (%s)", disrupted->reason);
        ret->since = disrupted->changed_at;
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
        ret->since = ready->changed_at;
    }
}

static void count(const struct cvg_kube_pod *of, struct cvg_kube_outcome *ret)
{
    for (size_t i = 0; i < of->container_count; i++) {
        const struct cvg_kube_container *container = &of->containers[i];
        if (!container->init || container->sidecar) {
            ret->total++;
            ret->done += container->ready != 0;
        }
    }
}

/* Argo CD (health_pod.go); kstatus calls a failed pod ready, since it has ended. */
void cvg_kube_rule_pod(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                       struct cvg_kube_outcome *ret)
{
    const char *phase = view->of.pod.phase;
    count(&view->of.pod, ret);
    if (strcmp(phase, "Failed") == 0) {
        say_failed(view, ret);
    } else if (strcmp(phase, "Succeeded") == 0) {
        ret->done = ret->total;
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_COMPLETE), "it succeeded");
    } else if (say_trouble(view, ret) || say_dead_container(view, ret)) {
        return;
    } else if (strcmp(phase, "Pending") == 0) {
        say_pending(view, dwells, ret);
    } else if (strcmp(phase, "Running") == 0) {
        say_running(view, ret);
    } else {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                     "its phase is %s", *phase == '\0' ? "not told" : phase);
    }
}

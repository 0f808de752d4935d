/* SPDX-License-Identifier: Apache-2.0 */
/* Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob from JSON; see json.h. */
#include "json.h"

static struct cvg_kube_workload *begin(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    struct cvg_kube_workload *ret = &draft->view->of.workload;
    *ret = (struct cvg_kube_workload){.progress_deadline = CVG_KUBE_ABSENT,
                                      .partition = CVG_KUBE_ABSENT,
                                      .current_revision = "",
                                      .update_revision = "",
                                      .revision = "",
                                      .template_hash = ""};
    /* These kinds always say which generation they have seen; 0 is none. */
    draft->view->observed_generation = cvg_kube_draft_serial(
        draft, cvg_kube_json_number(draft, json->status, "observedGeneration", 0));
    ret->wanted = cvg_kube_json_count(draft, json->spec, "replicas", 1);
    ret->min_ready_seconds = cvg_kube_json_count(draft, json->spec, "minReadySeconds", 0);
    ret->current = cvg_kube_json_count(draft, json->status, "replicas", 0);
    ret->updated = cvg_kube_json_count(draft, json->status, "updatedReplicas", 0);
    ret->ready = cvg_kube_json_count(draft, json->status, "readyReplicas", 0);
    ret->available = cvg_kube_json_count(draft, json->status, "availableReplicas", 0);
    return ret;
}

void cvg_kube_json_deployment(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    struct cvg_kube_workload *ret = begin(json);
    ret->unavailable = cvg_kube_json_count(draft, json->status, "unavailableReplicas", 0);
    ret->progress_deadline =
        cvg_kube_json_count(draft, json->spec, "progressDeadlineSeconds", CVG_KUBE_ABSENT);
    ret->update = cvg_kube_draft_update(
        cvg_kube_json_text(draft, cvg_kube_node_get(json->spec, "strategy"), "type"));
    ret->paused = cvg_kube_json_true(json->spec, "paused", 0);
}

void cvg_kube_json_statefulset(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    const struct cvg_kube_node *strategy = cvg_kube_node_get(json->spec, "updateStrategy");
    struct cvg_kube_workload *ret = begin(json);
    ret->current_replicas = cvg_kube_json_count(draft, json->status, "currentReplicas", 0);
    ret->current_revision = cvg_kube_json_text(draft, json->status, "currentRevision");
    ret->update_revision = cvg_kube_json_text(draft, json->status, "updateRevision");
    ret->update = cvg_kube_draft_update(cvg_kube_json_text(draft, strategy, "type"));
    ret->partition = cvg_kube_json_count(draft, cvg_kube_node_get(strategy, "rollingUpdate"),
                                         "partition", CVG_KUBE_ABSENT);
}

void cvg_kube_json_daemonset(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    const struct cvg_kube_node *status = json->status;
    struct cvg_kube_workload *ret = begin(json);
    ret->wanted = cvg_kube_json_count(draft, status, "desiredNumberScheduled", CVG_KUBE_ABSENT);
    ret->current = cvg_kube_json_count(draft, status, "currentNumberScheduled", 0);
    ret->misscheduled = cvg_kube_json_count(draft, status, "numberMisscheduled", 0);
    ret->updated = cvg_kube_json_count(draft, status, "updatedNumberScheduled", 0);
    ret->ready = cvg_kube_json_count(draft, status, "numberReady", 0);
    ret->available = cvg_kube_json_count(draft, status, "numberAvailable", 0);
    ret->unavailable = cvg_kube_json_count(draft, status, "numberUnavailable", 0);
    ret->update = cvg_kube_draft_update(
        cvg_kube_json_text(draft, cvg_kube_node_get(json->spec, "updateStrategy"), "type"));
}

void cvg_kube_json_replicaset(const struct cvg_kube_json *json)
{
    struct cvg_kube_workload *ret = begin(json);
    ret->labeled = cvg_kube_json_count(json->draft, json->status, "fullyLabeledReplicas", 0);
}

void cvg_kube_json_job(const struct cvg_kube_json *json)
{
    struct cvg_kube_draft *draft = json->draft;
    struct cvg_kube_job *ret = &draft->view->of.job;
    *ret = (struct cvg_kube_job){0};
    ret->completions = cvg_kube_json_count(draft, json->spec, "completions", CVG_KUBE_ABSENT);
    ret->parallelism = cvg_kube_json_count(draft, json->spec, "parallelism", 1);
    ret->backoff_limit = cvg_kube_json_count(draft, json->spec, "backoffLimit", 6);
    ret->ttl_after_finished =
        cvg_kube_json_count(draft, json->spec, "ttlSecondsAfterFinished", CVG_KUBE_ABSENT);
    ret->suspended = cvg_kube_json_true(json->spec, "suspend", 0);
    ret->active = cvg_kube_json_count(draft, json->status, "active", 0);
    ret->succeeded = cvg_kube_json_count(draft, json->status, "succeeded", 0);
    ret->failed = cvg_kube_json_count(draft, json->status, "failed", 0);
    ret->started_at = cvg_kube_json_time(json->status, "startTime");
    ret->completed_at = cvg_kube_json_time(json->status, "completionTime");
}

void cvg_kube_json_cronjob(const struct cvg_kube_json *json)
{
    struct cvg_kube_job *ret = &json->draft->view->of.job;
    *ret = (struct cvg_kube_job){.completions = CVG_KUBE_ABSENT,
                                 .ttl_after_finished = CVG_KUBE_ABSENT};
    ret->suspended = cvg_kube_json_true(json->spec, "suspend", 0);
    ret->active = (int64_t)cvg_kube_json_size(cvg_kube_node_get(json->status, "active"));
    ret->last_scheduled_at = cvg_kube_json_time(json->status, "lastScheduleTime");
    ret->last_succeeded_at = cvg_kube_json_time(json->status, "lastSuccessfulTime");
}

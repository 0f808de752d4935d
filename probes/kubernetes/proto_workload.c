/* SPDX-License-Identifier: Apache-2.0 */
/* Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob from protobuf; see proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

static int64_t replicas(struct cvg_kube_draft *draft, int has, int32_t value)
{
    return has ? cvg_kube_draft_count(draft, value) : 1;
}

static struct cvg_kube_workload *begin(struct cvg_kube_draft *draft)
{
    draft->view->of.workload = (struct cvg_kube_workload){.wanted = 1,
                                                          .progress_deadline = CVG_KUBE_ABSENT,
                                                          .partition = CVG_KUBE_ABSENT,
                                                          .current_revision = "",
                                                          .update_revision = "",
                                                          .revision = "",
                                                          .template_hash = ""};
    /* These kinds always say which generation they have seen; 0 is none. */
    draft->view->observed_generation = 0;
    return &draft->view->of.workload;
}

void cvg_kube_proto_deployment(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Deployment *deployment = (const void *)message;
    const Kube__DeploymentSpec *spec = deployment->spec;
    const Kube__DeploymentStatus *status = deployment->status;
    struct cvg_kube_workload *ret = begin(draft);
    cvg_kube_proto_meta(draft, deployment->metadata);
    if (spec != NULL) {
        ret->wanted = replicas(draft, spec->has_replicas, spec->replicas);
        ret->min_ready_seconds = cvg_kube_draft_count(draft, spec->minreadyseconds);
        if (spec->has_progressdeadlineseconds) {
            ret->progress_deadline = cvg_kube_draft_count(draft, spec->progressdeadlineseconds);
        }
        ret->update = cvg_kube_draft_update(spec->strategy == NULL ? NULL : spec->strategy->type);
        ret->paused = spec->paused;
    }
    if (status != NULL) {
        draft->view->observed_generation = cvg_kube_draft_serial(draft, status->observedgeneration);
        ret->current = cvg_kube_draft_count(draft, status->replicas);
        ret->updated = cvg_kube_draft_count(draft, status->updatedreplicas);
        ret->ready = cvg_kube_draft_count(draft, status->readyreplicas);
        ret->available = cvg_kube_draft_count(draft, status->availablereplicas);
        ret->unavailable = cvg_kube_draft_count(draft, status->unavailablereplicas);
        cvg_kube_proto_updated(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_statefulset(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__StatefulSet *set = (const void *)message;
    const Kube__StatefulSetSpec *spec = set->spec;
    const Kube__StatefulSetStatus *status = set->status;
    struct cvg_kube_workload *ret = begin(draft);
    cvg_kube_proto_meta(draft, set->metadata);
    if (spec != NULL) {
        const Kube__StatefulSetUpdateStrategy *strategy = spec->updatestrategy;
        ret->wanted = replicas(draft, spec->has_replicas, spec->replicas);
        ret->min_ready_seconds = cvg_kube_draft_count(draft, spec->minreadyseconds);
        ret->update = cvg_kube_draft_update(strategy == NULL ? NULL : strategy->type);
        if (strategy != NULL && strategy->rollingupdate != NULL &&
            strategy->rollingupdate->has_partition) {
            ret->partition = cvg_kube_draft_count(draft, strategy->rollingupdate->partition);
        }
    }
    if (status != NULL) {
        draft->view->observed_generation = cvg_kube_draft_serial(draft, status->observedgeneration);
        ret->current = cvg_kube_draft_count(draft, status->replicas);
        ret->current_replicas = cvg_kube_draft_count(draft, status->currentreplicas);
        ret->updated = cvg_kube_draft_count(draft, status->updatedreplicas);
        ret->ready = cvg_kube_draft_count(draft, status->readyreplicas);
        ret->available = cvg_kube_draft_count(draft, status->availablereplicas);
        ret->current_revision = cvg_kube_draft_text(draft, status->currentrevision);
        ret->update_revision = cvg_kube_draft_text(draft, status->updaterevision);
        cvg_kube_proto_brief(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_daemonset(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__DaemonSet *set = (const void *)message;
    const Kube__DaemonSetSpec *spec = set->spec;
    const Kube__DaemonSetStatus *status = set->status;
    struct cvg_kube_workload *ret = begin(draft);
    ret->wanted = CVG_KUBE_ABSENT;
    cvg_kube_proto_meta(draft, set->metadata);
    if (spec != NULL) {
        ret->min_ready_seconds = cvg_kube_draft_count(draft, spec->minreadyseconds);
        ret->update =
            cvg_kube_draft_update(spec->updatestrategy == NULL ? NULL : spec->updatestrategy->type);
    }
    if (status != NULL) {
        draft->view->observed_generation = cvg_kube_draft_serial(draft, status->observedgeneration);
        if (status->has_desirednumberscheduled) {
            ret->wanted = cvg_kube_draft_count(draft, status->desirednumberscheduled);
        }
        ret->current = cvg_kube_draft_count(draft, status->currentnumberscheduled);
        ret->misscheduled = cvg_kube_draft_count(draft, status->numbermisscheduled);
        ret->updated = cvg_kube_draft_count(draft, status->updatednumberscheduled);
        ret->ready = cvg_kube_draft_count(draft, status->numberready);
        ret->available = cvg_kube_draft_count(draft, status->numberavailable);
        ret->unavailable = cvg_kube_draft_count(draft, status->numberunavailable);
        cvg_kube_proto_brief(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_replicaset(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__ReplicaSet *set = (const void *)message;
    const Kube__ReplicaSetSpec *spec = set->spec;
    const Kube__ReplicaSetStatus *status = set->status;
    struct cvg_kube_workload *ret = begin(draft);
    cvg_kube_proto_meta(draft, set->metadata);
    if (spec != NULL) {
        ret->wanted = replicas(draft, spec->has_replicas, spec->replicas);
        ret->min_ready_seconds = cvg_kube_draft_count(draft, spec->minreadyseconds);
    }
    if (status != NULL) {
        draft->view->observed_generation = cvg_kube_draft_serial(draft, status->observedgeneration);
        ret->current = cvg_kube_draft_count(draft, status->replicas);
        ret->labeled = cvg_kube_draft_count(draft, status->fullylabeledreplicas);
        ret->ready = cvg_kube_draft_count(draft, status->readyreplicas);
        ret->available = cvg_kube_draft_count(draft, status->availablereplicas);
        cvg_kube_proto_brief(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_job(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Job *job = (const void *)message;
    const Kube__JobSpec *spec = job->spec;
    const Kube__JobStatus *status = job->status;
    struct cvg_kube_job *ret = &draft->view->of.job;
    *ret = (struct cvg_kube_job){.completions = CVG_KUBE_ABSENT,
                                 .parallelism = 1,
                                 .backoff_limit = 6,
                                 .ttl_after_finished = CVG_KUBE_ABSENT};
    cvg_kube_proto_meta(draft, job->metadata);
    if (spec != NULL) {
        if (spec->has_completions) {
            ret->completions = cvg_kube_draft_count(draft, spec->completions);
        }
        ret->parallelism = replicas(draft, spec->has_parallelism, spec->parallelism);
        if (spec->has_backofflimit) {
            ret->backoff_limit = cvg_kube_draft_count(draft, spec->backofflimit);
        }
        if (spec->has_ttlsecondsafterfinished) {
            ret->ttl_after_finished = cvg_kube_draft_count(draft, spec->ttlsecondsafterfinished);
        }
        ret->suspended = spec->suspend;
    }
    if (status != NULL) {
        ret->active = cvg_kube_draft_count(draft, status->active);
        ret->succeeded = cvg_kube_draft_count(draft, status->succeeded);
        ret->failed = cvg_kube_draft_count(draft, status->failed);
        ret->started_at = CVG_KUBE_PROTO_TIME(draft, status, starttime);
        ret->completed_at = CVG_KUBE_PROTO_TIME(draft, status, completiontime);
        cvg_kube_proto_probed(draft, status->conditions, status->n_conditions);
    }
}

void cvg_kube_proto_cronjob(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__CronJob *job = (const void *)message;
    struct cvg_kube_job *ret = &draft->view->of.job;
    *ret = (struct cvg_kube_job){.completions = CVG_KUBE_ABSENT,
                                 .ttl_after_finished = CVG_KUBE_ABSENT};
    cvg_kube_proto_meta(draft, job->metadata);
    ret->suspended = job->spec != NULL && job->spec->suspend;
    if (job->status != NULL) {
        ret->active = (int64_t)job->status->n_active;
        ret->last_scheduled_at = CVG_KUBE_PROTO_TIME(draft, job->status, lastscheduletime);
        ret->last_succeeded_at = CVG_KUBE_PROTO_TIME(draft, job->status, lastsuccessfultime);
    }
}

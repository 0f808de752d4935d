/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Job and CronJob. A Job that runs is on its way: kstatus calls it ready, and Helm's old wait calls
 * one without completions ready at once, which is no answer to "has the migration run?".
 */
#include "rule.h"

#include <inttypes.h>

/* Set while pods are still being stopped, before Failed or Complete (kubernetes/api batch/v1): the
 * end is known, but it is not there yet. */
static int say_ending(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    static const char *const types[] = {"FailureTarget", "SuccessCriteriaMet"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct cvg_kube_condition *ending = cvg_kube_current(view, types[i]);
        if (cvg_kube_is(ending, "True")) {
            cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_JOB_RUNNING),
                         "%s (%s): its pods are being stopped", types[i], ending->reason);
            ret->since = ending->changed_at;
            return 1;
        }
    }
    return 0;
}

/* Argo CD (health_job.go) and Helm 4's own reader (job_status_reader.go). */
void cvg_kube_rule_job(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                       struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_job *of = &view->of.job;
    const struct cvg_kube_condition *failed = cvg_kube_current(view, "Failed");
    const struct cvg_kube_condition *complete = cvg_kube_current(view, "Complete");
    (void)dwells;
    if (of->completions != CVG_KUBE_ABSENT) {
        ret->total = of->completions;
        ret->done = of->succeeded < of->completions ? of->succeeded : of->completions;
    }
    if (cvg_kube_is(failed, "True")) {
        cvg_kube_say_condition(ret, CVG_FAILED, failed, CVG_KUBE_REASON_JOB_FAILED);
    } else if (cvg_kube_is(complete, "True")) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_COMPLETE),
                     "%" PRId64 " succeeded", of->succeeded);
        ret->since = complete->changed_at;
    } else if (say_ending(view, ret)) {
        return;
    } else if (of->suspended || cvg_kube_current_is(view, "Suspended") == 1) {
        /* Never ready by being meant: the work that it is for has not been done. */
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_SUSPENDED),
                     "suspended, %" PRId64 " succeeded", of->succeeded);
    } else if (of->started_at == 0) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_JOB_WAITING),
                     "not started yet");
    } else {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_JOB_RUNNING),
                     "%" PRId64 " active, %" PRId64 " succeeded, %" PRId64 " failed", of->active,
                     of->succeeded, of->failed);
        ret->since = of->started_at;
    }
}

/* Argo CD (batch/CronJob/health.lua), with times compared as times. It calls one that ran and
 * never succeeded healthy; a controller that writes lastScheduleTime also writes
 * lastSuccessfulTime, so here that is not known to be in order. */
static void judge_runs(const struct cvg_kube_job *of, struct cvg_kube_outcome *ret)
{
    const char *ready = cvg_kube_reason(CVG_KUBE_REASON_READY);
    if (of->active > 0) {
        cvg_kube_say(ret, CVG_READY, ready, "%" PRId64 " running", of->active);
    } else if (of->last_scheduled_at == 0) {
        cvg_kube_say(ret, CVG_READY, ready, "has not been due yet");
    } else if (of->last_succeeded_at == 0) {
        cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NEVER_SUCCEEDED),
                     "it ran, and no run of it is known to have succeeded");
        ret->since = of->last_scheduled_at;
    } else if (of->last_succeeded_at < of->last_scheduled_at) {
        cvg_kube_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_LAST_RUN_FAILED),
                     "its latest run did not succeed");
        ret->since = of->last_scheduled_at;
    } else {
        cvg_kube_say(ret, CVG_READY, ready, "its latest run succeeded");
        ret->since = of->last_succeeded_at;
    }
}

void cvg_kube_rule_cronjob(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    (void)dwells;
    judge_runs(&view->of.job, ret);
    if (view->of.job.suspended) {
        cvg_kube_suspend(ret);
    }
}

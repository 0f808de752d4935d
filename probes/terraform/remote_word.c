/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run and an assessment say about a workspace. Statuses of runs are those of hashicorp/go-tfe run.go;
 * one that is not known is unknown. Words of a run or an assessment (messages of errors) are never shown:
 * they may have values in them.
 */
#include "kit/printable.h"
#include "reason.h"
#include "remote_decode.h"
#include "remote_reason.h"

#include <convergate/reading.h>

#include <stdio.h>
#include <string.h>

enum run_class {
    RUN_UNKNOWN = 0,
    RUN_MOVING,  /* by itself */
    RUN_WAITING, /* for a person */
    RUN_APPLIED,
    RUN_NOTHING_TO_APPLY,
    RUN_STOPPED, /* errored, canceled, discarded */
};

static enum run_class class_of(const char *status)
{
    static const struct {
        const char *status;
        enum run_class class;
    } table[] = {
        {"pending", RUN_MOVING},
        {"fetching", RUN_MOVING},
        {"fetching_completed", RUN_MOVING},
        {"pre_plan_running", RUN_MOVING},
        {"pre_plan_completed", RUN_MOVING},
        {"queuing", RUN_MOVING},
        {"plan_queued", RUN_MOVING},
        {"planning", RUN_MOVING},
        {"cost_estimating", RUN_MOVING},
        {"cost_estimated", RUN_MOVING},
        {"policy_checking", RUN_MOVING},
        {"policy_checked", RUN_MOVING},
        {"tf_policy_checked", RUN_MOVING},
        {"post_plan_running", RUN_MOVING},
        {"post_plan_completed", RUN_MOVING},
        {"confirmed", RUN_MOVING},
        {"pre_apply_running", RUN_MOVING},
        {"pre_apply_completed", RUN_MOVING},
        {"queuing_apply", RUN_MOVING},
        {"apply_queued", RUN_MOVING},
        {"applying", RUN_MOVING},
        {"post_apply_running", RUN_MOVING},
        {"post_apply_completed", RUN_MOVING},
        {"assessing", RUN_MOVING},
        {"planned", RUN_WAITING},
        {"planned_and_saved", RUN_WAITING},
        {"policy_override", RUN_WAITING},
        {"policy_soft_failed", RUN_WAITING},
        {"tf_policy_override", RUN_WAITING},
        {"post_plan_awaiting_decision", RUN_WAITING},
        {"pre_plan_awaiting_decision", RUN_WAITING},
        {"applied", RUN_APPLIED},
        {"planned_and_finished", RUN_NOTHING_TO_APPLY},
        {"errored", RUN_STOPPED},
        {"canceled", RUN_STOPPED},
        {"discarded", RUN_STOPPED},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].status, status) == 0) {
            return table[i].class;
        }
    }
    return RUN_UNKNOWN;
}

int cvg_tf_remote_is_open(const struct cvg_tf_remote_run *run)
{
    enum run_class class = class_of(run->status);
    return class == RUN_MOVING || class == RUN_WAITING;
}

struct meaning {
    uint32_t status;
    const char *reason, *words; /* words: behind "run ID is STATUS" */
};

/* An apply that was limited, or that took away, is not what the configuration declares. */
static struct meaning of_applied(const struct cvg_tf_remote_run *run)
{
    if (run->is_destroy != 0) {
        return run->is_destroy == 1
                   ? (struct meaning){CVG_PROGRESSING, CVG_TF_RUN_DESTROYED,
                                      ", and took everything away"}
                   : (struct meaning){CVG_UNKNOWN, CVG_TF_RUN_UNCLEAR,
                                      ", and does not say whether it was a destroy"};
    }
    if (run->is_targeted) {
        return (struct meaning){CVG_UNKNOWN, cvg_tf_reason(CVG_TF_REASON_RUN_TARGETED),
                                ", limited to some addresses: the rest was not looked at"};
    }
    return (struct meaning){CVG_READY, CVG_TF_RUN_APPLIED, ""};
}

static struct meaning of_run(const struct cvg_tf_remote_run *run)
{
    if (run->plan_only == 1) {
        return (struct meaning){CVG_UNKNOWN, CVG_TF_RUN_UNCLEAR, ", and only a plan"};
    }
    switch (class_of(run->status)) {
    case RUN_MOVING:
        return (struct meaning){CVG_PROGRESSING, CVG_TF_RUN_IN_PROGRESS, ""};
    case RUN_WAITING:
        return (struct meaning){CVG_PROGRESSING, CVG_TF_RUN_WAITING, ": it waits for a person"};
    case RUN_APPLIED:
        return of_applied(run);
    case RUN_NOTHING_TO_APPLY:
        if (run->has_changes != 0) {
            return (struct meaning){CVG_UNKNOWN, CVG_TF_RUN_UNCLEAR,
                                    ", and does not say that there was nothing to change"};
        }
        return of_applied(run);
    case RUN_STOPPED:
        return run->began_apply
                   ? (struct meaning){CVG_FAILED, CVG_TF_RUN_FAILED, " after its apply had begun"}
                   : (struct meaning){CVG_UNKNOWN, CVG_TF_RUN_STOPPED,
                                      " before its apply: what was applied before stands"};
    case RUN_UNKNOWN:
        break;
    }
    return (struct meaning){CVG_UNKNOWN, CVG_TF_RUN_UNCLEAR, ", which is not known here"};
}

static void write_word(struct cvg_place_word *word, uint32_t status, const char *reason,
                       const char *words)
{
    word->given = 1;
    word->status = status;
    word->reason = reason;
    cvg_kit_printable(word->text, sizeof(word->text), words, strlen(words));
}

void cvg_tf_remote_run_word(const struct cvg_tf_remote_run *run, struct cvg_place_word *ret)
{
    char words[512];
    struct meaning meaning = of_run(run);
    *ret = (struct cvg_place_word){0};
    (void)snprintf(words, sizeof(words), "run %s is %s%s", run->id,
                   run->status[0] != '\0' ? run->status : "of no status", meaning.words);
    write_word(ret, meaning.status, meaning.reason, words);
}

void cvg_tf_remote_assessment_word(const struct cvg_tf_remote_assessment *assessment,
                                   struct cvg_place_word *ret)
{
    char words[256];
    *ret = (struct cvg_place_word){0};
    if (assessment->succeeded != 1) {
        write_word(ret, CVG_UNKNOWN, CVG_TF_ASSESSMENT_FAILED,
                   "the latest health assessment did not succeed");
    } else if (assessment->failed > 0 || assessment->errored > 0) {
        (void)snprintf(words, sizeof(words),
                       "the health assessment found checks that failed: %lld, with errors: %lld",
                       (long long)(assessment->failed > 0 ? assessment->failed : 0),
                       (long long)(assessment->errored > 0 ? assessment->errored : 0));
        write_word(ret, CVG_FAILED, cvg_tf_reason(CVG_TF_REASON_CHECKS_FAILED), words);
    } else if (assessment->drifted == 1) {
        (void)snprintf(words, sizeof(words), "the health assessment found drift");
        if (assessment->resources_drifted > 0) {
            (void)snprintf(words, sizeof(words), "the health assessment found drift of %lld %s",
                           (long long)assessment->resources_drifted,
                           assessment->resources_drifted == 1 ? "resource" : "resources");
        }
        write_word(ret, CVG_DEGRADED, cvg_tf_reason(CVG_TF_REASON_DRIFTED), words);
    } else if (assessment->drifted != 0) {
        write_word(ret, CVG_UNKNOWN, CVG_TF_ASSESSMENT_FAILED,
                   "the health assessment does not say whether anything drifted");
    } else if (assessment->unknown > 0) {
        write_word(ret, CVG_UNKNOWN, cvg_tf_reason(CVG_TF_REASON_CHECKS_UNKNOWN),
                   "the health assessment could not tell of some checks");
    } else {
        write_word(ret, CVG_READY, CVG_TF_ASSESSMENT_CLEAN,
                   "the health assessment found no drift and no failed checks");
    }
    ret->made_at = assessment->made_at;
}

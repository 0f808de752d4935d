/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: scheduling. Whether new pods find a place: pods that no node takes, claims that nobody
 * binds, quotas. A claim whose class waits for its first pod is pending on purpose; without the
 * right to read classes every pending claim counts.
 *
 *   failed     over `count` (0) pods unschedulable for `dwell` (60 s); a claim that is lost or
 *              pending for dwells.claim_pending; a quota at `failed` (100%)
 *   degraded   a quota at `degraded` (90%)
 *
 * Nothing to find is the good news: without any pods and quotas it is ready.
 */
#include "preset.h"

#include "neighbours.h"
#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PODS,
    CLAIMS,
    QUOTAS,
    CLASSES,
    SPANS
};

struct sum {
    int64_t pods, next;
    int64_t waiting; /* unschedulable within the dwell */
    int64_t gated;
    struct cvg_kube_named unschedulable, claims, exhausted, tight, untold;
    const struct cvg_kube_object *tightest;
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_thresholds defaults = {
        .degraded = 0.9,
        .failed = 1,
        .dwell = cvg_kube_cluster_dwells(check->cluster)->unschedulable,
        .count = 0};

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_POD), 0, 0);
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_CLAIM), 0, 0);
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_QUOTA), 0, 0);
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_STORAGECLASS), 0, 1);
    return cvg_kube_preset_end(check, SPANS, refuse, arg);
}

static int has_reason(const struct cvg_kube_object *object, enum cvg_kube_reason reason)
{
    return strcmp(object->outcome.reason, cvg_kube_reason(reason)) == 0;
}

static void look_at_pods(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_UNSCHEDULABLE);
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *pod;
    while ((pod = cvg_kube_preset_next(check, PODS, &walk)) != NULL) {
        sum->pods++;
        sum->gated += has_reason(pod, CVG_KUBE_REASON_SCHEDULING_GATED);
        if (strcmp(pod->of.pod.trouble, reason) != 0 || cvg_kube_is_leaving(pod)) {
            continue;
        }
        if (cvg_kube_has_lasted(pod->of.pod.bad_since, state->limits.dwell, wall, &sum->next)) {
            cvg_kube_named_add(&sum->unschedulable, pod);
        } else {
            sum->waiting++;
        }
    }
}

/* Classes are in no namespace, so that there is one collection of them. */
static void look_at_claims(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    const struct cvg_kube_collection *classes =
        cvg_kube_check_known(check, state->spans[CLASSES].first);
    int64_t dwell = cvg_kube_cluster_dwells(check->cluster)->claim_pending;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *claim;
    while ((claim = cvg_kube_preset_next(check, CLAIMS, &walk)) != NULL) {
        if (cvg_kube_is_leaving(claim)) {
            continue;
        }
        int pending = strcmp(claim->of.claim.phase, "Pending") == 0 &&
                      !cvg_kube_claim_waits(claim, classes) &&
                      cvg_kube_has_lasted(claim->created_at, dwell, wall, &sum->next);
        if (pending || strcmp(claim->of.claim.phase, "Lost") == 0) {
            cvg_kube_named_add(&sum->claims, claim);
        }
    }
}

static void look_at_quotas(const struct cvg_kube_check *check, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *quota;
    while ((quota = cvg_kube_preset_next(check, QUOTAS, &walk)) != NULL) {
        double share = quota->of.quota.share;
        if (quota->outcome.status == CVG_UNKNOWN) {
            cvg_kube_named_add(&sum->untold, quota);
        } else if (*quota->of.quota.tightest != '\0' && share >= state->limits.failed) {
            cvg_kube_named_add(&sum->exhausted, quota);
        } else if (*quota->of.quota.tightest != '\0' && share >= state->limits.degraded) {
            cvg_kube_named_add(&sum->tight, quota);
        }
        if (*quota->of.quota.tightest != '\0' &&
            (sum->tightest == NULL || share > sum->tightest->of.quota.share)) {
            sum->tightest = quota;
        }
    }
}

static void say_quotas(const struct cvg_kube_named *named, uint32_t status,
                       enum cvg_kube_reason reason, struct cvg_kit_finding *ret)
{
    if (named->count > 0 && cvg_kube_is_news(ret, status)) {
        const struct cvg_kube_quota_facts *first = &named->objects[0]->of.quota;
        cvg_kit_finding_say(
            ret, status, cvg_kube_reason(reason), "%" PRId64 " %s %s: %s (%s of %s)", named->count,
            cvg_plural((uint64_t)named->count, "quota is", "quotas are"),
            status == CVG_FAILED ? "used up" : "nearly used up", cvg_kube_named_text(named, ret),
            cvg_kube_share_text(ret, first->share), first->tightest);
    }
}

static void say(const struct cvg_kube_preset_state *state, const struct sum *sum,
                struct cvg_kit_finding *ret)
{
    if (sum->unschedulable.count > 0 && sum->unschedulable.count > state->limits.count) {
        const struct cvg_kube_object *first = sum->unschedulable.objects[0];
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_UNSCHEDULABLE),
                            "no node takes %" PRId64 " %s: %s: %.300s", sum->unschedulable.count,
                            cvg_plural((uint64_t)sum->unschedulable.count, "pod", "pods"),
                            cvg_kube_named_text(&sum->unschedulable, ret), first->outcome.message);
    }
    if (sum->claims.count > 0 && cvg_kube_is_news(ret, CVG_FAILED)) {
        int lost = strcmp(sum->claims.objects[0]->of.claim.phase, "Lost") == 0;
        cvg_kit_finding_say(
            ret, CVG_FAILED,
            cvg_kube_reason(lost ? CVG_KUBE_REASON_CLAIM_LOST : CVG_KUBE_REASON_CLAIM_PENDING),
            "%" PRId64 " %s no volume: %s", sum->claims.count,
            cvg_plural((uint64_t)sum->claims.count, "claim has", "claims have"),
            cvg_kube_named_text(&sum->claims, ret));
    }
    say_quotas(&sum->exhausted, CVG_FAILED, CVG_KUBE_REASON_QUOTA_EXHAUSTED, ret);
    if (sum->untold.count > 0 && cvg_kube_is_news(ret, CVG_UNKNOWN)) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                            "what quotas use is not told: %s",
                            cvg_kube_named_text(&sum->untold, ret));
    }
    say_quotas(&sum->tight, CVG_DEGRADED, CVG_KUBE_REASON_QUOTA_TIGHT, ret);
    if (cvg_kube_is_news(ret, CVG_READY)) {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_IN_ORDER),
                            "every one of %" PRId64 " %s has found its node or is within its "
                            "time for it",
                            sum->pods, cvg_plural((uint64_t)sum->pods, "pod", "pods"));
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    struct sum sum = {0};
    look_at_pods(check, wall, &sum);
    look_at_claims(check, wall, &sum);
    look_at_quotas(check, &sum);
    say(check->state, &sum, ret);
    cvg_kit_finding_number(ret, "pods", sum.pods);
    cvg_kube_named_fact(&sum.unschedulable, ret, "unschedulable");
    cvg_kit_finding_number(ret, "unschedulable_within_dwell", sum.waiting);
    cvg_kit_finding_number(ret, "gated", sum.gated);
    cvg_kube_named_fact(&sum.claims, ret, "claims_without_volume");
    if (sum.tightest != NULL) {
        cvg_kit_finding_fact(ret, "tightest_quota", "%s: %s of %s",
                             cvg_kube_full_name(sum.tightest, ret),
                             cvg_kube_share_text(ret, sum.tightest->of.quota.share),
                             sum.tightest->of.quota.tightest);
    }
    cvg_kube_check_note_missing(check, ret);
    return sum.next;
}

const struct cvg_kube_form cvg_kube_preset_scheduling = {
    .name = "preset scheduling",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

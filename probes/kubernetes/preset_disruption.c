/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: disruption. Whether somebody takes pods away: budgets with fewer healthy pods than they
 * want, and pods that were evicted or preempted lately. That a budget allows no disruption blocks
 * drains and not rollouts, so that it is a fact and no more.
 *
 *   failed     a budget that its controller cannot compute; over `failed` of the budgets short
 *              (not by default)
 *   degraded   a budget with too few healthy pods; over `count` (5) evictions within `dwell`
 *              (10 min)
 *
 * While the status of a budget is about an older version of it, that is progressing.
 * Nothing to find is the good news: without any budgets and pods it is ready. Without the right
 * to read pods only the budgets are judged.
 */
#include "preset.h"

#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <math.h>

enum {
    BUDGETS,
    PODS,
    SPANS
};

#define WINDOW    (INT64_C(600) * 1000000000)
#define EVICTIONS 5

struct sum {
    int64_t budgets, next;
    int64_t undated; /* evicted, nobody says when */
    struct cvg_kube_named broken, lacking, blocking, evicted, untold, behind;
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_thresholds defaults = {
        .degraded = (double)NAN, .failed = (double)INFINITY, .dwell = WINDOW, .count = EVICTIONS};

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_BUDGET), 0, 0);
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_POD), 0, 1);
    return cvg_kube_preset_end(check, SPANS, refuse, arg);
}

static void look_at_budgets(const struct cvg_kube_check *check, struct sum *sum)
{
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, BUDGETS, &walk)) != NULL) {
        const struct cvg_kube_budget *budget = &object->of.budget;
        sum->budgets++;
        if (object->outcome.status == CVG_FAILED) {
            cvg_kube_named_add(&sum->broken, object);
        } else if (budget->current < budget->desired) {
            cvg_kube_named_add(&sum->lacking, object);
        } else if (object->outcome.status == CVG_UNKNOWN) {
            cvg_kube_named_add(&sum->untold, object);
        } else if (cvg_kube_is_behind(object)) {
            cvg_kube_named_add(&sum->behind, object);
        }
        if (budget->allowed == 0 && budget->expected > 0) {
            cvg_kube_named_add(&sum->blocking, object);
        }
    }
}

/* What lies around from before the window is no news; it goes out of it by time. */
static void look_at_pods(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *pod;
    while ((pod = cvg_kube_preset_next(check, PODS, &walk)) != NULL) {
        /* One that was made within the window was evicted within it. */
        int64_t at = pod->of.pod.disrupted_at != 0 ? pod->of.pod.disrupted_at : pod->created_at;
        if (*pod->of.pod.disruption == '\0') {
            continue;
        }
        if (at != 0 && !cvg_kube_has_lasted(at, state->limits.dwell, wall, &sum->next)) {
            cvg_kube_named_add(&sum->evicted, pod);
        } else {
            sum->undated += pod->of.pod.disrupted_at == 0;
        }
    }
}

static void say_lacking(const struct cvg_kube_preset_state *state, const struct sum *sum,
                        struct cvg_kit_finding *ret)
{
    double share = (double)sum->lacking.count / (double)(sum->budgets == 0 ? 1 : sum->budgets);
    uint32_t status = share > state->limits.failed ? CVG_FAILED : CVG_DEGRADED;
    if (sum->lacking.count > 0 && cvg_kube_is_news(ret, status)) {
        const struct cvg_kube_budget *first = &sum->lacking.objects[0]->of.budget;
        cvg_kit_finding_say(ret, status, cvg_kube_reason(CVG_KUBE_REASON_BUDGET_SHORT),
                            "%" PRId64 " of %" PRId64 " %s too few healthy pods: %s "
                            "(%" PRId64 " of %" PRId64 ")",
                            sum->lacking.count, sum->budgets,
                            cvg_plural((uint64_t)sum->budgets, "budget has", "budgets have"),
                            cvg_kube_named_text(&sum->lacking, ret), first->current,
                            first->desired);
    }
}

static void say(const struct cvg_kube_preset_state *state, const struct sum *sum,
                struct cvg_kit_finding *ret)
{
    if (sum->broken.count > 0) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_BUDGET_SYNC),
                            "budgets that cannot be computed: %s: %.300s",
                            cvg_kube_named_text(&sum->broken, ret),
                            sum->broken.objects[0]->outcome.message);
    }
    say_lacking(state, sum, ret);
    if (sum->untold.count > 0 && cvg_kube_is_news(ret, CVG_UNKNOWN)) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                            "budgets without a status: %s", cvg_kube_named_text(&sum->untold, ret));
    }
    if (sum->behind.count > 0 && cvg_kube_is_news(ret, CVG_PROGRESSING)) {
        cvg_kit_finding_say(ret, CVG_PROGRESSING,
                            cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND),
                            "budgets that were changed and not computed yet: %s",
                            cvg_kube_named_text(&sum->behind, ret));
    }
    if (sum->evicted.count > 0 && sum->evicted.count > state->limits.count &&
        cvg_kube_is_news(ret, CVG_DEGRADED)) {
        cvg_kit_finding_say(
            ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_EVICTIONS),
            "%" PRId64 " %s put out within %" PRId64 " s: %s (%s)", sum->evicted.count,
            cvg_plural((uint64_t)sum->evicted.count, "pod was", "pods were"),
            state->limits.dwell / 1000000000, cvg_kube_named_text(&sum->evicted, ret),
            sum->evicted.objects[0]->of.pod.disruption);
    }
    if (cvg_kube_is_news(ret, CVG_READY)) {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_IN_ORDER),
                            "%" PRId64 " of %" PRId64 " %s the pods that are wanted", sum->budgets,
                            sum->budgets,
                            cvg_plural((uint64_t)sum->budgets, "budget has", "budgets have"));
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    struct sum sum = {0};
    look_at_budgets(check, &sum);
    look_at_pods(check, wall, &sum);
    say(check->state, &sum, ret);
    cvg_kit_finding_number(ret, "budgets", sum.budgets);
    cvg_kube_named_fact(&sum.lacking, ret, "short");
    cvg_kube_named_fact(&sum.blocking, ret, "blocking_drains");
    cvg_kube_named_fact(&sum.evicted, ret, "evicted");
    cvg_kit_finding_number(ret, "evicted_undated", sum.undated);
    cvg_kube_check_note_missing(check, ret);
    return sum.next;
}

const struct cvg_kube_form cvg_kube_preset_disruption = {
    .name = "preset disruption",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: autoscaling. Whether autoscalers have room for a rollout's surge and see their metrics.
 *
 *   failed     over `failed` of them are saturated, blind or stuck (not by default)
 *   degraded   over `count` (0) of them are: at the maximum for `dwell` (5 min), without metrics
 *              or unable to scale for dwells.not_available
 *   unknown    one has no status; there is none, unless allow_empty
 *
 * While the status of one is about an older version of it, that is progressing.
 */
#include "preset.h"

#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define SATURATED (INT64_C(300) * 1000000000)

struct sum {
    int64_t total, next;
    struct cvg_kube_named bad, saturated, blind, stuck, untold, behind;
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_thresholds defaults = {
        .degraded = (double)NAN, .failed = (double)INFINITY, .dwell = SATURATED, .count = 0};

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_AUTOSCALER), 0, 0);
    return cvg_kube_preset_end(check, 1, refuse, arg);
}

/* What is the matter with one; NULL: nothing that has lasted. */
static struct cvg_kube_named *place_of(const struct cvg_kube_check *check,
                                       const struct cvg_kube_object *object, int64_t wall,
                                       struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    const struct cvg_kube_autoscaler_facts *facts = &object->of.autoscaler;
    int64_t blind = cvg_kube_cluster_dwells(check->cluster)->not_available;
    const char *reason;
    uint32_t status = cvg_kube_object_status(object, wall, &reason);
    if (cvg_kube_is_behind(object)) {
        return &sum->behind;
    }
    if (facts->blind) {
        return cvg_kube_has_lasted(facts->since, blind, wall, &sum->next) ? &sum->blind : NULL;
    }
    if (status == CVG_UNKNOWN) {
        return &sum->untold;
    }
    if (status == CVG_FAILED) {
        return &sum->stuck;
    }
    if (facts->limited && facts->current >= facts->max) {
        return cvg_kube_has_lasted(facts->since, state->limits.dwell, wall, &sum->next)
                   ? &sum->saturated
                   : NULL;
    }
    if (object->outcome.worse_at != 0) {
        (void)cvg_kube_has_lasted(object->outcome.worse_at, 0, wall, &sum->next);
    }
    return NULL;
}

static void count(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, 0, &walk)) != NULL) {
        struct cvg_kube_named *place = place_of(check, object, wall, sum);
        sum->total++;
        if (place != NULL) {
            cvg_kube_named_add(place, object);
        }
        if (place != NULL && place != &sum->untold && place != &sum->behind) {
            cvg_kube_named_add(&sum->bad, object);
        }
    }
}

static void say_bad(const struct sum *sum, uint32_t status, struct cvg_kit_finding *ret)
{
    const struct {
        const struct cvg_kube_named *named;
        enum cvg_kube_reason reason;
        const char *one, *many;
    } rows[] = {
        {&sum->blind, CVG_KUBE_REASON_AUTOSCALER_BLIND, "autoscaler gets no metrics",
         "autoscalers get no metrics"},
        {&sum->stuck, CVG_KUBE_REASON_AUTOSCALER_STUCK, "autoscaler cannot scale its target",
         "autoscalers cannot scale their targets"},
        {&sum->saturated, CVG_KUBE_REASON_AUTOSCALER_SATURATED, "autoscaler is at its maximum",
         "autoscalers are at their maximum"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].named->count > 0 && cvg_kube_is_news(ret, status)) {
            cvg_kit_finding_say(ret, status, cvg_kube_reason(rows[i].reason),
                                "%" PRId64 " of %" PRId64 " %s: %s", rows[i].named->count,
                                sum->total,
                                cvg_plural((uint64_t)sum->total, rows[i].one, rows[i].many),
                                cvg_kube_named_text(rows[i].named, ret));
        }
    }
}

static void say(const struct cvg_kube_check *check, const struct sum *sum,
                struct cvg_kit_finding *ret)
{
    const struct cvg_kube_preset_state *state = check->state;
    if (sum->total == 0) {
        int allowed = check->config->allow_empty == 1;
        cvg_kit_finding_say(
            ret, allowed ? CVG_READY : CVG_UNKNOWN,
            cvg_kube_reason(allowed ? CVG_KUBE_REASON_EMPTY : CVG_KUBE_REASON_EMPTY_MATCH),
            "there is no HorizontalPodAutoscaler");
        return;
    }
    if (sum->bad.count > state->limits.count) {
        double share = (double)sum->bad.count / (double)sum->total;
        say_bad(sum, share > state->limits.failed ? CVG_FAILED : CVG_DEGRADED, ret);
    }
    if (sum->untold.count > 0 && cvg_kube_is_news(ret, CVG_UNKNOWN)) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                            "autoscalers without a status: %s",
                            cvg_kube_named_text(&sum->untold, ret));
    }
    if (sum->behind.count > 0 && cvg_kube_is_news(ret, CVG_PROGRESSING)) {
        cvg_kit_finding_say(ret, CVG_PROGRESSING,
                            cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND),
                            "autoscalers that were changed and not looked at yet: %s",
                            cvg_kube_named_text(&sum->behind, ret));
    }
    if (cvg_kube_is_news(ret, CVG_READY)) {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_IN_ORDER),
                            "%" PRId64 " of %" PRId64 " %s room and metrics",
                            sum->total - sum->bad.count, sum->total,
                            cvg_plural((uint64_t)sum->total, "autoscaler has", "autoscalers have"));
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    struct sum sum = {0};
    count(check, wall, &sum);
    say(check, &sum, ret);
    ret->reading.done = (uint64_t)(sum.total - sum.bad.count - sum.untold.count - sum.behind.count);
    ret->reading.total = (uint64_t)sum.total;
    cvg_kit_finding_number(ret, "autoscalers", sum.total);
    cvg_kube_named_fact(&sum.saturated, ret, "saturated");
    cvg_kube_named_fact(&sum.blind, ret, "blind");
    cvg_kube_named_fact(&sum.stuck, ret, "stuck");
    return sum.next;
}

const struct cvg_kube_form cvg_kube_preset_autoscaling = {
    .name = "preset autoscaling",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

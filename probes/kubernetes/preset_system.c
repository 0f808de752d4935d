/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: system. The daemons of the cluster itself (network, proxy, storage) and its DNS, each by
 * the rule of its kind: DaemonSets, and the Deployment that answers names. In kube-system, or in
 * the namespaces that the check names.
 *
 *   the worst of them   over `count` (0) of them not ready
 *   unknown             there are none; no DNS is among them, unless allow_empty
 */
#include "preset.h"

#include "reason.h"
#include "rule.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    DAEMONS,
    DEPLOYMENTS,
    SPANS
};

struct sum {
    int64_t total, daemons, dns, next;
    struct cvg_kube_named bad;
    const struct cvg_kube_object *worst;
    uint32_t status;
    const char *reason;
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_thresholds defaults = {
        .degraded = (double)NAN, .failed = (double)NAN, .dwell = CVG_ABSENT_INT, .count = 0};
    static const uint32_t types[] = {CVG_KUBE_DAEMONSET, CVG_KUBE_DEPLOYMENT};

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct cvg_kube_kind *kind = cvg_kube_kind_of_type(types[i]);
        if (check->config->namespaces.count > 0) {
            cvg_kube_preset_want(check, kind, 1, 0);
        } else {
            cvg_kube_preset_want_in(check, kind, "kube-system", 1);
        }
    }
    return cvg_kube_preset_end(check, SPANS, refuse, arg);
}

/* The label is what the Service of every distribution selects by; names are those that are known
 * where it is another. */
static int is_dns(const struct cvg_kube_object *object)
{
    static const char *const names[] = {"coredns", "kube-dns", "dns-default"};
    const char *const *labels = object->labels;
    for (; labels != NULL && labels[0] != NULL; labels += 2) {
        if (strcmp(labels[0], "k8s-app") == 0 && strcmp(labels[1], "kube-dns") == 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(object->name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static void take(const struct cvg_kube_object *object, int64_t wall, struct sum *sum)
{
    const char *reason;
    uint32_t status = cvg_kube_object_status(object, wall, &reason);
    sum->total++;
    if (object->outcome.worse_at != 0) {
        (void)cvg_kube_has_lasted(object->outcome.worse_at, 0, wall, &sum->next);
    }
    if (status == CVG_READY) {
        return;
    }
    cvg_kube_named_add(&sum->bad, object);
    int worse = sum->worst == NULL ? 1 : cvg_kube_badness(status) - cvg_kube_badness(sum->status);
    /* Of equals the first by name, so that nothing changes where nothing did. */
    if (worse > 0 || (worse == 0 && strcmp(object->name, sum->worst->name) < 0)) {
        sum->worst = object;
        sum->status = status;
        sum->reason = reason;
    }
}

static void look_at(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, DAEMONS, &walk)) != NULL) {
        sum->daemons++;
        sum->dns += is_dns(object);
        take(object, wall, sum);
    }
    walk = (struct cvg_kube_walk){0};
    while ((object = cvg_kube_preset_next(check, DEPLOYMENTS, &walk)) != NULL) {
        if (is_dns(object)) {
            sum->dns++;
            take(object, wall, sum);
        }
    }
}

static const char *workloads_are(const struct sum *sum)
{
    return cvg_plural((uint64_t)sum->total, "workload is", "workloads are");
}

static void say(const struct cvg_kube_check *check, const struct sum *sum,
                struct cvg_kit_finding *ret)
{
    const struct cvg_kube_preset_state *state = check->state;
    int allowed = check->config->allow_empty == 1;
    if (sum->worst != NULL && sum->bad.count > state->limits.count) {
        cvg_kit_finding_say(ret, sum->status, sum->reason,
                            "%" PRId64 " of %" PRId64 " system %s not in order: %s; "
                            "%s: %.300s",
                            sum->bad.count, sum->total, workloads_are(sum),
                            cvg_kube_named_text(&sum->bad, ret),
                            cvg_kube_full_name(sum->worst, ret), sum->worst->outcome.message);
    }
    if (sum->total == 0 && !allowed) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_EMPTY_MATCH),
                            "there are no DaemonSets and there is no DNS");
    } else if (sum->dns == 0 && !allowed && cvg_kube_is_news(ret, CVG_UNKNOWN)) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_EMPTY_MATCH),
                            "nothing that answers names was found; allow_empty where it is "
                            "elsewhere");
    }
    if (cvg_kube_is_news(ret, CVG_READY)) {
        cvg_kit_finding_say(
            ret, CVG_READY,
            cvg_kube_reason(sum->total == 0 ? CVG_KUBE_REASON_EMPTY : CVG_KUBE_REASON_IN_ORDER),
            "%" PRId64 " of %" PRId64 " system %s in order", sum->total - sum->bad.count,
            sum->total, workloads_are(sum));
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    struct sum sum = {0};
    look_at(check, wall, &sum);
    say(check, &sum, ret);
    ret->reading.done = (uint64_t)(sum.total - sum.bad.count);
    ret->reading.total = (uint64_t)sum.total;
    cvg_kit_finding_number(ret, "daemons", sum.daemons);
    cvg_kit_finding_number(ret, "dns", sum.dns);
    cvg_kube_named_fact(&sum.bad, ret, "not_in_order");
    return sum.next;
}

const struct cvg_kube_form cvg_kube_preset_system = {
    .name = "preset system",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

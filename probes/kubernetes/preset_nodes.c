/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: nodes. How many nodes are not ready or under pressure. One whose heartbeats stopped is
 * Unknown, which counts as not ready. Cordoned ones are told and take part in capacity; only a
 * cluster without a single node that takes pods is a fault by itself.
 *
 *   failed     a control-plane node is not ready; over `failed` (10%) not ready, or under pressure
 *   degraded   over `degraded` (5%) not ready; any under pressure
 */
#include "preset.h"

#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <math.h>

enum {
    NODES
};

struct sum {
    int64_t total, open;
    struct cvg_kube_named not_ready, control_plane, pressed, cordoned;
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    static const struct cvg_kube_thresholds defaults = {
        .degraded = 0.05, .failed = 0.1, .dwell = CVG_ABSENT_INT, .count = CVG_ABSENT_INT};

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_NODE), 0, 0);
    return cvg_kube_preset_end(check, 1, refuse, arg);
}

static void count(const struct cvg_kube_check *check, struct sum *sum)
{
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *node;
    while ((node = cvg_kube_preset_next(check, NODES, &walk)) != NULL) {
        const struct cvg_kube_node_facts *facts = &node->of.node;
        sum->total++;
        if (facts->ready != 1) {
            cvg_kube_named_add(&sum->not_ready, node);
            if (facts->control_plane) {
                cvg_kube_named_add(&sum->control_plane, node);
            }
        } else if (facts->cordoned) {
            /* One that is not ready has such taints too. */
            cvg_kube_named_add(&sum->cordoned, node);
        } else {
            sum->open++;
        }
        if (facts->pressure > 0) {
            cvg_kube_named_add(&sum->pressed, node);
        }
    }
}

static const char *nodes_are(const struct sum *sum)
{
    return cvg_plural((uint64_t)sum->total, "node is", "nodes are");
}

static void say_not_ready(const struct cvg_kube_thresholds *limits, const struct sum *sum,
                          struct cvg_kit_finding *ret)
{
    double share = (double)sum->not_ready.count / (double)sum->total;
    uint32_t status = share > limits->failed     ? CVG_FAILED
                      : share > limits->degraded ? CVG_DEGRADED
                                                 : CVG_READY;
    if (sum->control_plane.count > 0) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_CONTROL_PLANE),
                            "not ready in the control plane: %s",
                            cvg_kube_named_text(&sum->control_plane, ret));
    } else if (status != CVG_READY) {
        cvg_kit_finding_say(ret, status, cvg_kube_reason(CVG_KUBE_REASON_NODE_NOT_READY),
                            "%" PRId64 " of %" PRId64 " %s not ready (%s): %s",
                            sum->not_ready.count, sum->total, nodes_are(sum),
                            cvg_kube_share_text(ret, share),
                            cvg_kube_named_text(&sum->not_ready, ret));
    }
    ret->reading.value = share;
    ret->reading.has_value = 1;
    ret->reading.expected = cvg_kit_finding_text(
        ret, "at most %s not ready", cvg_kube_share_text(ret, fmin(limits->degraded, 1)));
    ret->reading.observed = cvg_kube_share_text(ret, share);
}

static void say_pressure(const struct cvg_kube_thresholds *limits, const struct sum *sum,
                         struct cvg_kit_finding *ret)
{
    double share = (double)sum->pressed.count / (double)sum->total;
    uint32_t status = share > limits->failed ? CVG_FAILED : CVG_DEGRADED;
    if (sum->pressed.count > 0 && cvg_kube_is_news(ret, status)) {
        cvg_kit_finding_say(ret, status, cvg_kube_reason(CVG_KUBE_REASON_NODE_PRESSURE),
                            "%" PRId64 " of %" PRId64 " %s short of memory, disk, process "
                            "numbers or network: %s",
                            sum->pressed.count, sum->total, nodes_are(sum),
                            cvg_kube_named_text(&sum->pressed, ret));
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct sum sum = {0};
    (void)wall;
    count(check, &sum);
    if (sum.total == 0) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_EMPTY_MATCH),
                            "the cluster has no nodes");
        return 0;
    }
    say_not_ready(&state->limits, &sum, ret);
    say_pressure(&state->limits, &sum, ret);
    if (sum.open == 0 && cvg_kube_is_news(ret, CVG_FAILED)) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_NODE_CORDONED),
                            "no node takes new pods: %s", cvg_kube_named_text(&sum.cordoned, ret));
    }
    if (cvg_kube_is_news(ret, CVG_READY)) {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_IN_ORDER),
                            "%" PRId64 " of %" PRId64 " %s ready", sum.total - sum.not_ready.count,
                            sum.total, nodes_are(&sum));
    }
    ret->reading.done = (uint64_t)(sum.total - sum.not_ready.count);
    ret->reading.total = (uint64_t)sum.total;
    cvg_kit_finding_number(ret, "nodes", sum.total);
    cvg_kube_named_fact(&sum.not_ready, ret, "not_ready");
    cvg_kube_named_fact(&sum.pressed, ret, "pressure");
    cvg_kube_named_fact(&sum.cordoned, ret, "cordoned");
    return 0;
}

const struct cvg_kube_form cvg_kube_preset_nodes = {
    .name = "preset nodes",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

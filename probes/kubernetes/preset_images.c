/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: images. Pods anywhere in the namespaces whose images do not come: whatever is rolled out
 * next pulls from the same registries.
 *
 *   failed   over `count` (0) pods with such a container for `dwell` (0)
 *
 * Nothing to find is the good news: without any pods it is ready.
 */
#include "preset.h"

#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct sum {
    int64_t pods, next, waiting;
    struct cvg_kube_named stuck;
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_thresholds defaults = {
        .degraded = (double)NAN, .failed = (double)NAN, .dwell = 0, .count = 0};

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_POD), 0, 0);
    return cvg_kube_preset_end(check, 1, refuse, arg);
}

static int is_about_images(const char *trouble)
{
    static const enum cvg_kube_reason reasons[] = {
        CVG_KUBE_REASON_IMAGE_PULL,     CVG_KUBE_REASON_IMAGE_ERROR,
        CVG_KUBE_REASON_IMAGE_NAME,     CVG_KUBE_REASON_IMAGE_NEVER,
        CVG_KUBE_REASON_IMAGE_REGISTRY, CVG_KUBE_REASON_IMAGE_SIGNATURE,
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(trouble, cvg_kube_reason(reasons[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

static void count(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *pod;
    while ((pod = cvg_kube_preset_next(check, 0, &walk)) != NULL) {
        sum->pods++;
        if (!is_about_images(pod->of.pod.trouble) || cvg_kube_is_leaving(pod)) {
            continue;
        }
        /* Without a dwell it counts whatever the clocks say. */
        if (state->limits.dwell == 0 ||
            cvg_kube_has_lasted(pod->of.pod.bad_since, state->limits.dwell, wall, &sum->next)) {
            cvg_kube_named_add(&sum->stuck, pod);
        } else {
            sum->waiting++;
        }
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct sum sum = {0};
    count(check, wall, &sum);
    if (sum.stuck.count > 0 && sum.stuck.count > state->limits.count) {
        const struct cvg_kube_object *first = sum.stuck.objects[0];
        cvg_kit_finding_say(ret, CVG_FAILED, first->of.pod.trouble,
                            "%" PRId64 " %s for images: %s: %.400s", sum.stuck.count,
                            cvg_plural((uint64_t)sum.stuck.count, "pod waits", "pods wait"),
                            cvg_kube_named_text(&sum.stuck, ret), first->outcome.message);
    } else {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_IN_ORDER),
                            sum.stuck.count == 0
                                ? "none of %" PRId64 " %s waits for an image in vain"
                                : "of %" PRId64 " %s no more than allowed wait for images",
                            sum.pods, cvg_plural((uint64_t)sum.pods, "pod", "pods"));
    }
    cvg_kit_finding_number(ret, "pods", sum.pods);
    cvg_kube_named_fact(&sum.stuck, ret, "without_image");
    cvg_kit_finding_number(ret, "without_image_within_dwell", sum.waiting);
    return sum.next;
}

const struct cvg_kube_form cvg_kube_preset_images = {
    .name = "preset images",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* What the ready-made checks share; see preset.h. */
#include "preset.h"

#include "kit/memory.h"
#include "reason.h"
#include "rule.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MOST 512

const struct cvg_kube_form *cvg_kube_form_preset(uint32_t preset)
{
    static const struct cvg_kube_form *const forms[] = {
        [CVG_KUBE_PRESET_NODES] = &cvg_kube_preset_nodes,
        [CVG_KUBE_PRESET_CAPACITY] = &cvg_kube_preset_capacity,
        [CVG_KUBE_PRESET_SCHEDULING] = &cvg_kube_preset_scheduling,
        [CVG_KUBE_PRESET_DISRUPTION] = &cvg_kube_preset_disruption,
        [CVG_KUBE_PRESET_AUTOSCALING] = &cvg_kube_preset_autoscaling,
        [CVG_KUBE_PRESET_API] = &cvg_kube_preset_api,
        [CVG_KUBE_PRESET_SYSTEM] = &cvg_kube_preset_system,
        [CVG_KUBE_PRESET_IMAGES] = &cvg_kube_preset_images,
    };

    return preset < sizeof(forms) / sizeof(forms[0]) ? forms[preset] : NULL;
}

/* ---- keys ---- */

struct keys {
    cvg_kube_refuse *refuse;
    void *arg;
    int refused;
};

static void refuse_key(struct keys *keys, const char *path, const char *text)
{
    keys->refuse(keys->arg, path, text);
    keys->refused = 1;
}

static void take_share(struct keys *keys, const char *path, double own, double *value)
{
    if (isnan(own)) {
        return;
    }
    if (isnan(*value)) {
        refuse_key(keys, path, "has no effect with this preset");
    }
    *value = own;
}

static void take_number(struct keys *keys, const char *path, int64_t own, int64_t *value)
{
    if (own == CVG_ABSENT_INT) {
        return;
    }
    if (*value == CVG_ABSENT_INT) {
        refuse_key(keys, path, "has no effect with this preset");
    }
    *value = own;
}

/* One of both shares may be the default, which config.c does not know. */
static void take_limits(struct keys *keys, const struct cvg_kube_thresholds *own,
                        struct cvg_kube_thresholds *limits)
{
    take_share(keys, "thresholds.degraded", own->degraded, &limits->degraded);
    take_share(keys, "thresholds.failed", own->failed, &limits->failed);
    take_number(keys, "thresholds.dwell", own->dwell, &limits->dwell);
    take_number(keys, "thresholds.count", own->count, &limits->count);
    if (limits->degraded > limits->failed && (isnan(own->degraded) || isnan(own->failed))) {
        refuse_key(keys, isnan(own->failed) ? "thresholds.degraded" : "thresholds.failed",
                   "degraded would be over failed with the other one's default: give both");
    }
}

void *cvg_kube_preset_begin(struct cvg_kube_check *check, size_t size,
                            const struct cvg_kube_thresholds *defaults, cvg_kube_refuse *refuse,
                            void *arg)
{
    struct cvg_kube_preset_state *state = cvg_kit_alloc(size);
    struct keys keys = {.refuse = refuse, .arg = arg};
    state->limits = *defaults;
    if (check->config->thresholds != NULL) {
        take_limits(&keys, check->config->thresholds, &state->limits);
    }
    if (keys.refused) {
        free(state);
        return NULL;
    }
    check->state = state;
    return state;
}

int cvg_kube_preset_end(struct cvg_kube_check *check, size_t spans, cvg_kube_refuse *refuse,
                        void *arg)
{
    const struct cvg_kube_preset_state *state = check->state;
    if (state->span_count < spans) {
        refuse(arg, "namespace", "are too many");
        cvg_kube_preset_destroy(check);
        return -1;
    }
    return 0;
}

void cvg_kube_preset_destroy(struct cvg_kube_check *check)
{
    free(check->state);
    check->state = NULL;
}

/* ---- what is read ---- */

static void add_span(struct cvg_kube_check *check, int first)
{
    struct cvg_kube_preset_state *state = check->state;
    if (first >= 0 && state->span_count < CVG_KUBE_SPANS) {
        state->spans[state->span_count++] =
            (struct cvg_kube_span){(size_t)first, check->wanted_count - (size_t)first};
    }
}

void cvg_kube_preset_want(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                          int labels, int optional)
{
    add_span(check, cvg_kube_check_want(check, kind, labels, optional));
}

void cvg_kube_preset_want_in(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                             const char *namespace, int labels)
{
    add_span(check, cvg_kube_check_want_in(check, kind, namespace, labels, 0));
}

const struct cvg_kube_object *cvg_kube_preset_next(const struct cvg_kube_check *check, size_t span,
                                                   struct cvg_kube_walk *walk)
{
    const struct cvg_kube_preset_state *state = check->state;
    const struct cvg_kube_span *of = &state->spans[span];
    for (; walk->collection < of->count; walk->collection++, walk->at = 0) {
        const struct cvg_kube_collection *collection =
            cvg_kube_check_known(check, of->first + walk->collection);
        const struct cvg_kube_object *object =
            collection == NULL ? NULL : cvg_kube_collection_next(collection, &walk->at);
        if (object != NULL) {
            return object;
        }
    }
    return NULL;
}

/* ---- what is said ---- */

static int comes_before(const struct cvg_kube_object *a, const struct cvg_kube_object *b)
{
    int order = strcmp(a->namespace, b->namespace);
    return order != 0 ? order < 0 : strcmp(a->name, b->name) < 0;
}

void cvg_kube_named_add(struct cvg_kube_named *named, const struct cvg_kube_object *object)
{
    size_t at = named->kept;
    named->count++;
    while (at > 0 && comes_before(object, named->objects[at - 1])) {
        at--;
    }
    if (at == CVG_KUBE_NAMED) {
        return;
    }
    named->kept += named->kept < CVG_KUBE_NAMED;
    memmove(&named->objects[at + 1], &named->objects[at],
            (named->kept - at - 1) * sizeof(named->objects[0]));
    named->objects[at] = object;
}

const char *cvg_kube_full_name(const struct cvg_kube_object *object,
                               struct cvg_kit_finding *finding)
{
    return *object->namespace == '\0'
               ? object->name
               : cvg_kit_finding_text(finding, "%s/%s", object->namespace, object->name);
}

/* As many as fit; a first one always does, since names have at most 253 bytes. */
const char *cvg_kube_named_text(const struct cvg_kube_named *named, struct cvg_kit_finding *finding)
{
    char text[NAMES_MOST] = "";
    size_t used = 0, told = 0;
    for (; told < named->kept; told++) {
        const struct cvg_kube_object *object = named->objects[told];
        int length =
            snprintf(text + used, sizeof(text) - used, "%s%s%s%s", told == 0 ? "" : ", ",
                     object->namespace, *object->namespace == '\0' ? "" : "/", object->name);
        if (length < 0 || (size_t)length >= sizeof(text) - used) {
            text[used] = '\0';
            break;
        }
        used += (size_t)length;
    }
    int64_t more = named->count - (int64_t)told;
    return more > 0 ? cvg_kit_finding_text(finding, "%s and %" PRId64 " more", text, more)
                    : cvg_kit_finding_text(finding, "%s", text);
}

void cvg_kube_named_fact(const struct cvg_kube_named *named, struct cvg_kit_finding *finding,
                         const char *name)
{
    cvg_kit_finding_number(finding, name, named->count);
    if (named->count > 0) {
        cvg_kit_finding_fact(finding, cvg_kit_finding_text(finding, "%s_names", name), "%s",
                             cvg_kube_named_text(named, finding));
    }
}

int cvg_kube_is_news(const struct cvg_kit_finding *finding, uint32_t status)
{
    return finding->reading.reason == NULL ||
           cvg_kube_badness(status) > cvg_kube_badness(finding->reading.status);
}

int cvg_kube_has_lasted(int64_t since, int64_t dwell, int64_t wall, int64_t *next)
{
    int64_t due;
    if (since == 0) {
        return 1;
    }
    if (__builtin_add_overflow(since, dwell, &due)) {
        return 0;
    }
    if (due > wall && (*next == 0 || due < *next)) {
        *next = due;
    }
    return due <= wall;
}

int cvg_kube_is_leaving(const struct cvg_kube_object *object)
{
    return object->outcome.common &&
           strcmp(object->outcome.reason, cvg_kube_reason(CVG_KUBE_REASON_TERMINATING)) == 0;
}

int cvg_kube_is_behind(const struct cvg_kube_object *object)
{
    return object->outcome.common &&
           strcmp(object->outcome.reason, cvg_kube_reason(CVG_KUBE_REASON_GENERATION_BEHIND)) == 0;
}

const char *cvg_kube_share_text(struct cvg_kit_finding *finding, double share)
{
    return cvg_kit_finding_text(finding, "%.3g%%", share * 100);
}

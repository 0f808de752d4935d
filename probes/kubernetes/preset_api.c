/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: api. Whether what a rollout writes will be taken: the API server itself, what serves
 * other parts of the API, the admission webhooks that refuse everything while nobody answers
 * behind them, and whether the server asks us to come back later.
 *
 *   failed     /readyz says something else than 200; an APIService unavailable for `dwell` (60 s);
 *              a webhook that fails closed without a ready endpoint, or without a CA for `dwell`
 *   degraded   one of our own requests was throttled within the last minute
 *   unknown    /readyz was not asked yet; an APIService has no status
 *
 * Services of webhooks are in any namespace: a source that is limited to some reads neither these
 * nor APIServices, and a fact says so.
 */
#include "preset.h"

#include "kit/memory.h"
#include "reason.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    APISERVICES,
    VALIDATING,
    MUTATING,
    SLICES,
    SPANS
};

#define THROTTLED_FOR (INT64_C(60) * 1000000000)
#define TEXT_MOST     300

struct service {
    const char *name; /* "namespace/name", of the pool */
    const struct cvg_kube_object *webhook;
    int answers;
};

struct sum {
    int64_t apiservices, webhooks, next;
    struct cvg_kube_named unavailable, untold, down, without_ca;
    const char *down_service; /* of the first one that is down */
};

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_thresholds defaults = {
        .degraded = (double)NAN,
        .failed = (double)NAN,
        .dwell = cvg_kube_cluster_dwells(check->cluster)->not_available,
        .count = CVG_ABSENT_INT};
    const struct cvg_kube_kind *const kinds[SPANS] = {
        cvg_kube_kind_of_type(CVG_KUBE_APISERVICE),
        cvg_kube_kind_of("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration"),
        cvg_kube_kind_of("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration"),
        cvg_kube_kind_of_type(CVG_KUBE_ENDPOINTSLICE),
    };

    if (cvg_kube_preset_begin(check, sizeof(struct cvg_kube_preset_state), &defaults, refuse,
                              arg) == NULL) {
        return -1;
    }
    if (cvg_kube_cluster_config(check->cluster)->namespaces.count > 0) {
        /* Who reads no collection is never looked at. */
        cvg_kube_preset_want(check, kinds[SLICES], 0, 1);
        return cvg_kube_preset_end(check, 1, refuse, arg);
    }
    for (size_t i = 0; i < SPANS; i++) {
        cvg_kube_preset_want_in(check, kinds[i], "", 0);
    }
    return cvg_kube_preset_end(check, SPANS, refuse, arg);
}

/* ---- APIServices ---- */

static void look_at_apiservices(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, APISERVICES, &walk)) != NULL) {
        sum->apiservices++;
        if (object->outcome.status == CVG_READY || cvg_kube_is_leaving(object)) {
            continue;
        }
        if (object->outcome.status == CVG_UNKNOWN) {
            cvg_kube_named_add(&sum->untold, object);
        } else if (cvg_kube_has_lasted(object->outcome.since, state->limits.dwell, wall,
                                       &sum->next)) {
            cvg_kube_named_add(&sum->unavailable, object);
        }
    }
}

/* ---- webhooks ---- */

struct services {
    struct service *items;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct service *)a)->name, ((const struct service *)b)->name);
}

static void collect(const struct cvg_kube_check *check, size_t span, int64_t wall,
                    struct services *services, struct sum *sum)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, span, &walk)) != NULL) {
        const char *const *each = object->of.webhooks.services;
        sum->webhooks++;
        /* Something injects the bundle soon after it was made, or never. */
        if (object->of.webhooks.without_ca > 0 &&
            cvg_kube_has_lasted(object->created_at, state->limits.dwell, wall, &sum->next)) {
            cvg_kube_named_add(&sum->without_ca, object);
        }
        for (; each != NULL && *each != NULL; each++) {
            services->items =
                cvg_kit_resize(services->items, services->count + 1, sizeof(*services->items));
            services->items[services->count++] = (struct service){*each, object, 0};
        }
    }
}

/* Several webhooks may have one service; all of them are marked. */
static void mark(struct services *services, const struct cvg_kube_object *slice)
{
    char name[2 * CVG_KUBE_NAME];
    size_t low = 0, high = services->count;
    (void)snprintf(name, sizeof(name), "%s/%s", slice->namespace, slice->of.slice.service);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(services->items[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < services->count && strcmp(services->items[low].name, name) == 0; low++) {
        services->items[low].answers = 1;
    }
}

static void look_at_webhooks(const struct cvg_kube_check *check, int64_t wall, struct sum *sum)
{
    struct services services = {0};
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *slice;
    collect(check, VALIDATING, wall, &services, sum);
    collect(check, MUTATING, wall, &services, sum);
    if (services.count > 0) {
        qsort(services.items, services.count, sizeof(*services.items), by_name);
    }
    while (services.count > 0 && (slice = cvg_kube_preset_next(check, SLICES, &walk)) != NULL) {
        if (slice->of.slice.ready_addresses != NULL && *slice->of.slice.service != '\0') {
            mark(&services, slice);
        }
    }
    for (size_t i = 0; i < services.count; i++) {
        if (!services.items[i].answers) {
            cvg_kube_named_add(&sum->down, services.items[i].webhook);
            sum->down_service =
                sum->down_service == NULL ? services.items[i].name : sum->down_service;
        }
    }
    free(services.items);
}

/* ---- what is said ---- */

static void say_readyz(const struct cvg_kube_check *check, struct cvg_kit_finding *ret)
{
    const char *text = "";
    int64_t at = 0;
    uint32_t status = cvg_kube_cluster_readyz(check->cluster, &text, &at);
    ret->reading.observed_at_ns = at;
    if (status == 0) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NOT_SYNCED),
                            "the API server has not been asked for /readyz yet");
        return;
    }
    cvg_kit_finding_number(ret, "readyz", (int64_t)status);
    if (status == 401 || status == 403 || status == 404 || status == 429) {
        cvg_kit_finding_fact(ret, "not_read.readyz",
                             "the API server answers %" PRIu32 " to /readyz", status);
    } else if (status != 200) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_API_NOT_READY),
                            "/readyz of the API server answers %" PRIu32 "%s%.*s", status,
                            *text == '\0' ? "" : ": ", TEXT_MOST, text);
    }
}

/* The server's clock of throttles is the host's, which does not jump. */
static void say_throttles(const struct cvg_kube_check *check, int64_t wall, struct sum *sum,
                          struct cvg_kit_finding *ret)
{
    int64_t last = 0;
    uint64_t count = cvg_kube_cluster_throttles(check->cluster, &last);
    int64_t age = count == 0 ? 0 : cvg_kube_cluster_host(check->cluster)->now() - last;
    cvg_kit_finding_number(ret, "throttled", count > INT64_MAX ? INT64_MAX : (int64_t)count);
    if (count == 0 || cvg_kube_has_lasted(wall - age, THROTTLED_FOR, wall, &sum->next)) {
        return;
    }
    if (cvg_kube_is_news(ret, CVG_DEGRADED)) {
        cvg_kit_finding_say(
            ret, CVG_DEGRADED, cvg_kube_reason(CVG_KUBE_REASON_THROTTLED),
            "the API server throttles our own requests (%" PRIu64 " since the start)", count);
    }
}

static void say_failed(const struct sum *sum, struct cvg_kit_finding *ret)
{
    if (sum->down.count > 0 && cvg_kube_is_news(ret, CVG_FAILED)) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_WEBHOOK_DOWN),
                            "nobody answers behind service %s, so that what these webhooks are "
                            "asked about is refused: %s",
                            sum->down_service, cvg_kube_named_text(&sum->down, ret));
    }
    if (sum->without_ca.count > 0 && cvg_kube_is_news(ret, CVG_FAILED)) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_WEBHOOK_NO_CA),
                            "webhooks that fail closed without a CA bundle: %s",
                            cvg_kube_named_text(&sum->without_ca, ret));
    }
    if (sum->unavailable.count > 0 && cvg_kube_is_news(ret, CVG_FAILED)) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_NOT_AVAILABLE),
                            "APIServices that are not available: %s: %.300s",
                            cvg_kube_named_text(&sum->unavailable, ret),
                            sum->unavailable.objects[0]->outcome.message);
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_preset_state *state = check->state;
    struct sum sum = {0};
    say_readyz(check, ret);
    if (state->span_count == SPANS) {
        look_at_apiservices(check, wall, &sum);
        look_at_webhooks(check, wall, &sum);
        cvg_kit_finding_number(ret, "apiservices", sum.apiservices);
        cvg_kube_named_fact(&sum.unavailable, ret, "apiservices_unavailable");
        cvg_kit_finding_number(ret, "webhook_configurations", sum.webhooks);
        cvg_kube_named_fact(&sum.down, ret, "webhooks_down");
        cvg_kube_named_fact(&sum.without_ca, ret, "webhooks_without_ca");
    } else {
        cvg_kit_finding_fact(ret, "not_read.apiservices", "%s",
                             "the source is limited to namespaces: neither APIServices nor "
                             "webhooks are looked at");
    }
    say_failed(&sum, ret);
    if (sum.untold.count > 0 && cvg_kube_is_news(ret, CVG_UNKNOWN)) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                            "APIServices without a status: %s",
                            cvg_kube_named_text(&sum.untold, ret));
    }
    say_throttles(check, wall, &sum, ret);
    if (cvg_kube_is_news(ret, CVG_READY)) {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_IN_ORDER),
                            "the API server is ready");
    }
    return sum.next;
}

const struct cvg_kube_form cvg_kube_preset_api = {
    .name = "preset api",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};

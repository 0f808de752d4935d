/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sum of objects comes to, and its words: messages that name the worst object and its pod,
 * facts, the revision. See objects.h.
 */
#include "objects.h"
#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TOLD 3 /* objects that a message names */

/* ---- few texts of many ---- */

void cvg_kube_few_add(struct cvg_kube_few *few, const char *text)
{
    size_t at = few->count;
    if (*text == '\0') {
        return;
    }
    while (at > 0 && strcmp(text, few->texts[at - 1]) < 0) {
        at--;
    }
    if (at == few->most || (at > 0 && strcmp(text, few->texts[at - 1]) == 0)) {
        return;
    }
    if (few->count < few->most) {
        few->count++;
    }
    memmove(&few->texts[at + 1], &few->texts[at], (few->count - at - 1) * sizeof(few->texts[0]));
    few->texts[at] = text;
}

/* ---- revision ---- */

/* "registry:5000/app:1.2@sha256:..." */
static void part_of_image(const char *image, uint32_t what, char *ret, size_t size)
{
    const char *at = strchr(image, '@');
    size_t length = at == NULL ? strlen(image) : (size_t)(at - image);
    size_t colon = length;
    ret[0] = '\0';
    if (what == CVG_KUBE_REVISION_IMAGE) {
        (void)snprintf(ret, size, "%s", at == NULL ? "" : at + 1);
        return;
    }
    while (colon > 0 && image[colon - 1] != ':' && image[colon - 1] != '/') {
        colon--;
    }
    if (colon > 0 && image[colon - 1] == ':') {
        (void)snprintf(ret, size, "%.*s", (int)(length - colon), image + colon);
    }
}

/* Of the first container; all pods of the newest revision must agree. */
static void revision_of_images(const struct cvg_kube_verdict *verdict, uint32_t what, char *ret,
                               size_t size)
{
    const struct cvg_kube_evidence *evidence = verdict->evidence;
    const char *const *own = verdict->object->images;
    size_t sets = evidence == NULL ? 0 : evidence->image_sets;
    ret[0] = '\0';
    if (own != NULL && own[0] != NULL) {
        part_of_image(own[0], what, ret, size);
    }
    for (size_t i = 0; i < sets; i++) {
        char each[CVG_KUBE_REVISION];
        part_of_image(evidence->images[i][0], what, each, sizeof(each));
        if (i > 0 && strcmp(each, ret) != 0) {
            ret[0] = '\0';
            return;
        }
        (void)snprintf(ret, size, "%s", each);
    }
}

static void revision_of(const struct cvg_kube_verdict *verdict, uint32_t what, char *ret,
                        size_t size)
{
    const struct cvg_kube_object *object = verdict->object;
    switch (what) {
    case CVG_KUBE_REVISION_VERSION:
        (void)snprintf(ret, size, "%s", object->app_version);
        return;
    case CVG_KUBE_REVISION_KIND:
        (void)snprintf(ret, size, "%s", object->revision);
        return;
    case CVG_KUBE_REVISION_GENERATION:
        ret[0] = '\0';
        if (object->generation != CVG_KUBE_ABSENT) {
            (void)snprintf(ret, size, "%" PRId64, object->generation);
        }
        return;
    case CVG_KUBE_REVISION_IMAGE:
    case CVG_KUBE_REVISION_TAG:
        revision_of_images(verdict, what, ret, size);
        return;
    default:
        (void)snprintf(ret, size, "%s",
                       *object->app_version != '\0' ? object->app_version : object->revision);
    }
}

void cvg_kube_objects_take_revision(struct cvg_kube_sum *sum, uint32_t revision_from,
                                    const struct cvg_kube_verdict *verdict)
{
    char revision[CVG_KUBE_REVISION];
    revision_of(verdict, revision_from, revision, sizeof(revision));
    if (!sum->has_revision) {
        memcpy(sum->revision, revision, sizeof(revision));
        sum->has_revision = 1;
    } else if (strcmp(sum->revision, revision) != 0) {
        sum->mixed = 1;
    }
}

/* ---- words for people ---- */

/* "deployment shop/api"; small letters, as kubectl has them. */
static const char *name_of(struct cvg_kit_finding *finding, const struct cvg_kube_objects *keys,
                           const struct cvg_kube_verdict *verdict)
{
    char kind[CVG_KUBE_NAME];
    size_t i = 0;
    for (; keys->kind->name[i] != '\0' && i + 1 < sizeof(kind); i++) {
        char c = keys->kind->name[i];
        kind[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    kind[i] = '\0';
    return cvg_kit_finding_text(finding, "%s %s%s%s", kind, verdict->namespace,
                                *verdict->namespace != '\0' ? "/" : "", verdict->name);
}

static const char *between_crashes(struct cvg_kit_finding *finding,
                                   const struct cvg_kube_object *pod)
{
    const struct cvg_kube_crashes *crashes = &pod->of.pod.crashes;
    return cvg_kit_finding_text(
        finding,
        "container %.63s ended %d times within 10 minutes and runs again; restarts: %" PRId64,
        crashes->container, CVG_KUBE_CRASHES, crashes->restarts);
}

static const char *own_words(struct cvg_kit_finding *finding,
                             const struct cvg_kube_verdict *verdict)
{
    if (verdict->object == NULL) {
        return "is not there";
    }
    if (verdict->mismatch != NULL) {
        return cvg_kit_finding_text(
            finding, "%.100s is %s%.100s%s instead of %s%.100s%s", verdict->mismatch,
            *verdict->found != '\0' ? "'" : "", *verdict->found != '\0' ? verdict->found : "empty",
            *verdict->found != '\0' ? "'" : "", *verdict->wanted != '\0' ? "'" : "",
            *verdict->wanted != '\0' ? verdict->wanted : "something",
            *verdict->wanted != '\0' ? "'" : "");
    }
    if (verdict->words != NULL) {
        return verdict->words;
    }
    if (verdict->object->kind->type == CVG_KUBE_POD && verdict->status == CVG_FAILED &&
        verdict->object->outcome.status != CVG_FAILED &&
        strcmp(verdict->reason, cvg_kube_reason(CVG_KUBE_REASON_CRASH_LOOP)) == 0) {
        return between_crashes(finding, verdict->object);
    }
    const char *message = verdict->object->outcome.message;
    return *message != '\0' ? message : verdict->reason;
}

/* Of one that is in trouble. */
static const char *words_of_pod(struct cvg_kit_finding *finding, const struct cvg_kube_object *pod)
{
    if (*pod->of.pod.trouble == '\0') {
        return between_crashes(finding, pod);
    }
    return *pod->outcome.message != '\0' ? pod->outcome.message : pod->of.pod.trouble;
}

/* "deployment shop/api: 2 of 3 pods ready; pod api-7d9: container api is in CrashLoopBackOff" */
static const char *words_of(struct cvg_kit_finding *finding, const struct cvg_kube_objects *keys,
                            const struct cvg_kube_verdict *verdict)
{
    const char *name = name_of(finding, keys, verdict);
    const char *own = own_words(finding, verdict);
    const struct cvg_kube_object *pod = verdict->pod;
    char more[48] = "";
    if (pod == NULL) {
        return cvg_kit_finding_text(finding, "%s: %s", name, own);
    }
    if (verdict->troubled > 1) {
        (void)snprintf(more, sizeof(more), " (and %zu more such pods)", verdict->troubled - 1);
    }
    return cvg_kit_finding_text(finding, "%s: %s; pod %s: %s%s", name, own, pod->name,
                                words_of_pod(finding, pod), more);
}

static const char *words_of_all(struct cvg_kit_finding *finding,
                                const struct cvg_kube_objects *keys, const struct cvg_kube_sum *sum)
{
    char text[960];
    size_t told = sum->worst_count < TOLD ? sum->worst_count : TOLD, used = 0;
    int64_t left = sum->total - sum->counts[CVG_READY] - (int64_t)told;
    for (size_t i = 0; i < told && used < sizeof(text); i++) {
        int wrote = snprintf(text + used, sizeof(text) - used, "; %s",
                             words_of(finding, keys, &sum->worst[i]));
        used += wrote < 0 ? 0 : (size_t)wrote;
    }
    if (left > 0 && used < sizeof(text)) {
        int wrote = snprintf(text + used, sizeof(text) - used, "; %" PRId64 " more", left);
        used += wrote < 0 ? 0 : (size_t)wrote;
    }
    return cvg_kit_finding_text(finding, "%" PRId64 " of %" PRId64 " ready%s",
                                sum->counts[CVG_READY], sum->total, used == 0 ? "" : text);
}

/* ---- status ---- */

uint32_t cvg_kube_sum_status(const struct cvg_kube_sum *sum)
{
    const int64_t *counts = sum->counts;
    /* What is not there yet is on its way, as what is named and not there. */
    int64_t total = sum->total > sum->needed ? sum->total : sum->needed;
    int64_t coming = total - sum->total;
    if (counts[CVG_READY] >= sum->needed) {
        return CVG_READY;
    }
    if (total - counts[CVG_FAILED] < sum->needed) {
        return CVG_FAILED;
    }
    if (total - counts[CVG_FAILED] - counts[CVG_UNKNOWN] < sum->needed) {
        return CVG_UNKNOWN;
    }
    return counts[CVG_PROGRESSING] + coming == 0 ? CVG_DEGRADED : CVG_PROGRESSING;
}

static const char *reason_of(const struct cvg_kube_sum *sum, uint32_t status)
{
    if (sum->total < sum->needed && status == CVG_PROGRESSING) {
        return cvg_kube_reason(CVG_KUBE_REASON_TOO_FEW);
    }
    if (status == CVG_READY && sum->total > 1) {
        return cvg_kube_reason(CVG_KUBE_REASON_ALL_READY);
    }
    return sum->first[status].reason;
}

/* NULL: there are several. */
static const struct cvg_kube_verdict *only_one(const struct cvg_kube_sum *sum)
{
    uint32_t status = 0;
    while (status < CVG_STATUS_COUNT - 1 && sum->counts[status] == 0) {
        status++;
    }
    return sum->total == 1 ? &sum->first[status] : NULL;
}

static void say_expected(const struct cvg_kube_check *check, const struct cvg_kube_sum *sum,
                         struct cvg_kit_finding *ret)
{
    static const struct {
        enum cvg_status status;
        const char *word;
    } words[] = {{CVG_READY, "ready"},
                 {CVG_FAILED, "failed"},
                 {CVG_UNKNOWN, "unknown"},
                 {CVG_DEGRADED, "degraded"},
                 {CVG_PROGRESSING, "progressing"}};

    char text[160];
    size_t used = 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (i == 0 || sum->counts[words[i].status] > 0) {
            int wrote = snprintf(text + used, sizeof(text) - used, "%s%" PRId64 " %s",
                                 i == 0 ? "" : ", ", sum->counts[words[i].status], words[i].word);
            used += wrote < 0 ? 0 : (size_t)wrote;
        }
    }
    ret->reading.observed = cvg_kit_finding_text(ret, "%s", text);
    if (check->config->at_least != NULL) {
        ret->reading.expected =
            cvg_kit_finding_text(ret, "at least %s ready (%" PRId64 " of %" PRId64 ")",
                                 check->config->at_least, sum->needed, sum->total);
    } else {
        ret->reading.expected = cvg_kit_finding_text(ret, "%" PRId64 " ready", sum->needed);
    }
}

/* ---- facts ---- */

static void add_time(struct cvg_kit_finding *ret, const char *name, int64_t wall)
{
    char text[CVG_NUMBER_TEXT];
    if (wall > 0) {
        cvg_format_time(wall, 0, text, sizeof(text));
        cvg_kit_finding_fact(ret, name, "%s", text);
    }
}

static void add_few(struct cvg_kit_finding *ret, const char *name, const struct cvg_kube_few *few)
{
    for (size_t i = 0; i < few->count; i++) {
        cvg_kit_finding_fact(ret, cvg_kit_finding_text(ret, "%s.%zu", name, i), "%s",
                             few->texts[i]);
    }
}

static void add_counts(const struct cvg_kube_sum *sum, struct cvg_kit_finding *ret)
{
    cvg_kit_finding_number(ret, "objects", sum->total);
    cvg_kit_finding_number(ret, "needed", sum->needed);
    cvg_kit_finding_number(ret, "ready", sum->counts[CVG_READY]);
    cvg_kit_finding_number(ret, "progressing", sum->counts[CVG_PROGRESSING]);
    cvg_kit_finding_number(ret, "degraded", sum->counts[CVG_DEGRADED]);
    cvg_kit_finding_number(ret, "failed", sum->counts[CVG_FAILED]);
    cvg_kit_finding_number(ret, "unknown", sum->counts[CVG_UNKNOWN]);
}

/* Of the only object: which version of it is meant, and how long it has been so. */
static void add_object(const struct cvg_kube_verdict *verdict, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_object *object = verdict->object;
    const struct cvg_kube_outcome_kept *outcome = &object->outcome;
    const struct cvg_kube_object *pod = verdict->pod;
    cvg_kit_finding_fact(ret, "namespace", "%s", object->namespace);
    cvg_kit_finding_fact(ret, "name", "%s", object->name);
    if (object->generation != CVG_KUBE_ABSENT) {
        cvg_kit_finding_number(ret, "generation", object->generation);
    }
    cvg_kit_finding_fact(ret, "kind_revision", "%s", object->revision);
    if (outcome->total > 0) {
        cvg_kit_finding_number(ret, "done", outcome->done);
        cvg_kit_finding_number(ret, "total", outcome->total);
    }
    add_time(ret, "since",
             pod != NULL && pod->of.pod.bad_since > 0 ? pod->of.pod.bad_since : outcome->since);
    add_time(ret, "worse_at", outcome->worse_at);
    if (pod != NULL) {
        cvg_kit_finding_fact(ret, "pod", "%s", pod->name);
        cvg_kit_finding_fact(ret, "pod_reason", "%s",
                             *pod->of.pod.trouble != '\0'
                                 ? pod->of.pod.trouble
                                 : cvg_kube_reason(CVG_KUBE_REASON_CRASH_LOOP));
        cvg_kit_finding_number(ret, "pod_restarts", pod->of.pod.restarts);
    }
}

static void add_facts(const struct cvg_kube_check *check, const struct cvg_kube_objects *keys,
                      const struct cvg_kube_sum *sum, struct cvg_kit_finding *ret)
{
    add_counts(sum, ret);
    const struct cvg_kube_verdict *one = only_one(sum);
    if (one != NULL && one->object != NULL) {
        add_object(one, ret);
    }
    add_few(ret, "version", &sum->versions);
    add_few(ret, "image", &sum->images);
    for (size_t i = 0; i < sum->worst_count && sum->total > 1; i++) {
        cvg_kit_finding_fact(ret, cvg_kit_finding_text(ret, "worst.%zu", i), "%s: %s",
                             name_of(ret, keys, &sum->worst[i]), sum->worst[i].reason);
    }
    cvg_kube_check_note_missing(check, ret);
}

/* ---- all of it ---- */

static void say_empty(const struct cvg_kube_check *check, const struct cvg_kube_objects *keys,
                      struct cvg_kit_finding *ret)
{
    const struct cvg_kube_check_config *config = check->config;
    const char *with = config->name != NULL       ? " named "
                       : config->selector != NULL ? " with labels "
                                                  : "";
    const char *what = config->name != NULL       ? config->name
                       : config->selector != NULL ? config->selector
                                                  : "";
    int allowed = config->allow_empty == 1;
    cvg_kit_finding_say(
        ret, allowed ? CVG_READY : CVG_UNKNOWN,
        cvg_kube_reason(allowed ? CVG_KUBE_REASON_EMPTY : CVG_KUBE_REASON_EMPTY_MATCH),
        "there is no %s%s%.200s", keys->kind->name, with, what);
    cvg_kit_finding_number(ret, "objects", 0);
    cvg_kube_check_note_missing(check, ret);
}

/* A misspelt namespace would open the gate by the others. Who says how many are enough has said
 * enough. */
static int is_bare(const struct cvg_kube_check *check, const struct cvg_kube_objects *keys,
                   const struct cvg_kube_sum *sum)
{
    int has_number = keys->has_at_least && keys->at_least.basis_points == CVG_ABSENT_INT;
    return sum->bare != NULL && !has_number && check->config->allow_empty != 1;
}

void cvg_kube_objects_say(const struct cvg_kube_check *check, const struct cvg_kube_objects *keys,
                          const struct cvg_kube_sum *sum, struct cvg_kit_finding *ret)
{
    if (sum->total == 0) {
        say_empty(check, keys, ret);
        return;
    }
    uint32_t status = cvg_kube_sum_status(sum);
    const struct cvg_kube_verdict *one = only_one(sum);
    const char *words = one != NULL ? words_of(ret, keys, one) : words_of_all(ret, keys, sum);
    if (status == CVG_READY && is_bare(check, keys, sum)) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_EMPTY_MATCH),
                            "nothing matches in namespace %s; %s", sum->bare, words);
    } else {
        cvg_kit_finding_say(ret, status, reason_of(sum, status), "%s", words);
    }
    say_expected(check, sum, ret);
    ret->reading.done = (uint64_t)sum->counts[CVG_READY];
    ret->reading.total = (uint64_t)sum->needed;
    if (one != NULL && one->object != NULL && one->object->outcome.total > 0) {
        ret->reading.done = (uint64_t)one->object->outcome.done;
        ret->reading.total = (uint64_t)one->object->outcome.total;
    }
    if (sum->has_revision && !sum->mixed && sum->revision[0] != '\0') {
        ret->reading.revision = cvg_kit_finding_text(ret, "%s", sum->revision);
    }
    add_facts(check, keys, sum, ret);
}

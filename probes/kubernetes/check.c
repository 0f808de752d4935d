/* SPDX-License-Identifier: Apache-2.0 */
/* Checks: their collections, and what is reported when; see check.h. */
#include "check.h"

#include "kit/memory.h"
#include "reason.h"

#include <stdlib.h>
#include <string.h>

#define WANTED_MOST   1024
/* Evidence that only grew older again is reported at most so often; else alive() says it. */
#define RENEW_NS      INT64_C(5000000000)
#define LOOK_AGAIN_NS INT64_C(500000000)
/* That nothing can be told is dated back by so much, which makes it no fresher than it is: what is
 * known next may have been asked for before. */
#define UNKNOWN_NS    INT64_C(5000000000)

/* ---- what it reads ---- */

struct want {
    const struct cvg_kube_kind *kind;
    int labels, optional;
    const char *const *pointers;
};

static int add(struct cvg_kube_check *check, const struct want *want, const char *namespace)
{
    size_t first_pointer = 0;
    if (check->wanted_count == WANTED_MOST) {
        return -1;
    }
    check->wanted = cvg_kit_resize(check->wanted, check->wanted_count + 1, sizeof(*check->wanted));
    struct cvg_kube_wanted *wanted = &check->wanted[check->wanted_count++];
    wanted->collection =
        cvg_kube_cluster_want(check->cluster, &check->reader, want->kind, namespace, want->labels,
                              want->pointers, &first_pointer);
    wanted->optional = want->optional;
    wanted->first_pointer = first_pointer;
    return 0;
}

/* The check's own, where it names any, else those that the source is limited to. */
static const struct cvg_list *namespaces_of(const struct cvg_kube_check *check)
{
    const struct cvg_list *own = &check->config->namespaces;
    if (own->count > 0 && strcmp(((const char *const *)own->items)[0], "*") != 0) {
        return own;
    }
    return &cvg_kube_cluster_config(check->cluster)->namespaces;
}

int cvg_kube_check_want_fields(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                               int labels, int optional, const char *const *pointers)
{
    const struct cvg_list *namespaces = namespaces_of(check);
    const char *const *names = namespaces->items;
    const struct want want = {kind, labels, optional, pointers};
    int first = (int)check->wanted_count;

    /* Whether a custom kind is in namespaces is not known before the server was asked. */
    if (namespaces->count == 0 || !(kind->namespaced || kind->type == CVG_KUBE_CUSTOM)) {
        return add(check, &want, "") < 0 ? -1 : first;
    }
    for (size_t i = 0; i < namespaces->count; i++) {
        if (add(check, &want, names[i]) < 0) {
            return -1;
        }
    }
    return first;
}

const struct cvg_kube_kind *cvg_kube_check_kind(struct cvg_kube_check *check, const char *text)
{
    char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    const struct cvg_kube_kind *kind = cvg_kube_kind_find(text);
    if (kind == NULL && cvg_kube_kind_parse(text, group, version, name) == 0) {
        kind = cvg_kube_cluster_kind(check->cluster, group, version, name);
    }
    return kind;
}

int cvg_kube_check_want(struct cvg_kube_check *check, const struct cvg_kube_kind *kind, int labels,
                        int optional)
{
    return cvg_kube_check_want_fields(check, kind, labels, optional, NULL);
}

int cvg_kube_check_want_in(struct cvg_kube_check *check, const struct cvg_kube_kind *kind,
                           const char *namespace, int labels, int optional)
{
    const struct want want = {kind, labels, optional, NULL};
    int first = (int)check->wanted_count;
    return add(check, &want, namespace) < 0 ? -1 : first;
}

static int is_filled(const struct cvg_kube_collection_state *state)
{
    return state->sync == CVG_KUBE_SYNCED || state->sync == CVG_KUBE_BROKEN_OFF;
}

const struct cvg_kube_collection *cvg_kube_check_known(const struct cvg_kube_check *check,
                                                       size_t wanted)
{
    const struct cvg_kube_collection *collection = check->wanted[wanted].collection;
    return is_filled(cvg_kube_collection_state(collection)) ? collection : NULL;
}

/* ---- what cannot be judged ---- */

/* An optional collection is waited for while nothing speaks against its coming. */
static int is_coming(const struct cvg_kube_collection_state *state)
{
    return state->sync == CVG_KUBE_NOT_SYNCED && state->fault == CVG_FAULT_NONE;
}

/* Refused before not synced, and a fault before none: the most telling comes first. */
static int weight(const struct cvg_kube_wanted *wanted)
{
    const struct cvg_kube_collection_state *state = cvg_kube_collection_state(wanted->collection);
    if (is_filled(state) || (wanted->optional && !is_coming(state))) {
        return 0;
    }
    return state->sync == CVG_KUBE_REFUSED ? 3 : state->fault != CVG_FAULT_NONE ? 2 : 1;
}

static const struct cvg_kube_collection *what_is_missing(const struct cvg_kube_check *check)
{
    const struct cvg_kube_wanted *missing = NULL;
    for (size_t i = 0; i < check->wanted_count; i++) {
        if (weight(&check->wanted[i]) > (missing == NULL ? 0 : weight(missing))) {
            missing = &check->wanted[i];
        }
    }
    return missing == NULL ? NULL : missing->collection;
}

static void say_missing(const struct cvg_kube_collection *collection, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_collection_state *state = cvg_kube_collection_state(collection);
    const char *namespace = cvg_kube_collection_namespace(collection);
    const char *reason = state->reason != NULL && *state->reason != '\0'
                             ? state->reason
                             : cvg_kube_reason(CVG_KUBE_REASON_NOT_SYNCED);
    if (state->message[0] != '\0') {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, reason, "%s", state->message);
    } else {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, reason, "the first list of %s%s%s has not come yet",
                            cvg_kube_collection_kind(collection)->name,
                            *namespace != '\0' ? " in namespace " : "", namespace);
    }
    ret->reading.fault = state->fault;
}

/* The first of its kind says it for all namespaces. */
static int is_said(const struct cvg_kube_check *check, size_t number)
{
    const struct cvg_kube_kind *kind = cvg_kube_collection_kind(check->wanted[number].collection);
    for (size_t i = 0; i < number; i++) {
        if (check->wanted[i].optional && cvg_kube_check_known(check, i) == NULL &&
            cvg_kube_collection_kind(check->wanted[i].collection) == kind) {
            return 1;
        }
    }
    return 0;
}

void cvg_kube_check_note_missing(const struct cvg_kube_check *check,
                                 struct cvg_kit_finding *finding)
{
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_collection *collection = check->wanted[i].collection;
        if (!check->wanted[i].optional || cvg_kube_check_known(check, i) != NULL ||
            is_said(check, i)) {
            continue;
        }
        const struct cvg_kube_collection_state *state = cvg_kube_collection_state(collection);
        const struct cvg_kube_kind *kind = cvg_kube_collection_kind(collection);
        cvg_kit_finding_fact(finding, cvg_kit_finding_text(finding, "not_read.%s", kind->resource),
                             "%s",
                             state->message[0] != '\0' ? state->message
                             : state->reason != NULL   ? state->reason
                                                       : "");
    }
}

/* ---- reading and reporting ---- */

static int64_t oldest_known(const struct cvg_kube_check *check)
{
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_collection_state *state =
            cvg_kube_collection_state(check->wanted[i].collection);
        if (is_filled(state) && state->known_at < oldest) {
            oldest = state->known_at;
        }
    }
    return oldest == INT64_MAX ? 0 : oldest;
}

int64_t cvg_kube_check_read(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_collection *missing = what_is_missing(check);
    cvg_kit_finding_begin(ret);
    if (missing != NULL) {
        say_missing(missing, ret);
        return 0;
    }
    int64_t next = check->form->judge(check, wall, ret);
    int64_t known = oldest_known(check), own = ret->reading.observed_at_ns;
    ret->reading.observed_at_ns = own == 0 || (known != 0 && known < own) ? known : own;
    return next;
}

static uint64_t mix(uint64_t digest, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        digest = (digest ^ at[i]) * UINT64_C(0x100000001B3);
    }
    return digest;
}

static uint64_t mix_text(uint64_t digest, const char *text)
{
    return text == NULL ? mix(digest, "\1", 1) : mix(digest, text, strlen(text) + 1);
}

/* Of all but the times (FNV-1a); never 0. */
static uint64_t digest_of(const struct cvg_reading *reading)
{
    uint64_t digest = UINT64_C(0xCBF29CE484222325);
    digest = mix(digest, &reading->status, sizeof(reading->status));
    digest = mix(digest, &reading->fault, sizeof(reading->fault));
    digest = mix_text(digest, reading->reason);
    digest = mix_text(digest, reading->message);
    digest = mix_text(digest, reading->expected);
    digest = mix_text(digest, reading->observed);
    digest = mix_text(digest, reading->revision);
    digest = mix(digest, &reading->has_value, sizeof(reading->has_value));
    digest = mix(digest, &reading->value, sizeof(reading->value));
    digest = mix(digest, &reading->done, sizeof(reading->done));
    digest = mix(digest, &reading->total, sizeof(reading->total));
    for (size_t i = 0; i < reading->fact_count; i++) {
        digest = mix_text(mix_text(digest, reading->facts[i].name), reading->facts[i].text);
    }
    return digest | 1;
}

/* Of a reading that is about no evidence. While a first list is under way, its date stays. */
static int64_t date_unknown(const struct cvg_kube_check *check, const struct cvg_reading *reading,
                            int64_t now)
{
    int64_t at = now > UNKNOWN_NS ? now - UNKNOWN_NS : 1;
    if (at < check->observed_at || (reading->fault == CVG_FAULT_NONE && check->observed_at != 0 &&
                                    strcmp(reading->reason, CVG_NOT_SYNCED) == 0)) {
        at = check->observed_at;
    }
    return at;
}

/* Wall time that was set back may make everything younger. */
static int is_settled(const struct cvg_kube_check *check, int64_t wall)
{
    if (!check->is_settled || check->form->is_concerned == NULL || wall < check->judged_at ||
        (check->next != 0 && wall >= check->next) ||
        oldest_known(check) - check->observed_at >= RENEW_NS) {
        return 0;
    }
    for (size_t i = 0; i < check->wanted_count; i++) {
        if (cvg_kube_collection_changed(check->wanted[i].collection, check->wanted[i].seen)) {
            return 0;
        }
    }
    return !check->form->is_concerned(check);
}

static void settle(struct cvg_kube_check *check, int64_t wall, int64_t next)
{
    for (size_t i = 0; i < check->wanted_count; i++) {
        check->wanted[i].seen = cvg_kube_collection_edition(check->wanted[i].collection);
    }
    check->is_settled = 1;
    check->judged_at = wall;
    check->next = next;
}

static int64_t look(struct cvg_kube_reader *reader, int64_t wall)
{
    struct cvg_kube_check *check = (struct cvg_kube_check *)(void *)reader;
    const struct cvg_host *host = cvg_kube_cluster_host(check->cluster);
    struct cvg_kit_finding finding;
    if (is_settled(check, wall)) {
        return check->next;
    }
    check->is_settled = 0;
    int64_t next = cvg_kube_check_read(check, wall, &finding);
    int64_t observed = finding.reading.observed_at_ns;
    uint64_t digest = digest_of(&finding.reading);
    int is_judged = observed != 0;

    if (check->form->tell != NULL && finding.reading.status == CVG_READY) {
        check->form->tell(check, observed);
    }
    if (!is_judged) {
        observed = date_unknown(check, &finding.reading, host->now());
        finding.reading.observed_at_ns = observed;
    }
    if (digest != check->said || observed - check->observed_at >= RENEW_NS) {
        if (observed < check->observed_at) {
            return wall + LOOK_AGAIN_NS;
        }
        check->said = digest;
        check->observed_at = observed;
        host->report(check->handle, &finding.reading);
    }
    if (is_judged) {
        settle(check, wall, next);
    }
    return next;
}

/* ---- making ---- */

static const struct cvg_kube_form *form_of(const struct cvg_kube_check *check)
{
    const struct cvg_kube_check_config *config = check->config;
    const struct cvg_host *host = cvg_kube_cluster_host(check->cluster);
    if (host->discovers != NULL && host->discovers(check->handle) != NULL) {
        return &cvg_kube_form_discover;
    }
    if (config->kind != NULL) {
        return &cvg_kube_form_objects;
    }
    return config->helm != NULL ? &cvg_kube_form_helm : cvg_kube_form_preset(config->preset);
}

static void let_go(struct cvg_kube_check *check)
{
    cvg_kube_cluster_leave(check->cluster, &check->reader);
    free(check->wanted);
    free(check);
}

struct cvg_kube_check *cvg_kube_check_new(struct cvg_kube_cluster *cluster,
                                          struct cvg_check *handle,
                                          const struct cvg_kube_check_config *config,
                                          cvg_kube_refuse *refuse, void *arg)
{
    struct cvg_kube_check *check = cvg_kit_alloc(sizeof(*check));
    check->reader.look = look;
    check->cluster = cluster;
    check->handle = handle;
    check->config = config;
    check->form = form_of(check);
    if (check->form == NULL) {
        refuse(arg, "preset", "there is no such preset");
    } else if (check->form->create(check, refuse, arg) == 0) {
        return check;
    }
    let_go(check);
    return NULL;
}

void cvg_kube_check_free(struct cvg_kube_check *check)
{
    if (check != NULL) {
        check->form->destroy(check);
        let_go(check);
    }
}

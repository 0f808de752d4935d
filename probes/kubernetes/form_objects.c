/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks with `kind:`. Each object that matches has an outcome by its kind's rule, which was made
 * when it came; here time, the operator's own fields and the pods of its newest revision are added,
 * and all of them are counted.
 *
 *   fields of a custom kind    stand for its rule, but not for the common order (deletion, ...)
 *   fields of a built-in kind  must hold besides its rule
 */
#include "kit/memory.h"
#include "neighbours.h"
#include "objects.h"
#include "reason.h"
#include "rule.h"

#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

static void take_fields(const struct cvg_list *fields, struct cvg_kube_objects *keys)
{
    const struct cvg_pair *pairs = fields->items;
    for (size_t i = 0; i < fields->count && i < CVG_KUBE_FIELDS_MOST; i++) {
        keys->pointers[i] = pairs[i].name;
        keys->expected[i] = pairs[i].value;
        keys->pointer_count++;
    }
}

static int take_keys(const struct cvg_kube_check_config *config, struct cvg_kube_objects *keys)
{
    char why[160];
    keys->has_at_least = config->at_least != NULL;
    if (keys->has_at_least && cvg_kube_amount_parse(config->at_least, &keys->at_least) < 0) {
        return -1;
    }
    if (config->selector != NULL) {
        keys->selector = cvg_kube_selector_parse(config->selector, why, sizeof(why));
        if (keys->selector == NULL) {
            return -1;
        }
    }
    take_fields(&config->fields, keys);
    return 0;
}

/* -2: there are too many. */
static int want_beside(struct cvg_kube_check *check, uint32_t type, int wanted)
{
    int first = wanted ? cvg_kube_check_want(check, cvg_kube_kind_of_type(type), 0, 1) : -1;
    return wanted && first < 0 ? -2 : first;
}

static int want(struct cvg_kube_check *check, struct cvg_kube_objects *keys)
{
    int replicasets = 0;
    int first = cvg_kube_check_want_fields(check, keys->kind, keys->selector != NULL, 0,
                                           keys->pointer_count > 0 ? keys->pointers : NULL);
    if (first < 0) {
        return -1;
    }
    keys->first = (size_t)first;
    keys->count = check->wanted_count - keys->first;
    int pods = cvg_kube_evidence_wanted(keys->kind->type, &replicasets);
    keys->pods = want_beside(check, CVG_KUBE_POD, pods);
    keys->replicasets = want_beside(check, CVG_KUBE_REPLICASET, replicasets);
    keys->slices = want_beside(check, CVG_KUBE_ENDPOINTSLICE, keys->kind->type == CVG_KUBE_SERVICE);
    keys->classes = want_beside(check, CVG_KUBE_STORAGECLASS, keys->kind->type == CVG_KUBE_CLAIM);
    return keys->pods == -2 || keys->replicasets == -2 || keys->slices == -2 || keys->classes == -2
               ? -1
               : 0;
}

static void destroy(struct cvg_kube_check *check)
{
    struct cvg_kube_objects *keys = check->state;
    cvg_kube_selector_free(keys->selector);
    free(keys);
}

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    struct cvg_kube_objects *keys = cvg_kit_alloc(sizeof(*keys));
    check->state = keys;
    keys->kind = cvg_kube_check_kind(check, check->config->kind);
    const char *wrong = NULL;
    if (keys->kind == NULL || take_keys(check->config, keys) < 0) {
        wrong = "is not understood";
    } else if (want(check, keys) < 0) {
        wrong = "has too many namespaces";
    }
    if (wrong != NULL) {
        refuse(arg, "kind", wrong);
        destroy(check);
        return -1;
    }
    return 0;
}

/* ---- one object ---- */

struct walk {
    struct cvg_kube_check *check;
    const struct cvg_kube_objects *keys;
    struct cvg_kube_sum *sum;
    int64_t wall;
    size_t place; /* of the namespace among those that the check reads */
};

static void note_next(struct cvg_kube_sum *sum, int64_t wall, int64_t at)
{
    if (at > wall && (sum->next == 0 || at < sum->next)) {
        sum->next = at;
    }
}

/* First of all: what makes a paused object worse must still make it so. */
static void judge_pause(const struct walk *walk, struct cvg_kube_verdict *verdict)
{
    if (walk->check->config->paused_ready == 1 && verdict->object->outcome.only_paused &&
        verdict->status == CVG_PROGRESSING) {
        verdict->status = CVG_READY;
    }
}

/* Without a value it is enough that something stands there that says yes. */
static int is_wanted(const char *found, const char *wanted)
{
    return *wanted == '\0' ? *found != '\0' && strcmp(found, "false") != 0
                           : strcmp(found, wanted) == 0;
}

/* The fields begin where the collection put this check's pointers. */
static void judge_fields(const struct walk *walk, struct cvg_kube_verdict *verdict)
{
    const struct cvg_kube_objects *keys = walk->keys;
    const struct cvg_kube_object *object = verdict->object;
    size_t first = walk->check->wanted[keys->first + walk->place].first_pointer;
    int custom = keys->kind->type == CVG_KUBE_CUSTOM;

    if (keys->pointer_count == 0 || object->outcome.common ||
        (!custom && verdict->status != CVG_READY)) {
        return;
    }
    verdict->status = CVG_READY;
    verdict->reason = cvg_kube_reason(CVG_KUBE_REASON_READY);
    for (size_t i = 0; i < keys->pointer_count; i++) {
        const char *found = object->fields == NULL ? "" : object->fields[first + i];
        const char *wanted = keys->expected[i];
        if (!is_wanted(found, wanted)) {
            verdict->status = CVG_PROGRESSING;
            verdict->reason = cvg_kube_reason(CVG_KUBE_REASON_FIELD_MISMATCH);
            verdict->mismatch = keys->pointers[i];
            verdict->wanted = wanted;
            verdict->found = found;
            return;
        }
    }
}

static const struct cvg_kube_collection *beside(const struct walk *walk, int first)
{
    return first < 0 ? NULL : cvg_kube_check_known(walk->check, (size_t)first + walk->place);
}

/* A Job that is complete, and what is not the controller's newest word, are not judged by pods. */
static void judge_pods(const struct walk *walk, struct cvg_kube_verdict *verdict,
                       struct cvg_kube_evidence *ret)
{
    const struct cvg_kube_object *object = verdict->object;
    *ret = (struct cvg_kube_evidence){.reason = ""};
    if (walk->keys->pods < 0 || object->outcome.common ||
        (object->kind->type == CVG_KUBE_JOB && verdict->status == CVG_READY)) {
        return;
    }
    cvg_kube_evidence_find(object, beside(walk, walk->keys->pods),
                           beside(walk, walk->keys->replicasets), walk->wall, ret);
    note_next(walk->sum, walk->wall, ret->next);
    verdict->evidence = ret;
    if (ret->worst == NULL) {
        return;
    }
    verdict->pod = ret->worst;
    verdict->troubled = ret->troubled;
    if (verdict->status != CVG_FAILED) {
        verdict->status = CVG_FAILED;
        verdict->reason = cvg_kube_own_reason(ret->reason, CVG_KUBE_REASON_POD_FAILED);
    }
}

/* A Service is ready when somebody answers behind it; a claim may wait for its first pod. */
static void judge_neighbours(const struct walk *walk, struct cvg_kube_verdict *verdict)
{
    const struct cvg_kube_objects *keys = walk->keys;
    /* Classes are in no namespace: there is one collection of them. */
    const struct cvg_kube_collection *classes =
        keys->classes < 0 ? NULL : cvg_kube_check_known(walk->check, (size_t)keys->classes);
    if (keys->slices >= 0 && verdict->status == CVG_READY &&
        cvg_kube_service_is_empty(verdict->object, beside(walk, keys->slices))) {
        verdict->status = CVG_PROGRESSING;
        verdict->reason = cvg_kube_reason(CVG_KUBE_REASON_NO_ENDPOINTS);
        verdict->words = "no ready address stands behind it";
    } else if (classes != NULL && verdict->status == CVG_FAILED &&
               strcmp(verdict->reason, cvg_kube_reason(CVG_KUBE_REASON_CLAIM_PENDING)) == 0 &&
               cvg_kube_claim_waits(verdict->object, classes)) {
        verdict->status = CVG_PROGRESSING;
        verdict->words = "waits for its first pod, as its storage class says";
    }
}

/* ---- all of them ---- */

/* Worse first; of equals the same one is always first, so that nothing changes where nothing did. */
static int comes_before(const struct cvg_kube_verdict *a, const struct cvg_kube_verdict *b)
{
    int worse = cvg_kube_badness(a->status) - cvg_kube_badness(b->status);
    if (worse != 0) {
        return worse > 0;
    }
    int order = strcmp(a->namespace, b->namespace);
    return order != 0 ? order < 0 : strcmp(a->name, b->name) < 0;
}

static void take_worst(struct cvg_kube_sum *sum, const struct cvg_kube_verdict *verdict)
{
    size_t at = sum->worst_count;
    while (at > 0 && comes_before(verdict, &sum->worst[at - 1])) {
        at--;
    }
    if (at == CVG_KUBE_WORST) {
        return;
    }
    if (sum->worst_count < CVG_KUBE_WORST) {
        sum->worst_count++;
    }
    memmove(&sum->worst[at + 1], &sum->worst[at],
            (sum->worst_count - at - 1) * sizeof(sum->worst[0]));
    sum->worst[at] = *verdict;
}

static void count(struct cvg_kube_sum *sum, const struct cvg_kube_verdict *verdict)
{
    struct cvg_kube_verdict *first = &sum->first[verdict->status];
    if (sum->counts[verdict->status]++ == 0 || comes_before(verdict, first)) {
        *first = *verdict;
    }
    sum->total++;
    if (verdict->status != CVG_READY) {
        take_worst(sum, verdict);
    }
}

static void take_images(struct cvg_kube_sum *sum, const char *const *images)
{
    for (; images != NULL && *images != NULL; images++) {
        cvg_kube_few_add(&sum->images, *images);
    }
}

static void judge_object(const struct walk *walk, const struct cvg_kube_object *object)
{
    struct cvg_kube_sum *sum = walk->sum;
    struct cvg_kube_evidence evidence;
    struct cvg_kube_verdict verdict = {
        .object = object, .namespace = object->namespace, .name = object->name};

    verdict.status = cvg_kube_object_status(object, walk->wall, &verdict.reason);
    note_next(sum, walk->wall, cvg_kube_object_next(object, walk->wall));
    judge_pause(walk, &verdict);
    judge_fields(walk, &verdict);
    judge_pods(walk, &verdict, &evidence);
    judge_neighbours(walk, &verdict);
    cvg_kube_few_add(&sum->versions, object->app_version);
    take_images(sum, object->images);
    for (size_t i = 0; i < evidence.image_sets; i++) {
        take_images(sum, evidence.images[i]);
    }
    cvg_kube_objects_take_revision(sum, walk->check->config->revision_from, &verdict);
    verdict.evidence = NULL; /* which lives no longer */
    count(sum, &verdict);
}

static int names_namespaces(const struct cvg_kube_check_config *config)
{
    return config->namespaces.count > 0 &&
           strcmp(((const char *const *)config->namespaces.items)[0], "*") != 0;
}

/* A name says what is to come, where a selector that fits nothing may be a slip of the pen. */
static void judge_absent(const struct walk *walk, const char *namespace)
{
    const struct cvg_kube_verdict verdict = {
        .namespace = namespace,
        .name = walk->check->config->name,
        .status = CVG_PROGRESSING,
        .reason = cvg_kube_reason(CVG_KUBE_REASON_NOT_FOUND),
    };
    if (walk->check->config->allow_empty != 1) {
        count(walk->sum, &verdict);
    }
}

static int matches(const struct walk *walk, const struct cvg_kube_object *object)
{
    const char *name = walk->check->config->name;
    return (name == NULL || strcmp(name, object->name) == 0) &&
           (walk->keys->selector == NULL ||
            cvg_kube_selector_matches(walk->keys->selector, object->labels));
}

/* It is one object, which is found by its name. */
static int is_one(const struct cvg_kube_check *check, const struct cvg_kube_objects *keys,
                  const char *namespace)
{
    return check->config->name != NULL && (*namespace != '\0' || !keys->kind->namespaced) &&
           keys->kind->type != CVG_KUBE_CUSTOM;
}

static void judge_collection(const struct walk *walk)
{
    const struct cvg_kube_collection *collection =
        walk->check->wanted[walk->keys->first + walk->place].collection;
    const char *namespace = cvg_kube_collection_namespace(collection);
    const char *name = walk->check->config->name;
    const struct cvg_kube_object *object;
    size_t at = 0;

    /* It must be in each namespace that the check names, else in any. */
    int each = names_namespaces(walk->check->config);
    if (is_one(walk->check, walk->keys, namespace)) {
        object = cvg_kube_collection_get(collection, namespace, name);
        if (object != NULL) {
            judge_object(walk, object);
        } else if (each) {
            judge_absent(walk, namespace);
        }
        return;
    }
    int64_t before = walk->sum->total;
    while ((object = cvg_kube_collection_next(collection, &at)) != NULL) {
        if (matches(walk, object)) {
            judge_object(walk, object);
        }
    }
    if (each && walk->sum->total == before) {
        if (name != NULL) {
            judge_absent(walk, namespace);
        } else if (walk->sum->bare == NULL) {
            walk->sum->bare = namespace;
        }
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct cvg_kube_objects *keys = check->state;
    struct cvg_kube_sum sum = {.images.most = CVG_KUBE_IMAGES, .versions.most = CVG_KUBE_VERSIONS};
    struct walk walk = {.check = check, .keys = keys, .sum = &sum, .wall = wall};

    for (; walk.place < keys->count; walk.place++) {
        judge_collection(&walk);
    }
    if (check->config->name != NULL && sum.total == 0) {
        judge_absent(&walk, "");
    }
    sum.needed = keys->has_at_least ? cvg_kube_amount_of(&keys->at_least, sum.total) : sum.total;
    cvg_kube_objects_say(check, keys, &sum, ret);
    return sum.next;
}

/* ---- what it need not judge again ---- */

static int is_another(const struct cvg_kube_check *check, int wanted)
{
    const struct cvg_kube_wanted *one = &check->wanted[wanted < 0 ? 0 : wanted];
    return wanted >= 0 && cvg_kube_collection_edition(one->collection) != one->seen;
}

/* NULL: it reads none, or cannot. */
static const struct cvg_kube_collection *other(const struct cvg_kube_check *check, int first,
                                               size_t place, uint64_t *ret_seen)
{
    *ret_seen = first < 0 ? 0 : check->wanted[(size_t)first + place].seen;
    return first < 0 ? NULL : cvg_kube_check_known(check, (size_t)first + place);
}

static int is_one_changed(const struct cvg_kube_check *check, size_t place)
{
    const struct cvg_kube_objects *keys = check->state;
    const struct cvg_kube_wanted *wanted = &check->wanted[keys->first + place];
    const char *namespace = cvg_kube_collection_namespace(wanted->collection);
    const char *name = check->config->name;
    uint64_t pods_seen, replicasets_seen;

    if (cvg_kube_collection_changed_named(wanted->collection, wanted->seen, namespace, name)) {
        return 1;
    }
    const struct cvg_kube_object *object =
        cvg_kube_collection_get(wanted->collection, namespace, name);
    if (object == NULL) {
        return 0;
    }
    const struct cvg_kube_collection *pods = other(check, keys->pods, place, &pods_seen);
    const struct cvg_kube_collection *replicasets =
        other(check, keys->replicasets, place, &replicasets_seen);
    return cvg_kube_evidence_changed(object, pods, pods_seen, replicasets, replicasets_seen) ||
           is_another(check, keys->slices < 0 ? -1 : keys->slices + (int)place) ||
           is_another(check, keys->classes);
}

static int is_concerned(const struct cvg_kube_check *check)
{
    const struct cvg_kube_objects *keys = check->state;
    for (size_t i = 0; i < keys->count; i++) {
        const char *namespace =
            cvg_kube_collection_namespace(check->wanted[keys->first + i].collection);
        if (!is_one(check, keys, namespace)) {
            size_t at = 0;
            while (at < check->wanted_count && !is_another(check, (int)at)) {
                at++;
            }
            return at < check->wanted_count;
        }
        if (is_one_changed(check, i)) {
            return 1;
        }
    }
    return 0;
}

const struct cvg_kube_form cvg_kube_form_objects = {
    .name = "objects",
    .create = create,
    .destroy = destroy,
    .judge = judge,
    .is_concerned = is_concerned,
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What environments are discovered by: the objects of a kind that match a selector, told whole each time
 * one of their collections changed. Nothing is told before all of them are synced, and nothing while
 * one is broken off; then the check is unknown, with the collection's reason.
 */
#include "check.h"
#include "kit/memory.h"
#include "reason.h"
#include "select.h"

#include <stdlib.h>
#include <string.h>

#define POINTER_MOST 400

struct discover {
    const struct cvg_kube_kind *kind;
    struct cvg_kube_selector *selector; /* owned; NULL: all */
    char **labels;                      /* owned, each too; ends at NULL */
    char **annotations;                 /* the same; their values are fields, in this order */
    size_t annotation_count;
    uint64_t *told; /* owned; the editions that were told; by collection */
};

/* ---- keys ---- */

static char **copy_words(const char *const *words, size_t *ret_count)
{
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    char **copy = cvg_kit_alloc((count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        copy[i] = cvg_kit_copy(words[i]);
    }
    *ret_count = count;
    return copy;
}

static void free_words(char **words)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        free(words[i]);
    }
    free(words);
}

/* RFC 6901: a slash of the key is ~1. Keys have no tilde. */
static void make_pointer(const char *key, char *ret, size_t size)
{
    static const char head[] = "/metadata/annotations/";
    size_t used = sizeof(head) - 1;
    memcpy(ret, head, used);
    for (; *key != '\0' && used + 3 < size; key++) {
        if (*key == '/') {
            ret[used++] = '~';
        }
        ret[used++] = *key == '/' ? '1' : *key;
    }
    ret[used] = '\0';
}

static int want(struct cvg_kube_check *check, const struct discover *discover)
{
    char(*texts)[POINTER_MOST] = cvg_kit_alloc((discover->annotation_count + 1) * sizeof(*texts));
    const char **pointers = cvg_kit_alloc((discover->annotation_count + 1) * sizeof(*pointers));
    for (size_t i = 0; i < discover->annotation_count; i++) {
        make_pointer(discover->annotations[i], texts[i], sizeof(texts[i]));
        pointers[i] = texts[i];
    }
    int first = cvg_kube_check_want_fields(check, discover->kind, 1, 0,
                                           discover->annotation_count > 0 ? pointers : NULL);
    free(pointers);
    free(texts);
    return first;
}

/* A key that says something of readiness; NULL: there is none. */
static const char *pointless_key(const struct cvg_kube_check_config *config)
{
    const struct {
        const char *key;
        int is_set;
    } keys[] = {{"helm", config->helm != NULL},       {"preset", config->preset != CVG_ABSENT_UINT},
                {"fields", config->fields.count > 0}, {"at_least", config->at_least != NULL},
                {"release", config->release != NULL}, {"thresholds", config->thresholds != NULL}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].is_set) {
            return keys[i].key;
        }
    }
    return NULL;
}

static void destroy(struct cvg_kube_check *check)
{
    struct discover *discover = check->state;
    cvg_kube_selector_free(discover->selector);
    free_words(discover->labels);
    free_words(discover->annotations);
    free(discover->told);
    free(discover);
}

static int take_keys(struct cvg_kube_check *check, struct discover *discover,
                     cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_check_config *config = check->config;
    char why[160];
    const char *key = pointless_key(config);

    if (key != NULL || config->kind == NULL) {
        refuse(arg, key == NULL ? "kind" : key,
               key == NULL ? "environments are discovered by objects of a kind"
                           : "has no meaning where environments are discovered");
        return -1;
    }
    discover->kind = cvg_kube_check_kind(check, config->kind);
    if (discover->kind == NULL) {
        refuse(arg, "kind", "is not understood");
        return -1;
    }
    if (config->selector != NULL) {
        discover->selector = cvg_kube_selector_parse(config->selector, why, sizeof(why));
        if (discover->selector == NULL) {
            refuse(arg, "selector", why);
            return -1;
        }
    }
    return 0;
}

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_wanted *wanted =
        cvg_kube_cluster_host(check->cluster)->discovers(check->handle);
    struct discover *discover = cvg_kit_alloc(sizeof(*discover));
    size_t labels;

    check->state = discover;
    discover->labels = copy_words(wanted->labels, &labels);
    discover->annotations = copy_words(wanted->annotations, &discover->annotation_count);
    if (take_keys(check, discover, refuse, arg) < 0) {
        destroy(check);
        return -1;
    }
    if (want(check, discover) < 0) {
        refuse(arg, "kind", "has too many namespaces");
        destroy(check);
        return -1;
    }
    discover->told = cvg_kit_alloc((check->wanted_count + 1) * sizeof(*discover->told));
    return 0;
}

/* ---- what there is ---- */

static int matches(const struct discover *discover, const struct cvg_kube_object *object)
{
    return discover->selector == NULL ||
           cvg_kube_selector_matches(discover->selector, object->labels);
}

static const struct cvg_kube_collection *broken_off(const struct cvg_kube_check *check)
{
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_collection *collection = check->wanted[i].collection;
        if (cvg_kube_collection_state(collection)->sync != CVG_KUBE_SYNCED) {
            return collection;
        }
    }
    return NULL;
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct discover *discover = check->state;
    const struct cvg_kube_collection *broken = broken_off(check);
    size_t count = 0;
    (void)wall;

    if (broken != NULL) {
        const struct cvg_kube_collection_state *state = cvg_kube_collection_state(broken);
        const char *reason = state->reason != NULL && *state->reason != '\0'
                                 ? state->reason
                                 : cvg_kube_reason(CVG_KUBE_REASON_NOT_SYNCED);
        cvg_kit_finding_say(ret, CVG_UNKNOWN, reason, "%s", state->message);
        ret->reading.fault = state->fault;
        return 0;
    }
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_object *object;
        size_t at = 0;
        while ((object = cvg_kube_collection_next(check->wanted[i].collection, &at)) != NULL) {
            count += matches(discover, object) ? 1 : 0;
        }
    }
    cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "%zu found", count);
    return 0;
}

/* ---- telling ---- */

struct telling {
    const struct discover *discover;
    struct cvg_found_object *objects; /* owned */
    struct cvg_pair *pairs;           /* owned; of all, in the order of the objects */
    size_t count, pair_count;
};

static const char *label_of(const struct cvg_kube_object *object, const char *name)
{
    for (const char *const *at = object->labels; at != NULL && at[0] != NULL; at += 2) {
        if (strcmp(at[0], name) == 0) {
            return at[1];
        }
    }
    return NULL;
}

/* Places for pairs are made first, since the array would move under those that refer to it. */
static void take(struct telling *telling, const struct cvg_kube_object *object, size_t first_field)
{
    const struct discover *discover = telling->discover;
    struct cvg_found_object *ret = &telling->objects[telling->count++];

    *ret = (struct cvg_found_object){.namespace_name = object->namespace, .name = object->name};
    ret->labels = &telling->pairs[telling->pair_count];
    for (size_t i = 0; discover->labels[i] != NULL; i++) {
        const char *value = label_of(object, discover->labels[i]);
        if (value != NULL) {
            telling->pairs[telling->pair_count++] =
                (struct cvg_pair){.name = discover->labels[i], .value = value};
            ret->label_count++;
        }
    }
    ret->annotations = &telling->pairs[telling->pair_count];
    for (size_t i = 0; i < discover->annotation_count && object->fields != NULL; i++) {
        const char *value = object->fields[first_field + i];
        if (*value != '\0') {
            telling->pairs[telling->pair_count++] =
                (struct cvg_pair){.name = discover->annotations[i], .value = value};
            ret->annotation_count++;
        }
    }
}

static size_t count_matching(const struct cvg_kube_check *check)
{
    size_t count = 0;
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_object *object;
        size_t at = 0;
        while ((object = cvg_kube_collection_next(check->wanted[i].collection, &at)) != NULL) {
            count += matches(check->state, object) ? 1 : 0;
        }
    }
    return count;
}

static size_t pairs_each(const struct discover *discover)
{
    size_t count = discover->annotation_count;
    for (size_t i = 0; discover->labels[i] != NULL; i++) {
        count++;
    }
    return count;
}

static int is_told(const struct cvg_kube_check *check)
{
    const struct discover *discover = check->state;
    size_t i = 0;
    while (i < check->wanted_count &&
           cvg_kube_collection_edition(check->wanted[i].collection) == discover->told[i]) {
        i++;
    }
    return i == check->wanted_count;
}

static void tell(struct cvg_kube_check *check, int64_t observed_at)
{
    struct discover *discover = check->state;
    if (is_told(check)) {
        return;
    }
    size_t count = count_matching(check);
    struct telling telling = {
        .discover = discover,
        .objects = cvg_kit_alloc((count + 1) * sizeof(*telling.objects)),
        .pairs = cvg_kit_alloc((count * pairs_each(discover) + 1) * sizeof(*telling.pairs)),
    };
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_wanted *wanted = &check->wanted[i];
        const struct cvg_kube_object *object;
        size_t at = 0;
        while ((object = cvg_kube_collection_next(wanted->collection, &at)) != NULL) {
            if (matches(discover, object)) {
                take(&telling, object, wanted->first_pointer);
            }
        }
        discover->told[i] = cvg_kube_collection_edition(wanted->collection);
    }
    const struct cvg_found found = {
        .size = sizeof(found),
        .object_size = sizeof(*telling.objects),
        .objects = telling.objects,
        .count = telling.count,
        .observed_at_ns = observed_at,
    };
    cvg_kube_cluster_host(check->cluster)->found(check->handle, &found);
    free(telling.pairs);
    free(telling.objects);
}

const struct cvg_kube_form cvg_kube_form_discover = {
    .name = "discover",
    .create = create,
    .destroy = destroy,
    .judge = judge,
    .tell = tell,
};

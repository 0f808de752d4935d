/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of an object; see object.h. */
#include "object.h"

#include "crashes.h"
#include "facts.h"
#include "kit/memory.h"
#include "reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one value that a pointer leads to. One that is cut says so at its end, and so equals nothing
 * that an operator expects. */
#define FIELD_MOST 4096

/* Shifted, so that 0 is none. */
static const unsigned char hex[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* -1: it is no UUID. */
static int read_uuid(const char *text, struct cvg_kube_id *ret)
{
    uint64_t parts[2] = {0, 0};
    size_t digits = 0;
    if (strlen(text) != 36) {
        return -1;
    }
    for (size_t i = 0; i < 36; i++) {
        int dash = i == 8 || i == 13 || i == 18 || i == 23;
        unsigned digit = hex[(unsigned char)text[i]];
        if (dash ? text[i] != '-' : digit == 0) {
            return -1;
        }
        if (!dash) {
            parts[digits / 16] = parts[digits / 16] << 4 | (digit - 1);
            digits++;
        }
    }
    *ret = (struct cvg_kube_id){parts[0], parts[1]};
    return 0;
}

/* FNV-1a twice. Uids that are no UUIDs only come from servers that are not quite Kubernetes. */
static uint64_t digest(const char *text, uint64_t hash)
{
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

struct cvg_kube_id cvg_kube_id_of(const char *text)
{
    struct cvg_kube_id id = {0, 0};
    if (*text != '\0' && read_uuid(text, &id) != 0) {
        id.high = digest(text, UINT64_C(0xcbf29ce484222325));
        id.low = digest(text, UINT64_C(0x9ae16a3b2f90404f)) | 1;
    }
    return id;
}

static const char *const *take_labels(struct cvg_kube_pool *pool, const struct cvg_kube_meta *meta)
{
    const char **texts = cvg_kit_alloc((2 * meta->label_count + 1) * sizeof(*texts));
    for (size_t i = 0; i < meta->label_count; i++) {
        texts[2 * i] = meta->labels[i].name;
        texts[2 * i + 1] = meta->labels[i].value;
    }
    const char *const *set = cvg_kube_pool_take_set(pool, texts, 2 * meta->label_count);
    free(texts);
    return set;
}

static const char *take_field(struct cvg_kube_pool *pool, const struct cvg_kube_node *node)
{
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return "";
    }
    if (node->kind == CVG_KUBE_BOOL) {
        return cvg_kube_pool_take(pool, node->boolean ? "true" : "false");
    }
    if (node->kind == CVG_KUBE_ARRAY || node->kind == CVG_KUBE_OBJECT) {
        const char *text = node->kind == CVG_KUBE_ARRAY ? "[...]" : "{...}";
        return cvg_kube_pool_take(pool, node->count > 0 ? text : "");
    }
    /* One with a NUL in it would be equal to its beginning. */
    if (strlen(node->text) != node->length || node->length >= FIELD_MOST) {
        char text[FIELD_MOST];
        (void)snprintf(text, sizeof(text), "%.*s...", FIELD_MOST - 8, node->text);
        return cvg_kube_pool_take(pool, text);
    }
    return cvg_kube_pool_take(pool, node->text);
}

static const char *const *take_fields(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                                      const char *const *pointers)
{
    size_t count = 0;
    while (pointers[count] != NULL) {
        count++;
    }
    const char **texts = cvg_kit_alloc((count + 1) * sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        texts[i] = take_field(pool, cvg_kube_node_at(view->tree, pointers[i]));
    }
    const char *const *set = cvg_kube_pool_take_set(pool, texts, count);
    for (size_t i = 0; i < count; i++) {
        cvg_kube_pool_drop(pool, texts[i]);
    }
    free(texts);
    return set;
}

static struct cvg_kube_outcome_kept take_outcome(struct cvg_kube_pool *pool,
                                                 const struct cvg_kube_outcome *outcome)
{
    return (struct cvg_kube_outcome_kept){
        .common = outcome->common,
        .only_paused = outcome->only_paused,
        .status = outcome->status,
        .worse_status = outcome->worse_status,
        .reason = cvg_kube_pool_take(pool, outcome->reason),
        .message = cvg_kube_pool_take(pool, outcome->message),
        .worse_reason = cvg_kube_pool_take(pool, outcome->worse_reason),
        .since = outcome->since,
        .worse_at = outcome->worse_at,
        .done = outcome->done,
        .total = outcome->total,
    };
}

struct cvg_kube_object *cvg_kube_object_make(struct cvg_kube_pool *pool,
                                             const struct cvg_kube_view *view,
                                             const struct cvg_kube_outcome *outcome,
                                             const struct cvg_kube_keep *keep)
{
    const struct cvg_kube_meta *meta = &view->meta;
    char room[CVG_KUBE_CUSTOM_REVISION];
    struct cvg_kube_object *object = cvg_kit_alloc(sizeof(*object));
    *object = (struct cvg_kube_object){
        .kind = view->kind,
        .namespace = cvg_kube_pool_take(pool, meta->namespace),
        .name = cvg_kube_pool_take(pool, meta->name),
        .uid = cvg_kube_id_of(meta->uid),
        .owner = cvg_kube_id_of(meta->owner_uid),
        .owner_kind = cvg_kube_pool_take(pool, meta->owner_kind),
        .owner_name = cvg_kube_pool_take(pool, meta->owner_name),
        .version = cvg_kube_pool_take(pool, meta->resource_version),
        .generation = meta->generation,
        .created_at = meta->created_at,
        .revision = cvg_kube_pool_take(pool, cvg_kube_facts_revision(view, room)),
        .app_version = cvg_kube_pool_take(pool, cvg_kube_label(meta, "app.kubernetes.io/version")),
        .labels = keep->labels ? take_labels(pool, meta) : NULL,
        .images = cvg_kube_facts_images(pool, view),
        .fields = keep->pointers != NULL ? take_fields(pool, view, keep->pointers) : NULL,
        .outcome = take_outcome(pool, outcome),
    };
    cvg_kube_facts_take(pool, view, object);
    return object;
}

void cvg_kube_object_free(struct cvg_kube_pool *pool, struct cvg_kube_object *object)
{
    if (object == NULL) {
        return;
    }
    const char *const texts[] = {
        object->namespace,       object->name,
        object->owner_kind,      object->owner_name,
        object->version,         object->revision,
        object->app_version,     object->outcome.reason,
        object->outcome.message, object->outcome.worse_reason,
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cvg_kube_pool_drop(pool, texts[i]);
    }
    cvg_kube_pool_drop_set(pool, object->labels);
    cvg_kube_pool_drop_set(pool, object->images);
    cvg_kube_pool_drop_set(pool, object->fields);
    cvg_kube_facts_done(pool, object);
    free(object);
}

void cvg_kube_object_follow(struct cvg_kube_object *object, const struct cvg_kube_object *before)
{
    if (object->kind->type == CVG_KUBE_POD && object->uid.high == before->uid.high &&
        object->uid.low == before->uid.low) {
        cvg_kube_crashes_follow(&object->of.pod.crashes, &before->of.pod.crashes);
    }
}

/* Of a pod that ended, or is on its way out, nothing is to come. */
static int64_t crash_loop_until(const struct cvg_kube_object *object)
{
    const struct cvg_kube_pod_facts *pod = &object->of.pod;
    if (object->kind->type != CVG_KUBE_POD || object->outcome.common ||
        strcmp(pod->phase, "Succeeded") == 0 || strcmp(pod->phase, "Failed") == 0) {
        return 0;
    }
    return cvg_kube_crashes_until(&pod->crashes);
}

static int is_between_crashes(const struct cvg_kube_object *object, int64_t wall)
{
    int64_t until = crash_loop_until(object);
    return until != 0 && wall < until;
}

uint32_t cvg_kube_object_status(const struct cvg_kube_object *object, int64_t wall,
                                const char **ret_reason)
{
    const struct cvg_kube_outcome_kept *outcome = &object->outcome;
    int is_worse = outcome->worse_at != 0 && wall >= outcome->worse_at;
    uint32_t status = is_worse ? outcome->worse_status : outcome->status;
    *ret_reason = is_worse ? outcome->worse_reason : outcome->reason;
    if (status != CVG_FAILED && is_between_crashes(object, wall)) {
        *ret_reason = cvg_kube_reason(CVG_KUBE_REASON_CRASH_LOOP);
        return CVG_FAILED;
    }
    return status;
}

int64_t cvg_kube_object_next(const struct cvg_kube_object *object, int64_t wall)
{
    int64_t worse = object->outcome.worse_at, until = crash_loop_until(object);
    int64_t next = worse > wall ? worse : 0;
    return until > wall && (next == 0 || until < next) ? until : next;
}

const char *cvg_kube_object_trouble(const struct cvg_kube_object *object, int64_t wall)
{
    const char *trouble = object->of.pod.trouble;
    return *trouble == '\0' && is_between_crashes(object, wall)
               ? cvg_kube_reason(CVG_KUBE_REASON_CRASH_LOOP)
               : trouble;
}

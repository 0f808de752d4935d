/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of discoveries and their times. What is hostile is bounded here. */
#include "decide/discovery.h"

#include "base/log.h"
#include "base/map.h"
#include "base/text.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Kubernetes has 253; more is no object that anybody wrote. */
#define NAME_MOST  253
#define VALUE_MOST 4096
#define PAIRS_MOST 64

struct object {
    struct cvg_found_object what;
    struct cvg_arena *arena; /* owned; of what, and left_out */
    uint64_t rank;           /* among all that are there */
    bool present;            /* in the latest set, or brought back */
    int64_t gone_at;         /* when a set first lacked it; not looked at while it is present */
    const char *left_out;    /* why it makes none whatever is tried; NULL: it may */
    char *told;              /* owned: what was said of it last; NULL: nothing */
    bool is_environment;
};

struct entry {
    char *name; /* owned */
    int64_t grace_ns;
    size_t most;
    struct cvg_map *objects;    /* owned; struct object, owned too, by "NAMESPACE/NAME" */
    struct object **waiting;    /* owned, each too; in the order of their keys */
    size_t waiting_count, more; /* more: beyond those */
    int64_t certain_at;
    bool certain, was_full;
    char *why; /* owned: why it cannot tell, as it was said */
};

struct cvg_discovery {
    cvg_discovery_note *note;
    void *ctx;
    struct entry **entries; /* owned, each too; in the configuration's order */
    size_t count;
    uint64_t edition, rank;
};

/* ---- objects ---- */

static void object_free(struct object *object)
{
    cvg_arena_free(object->arena);
    free(object->told);
    free(object);
}

static bool is_bounded(const char *text, size_t most)
{
    size_t length = text ? strnlen(text, most + 1) : most + 1;
    return length <= most && cvg_text_is_utf8(text, length);
}

static bool is_good(const struct cvg_found_object *object)
{
    return is_bounded(object->name, NAME_MOST) && *object->name &&
           is_bounded(object->namespace_name, NAME_MOST) && !strchr(object->namespace_name, '/');
}

/* What is too long is kept as far as it is known to be too long. */
static const struct cvg_pair *copy_pairs(struct cvg_arena *arena, const struct cvg_pair *pairs,
                                         size_t count, size_t *ret_count)
{
    size_t most = CVG_MIN(count, (size_t)PAIRS_MOST);
    struct cvg_pair *copy = cvg_arena_alloc(arena, (most + 1) * sizeof(*copy));
    *ret_count = 0;
    for (size_t i = 0; i < most; i++) {
        if (pairs[i].name && pairs[i].value && strnlen(pairs[i].name, VALUE_MOST) < VALUE_MOST) {
            size_t length = strnlen(pairs[i].value, VALUE_MOST);
            copy[(*ret_count)++] =
                (struct cvg_pair){.name = cvg_arena_strdup(arena, pairs[i].name),
                                  .value = cvg_arena_strndup(arena, pairs[i].value, length)};
        }
    }
    return copy;
}

static struct cvg_found_object copy_object(struct cvg_arena *arena,
                                           const struct cvg_found_object *from)
{
    struct cvg_found_object copy = {
        .namespace_name = cvg_arena_strdup(arena, from->namespace_name),
        .name = cvg_arena_strdup(arena, from->name),
    };
    copy.labels = copy_pairs(arena, from->labels, from->label_count, &copy.label_count);
    copy.annotations =
        copy_pairs(arena, from->annotations, from->annotation_count, &copy.annotation_count);
    return copy;
}

static struct object *object_new(const struct cvg_found_object *from)
{
    struct object *object = CVG_NEW(struct object);
    object->arena = cvg_arena_new();
    object->what = copy_object(object->arena, from);
    object->present = true;
    return object;
}

static bool same_pairs(const struct cvg_pair *a, size_t a_count, const struct cvg_pair *b,
                       size_t b_count)
{
    bool same = a_count == b_count;
    for (size_t i = 0; same && i < a_count; i++) {
        same = cvg_text_equal(a[i].name, b[i].name) && cvg_text_equal(a[i].value, b[i].value);
    }
    return same;
}

static bool same_object(const struct cvg_found_object *a, const struct cvg_found_object *b)
{
    return same_pairs(a->labels, a->label_count, b->labels, b->label_count) &&
           same_pairs(a->annotations, a->annotation_count, b->annotations, b->annotation_count);
}

static char *key_of(const struct cvg_found_object *object)
{
    return cvg_format("%s/%s", object->namespace_name, object->name);
}

/* ---- entries ---- */

static struct entry *find(const struct cvg_discovery *discovery, const char *name)
{
    for (size_t i = 0; i < discovery->count; i++) {
        if (strcmp(discovery->entries[i]->name, name) == 0) {
            return discovery->entries[i];
        }
    }
    return NULL;
}

static void forget_waiting(struct entry *entry)
{
    for (size_t i = 0; i < entry->waiting_count; i++) {
        object_free(entry->waiting[i]);
    }
    free(entry->waiting);
    entry->waiting = NULL;
    entry->waiting_count = entry->more = 0;
}

static void entry_free(struct entry *entry)
{
    const char *key;
    void *object;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &object);) {
        object_free(object);
    }
    forget_waiting(entry);
    cvg_map_free(entry->objects);
    free(entry->name);
    free(entry->why);
    free(entry);
}

static void note(struct cvg_discovery *discovery, const struct entry *entry,
                 const struct object *object, bool is_there)
{
    if (!discovery->note) {
        return;
    }
    CVG_CLEANUP(cvg_free_pointer)
    char *key = cvg_format("%s %s/%s", entry->name, object->what.namespace_name, object->what.name);
    discovery->note(discovery->ctx, key, entry->name, is_there ? &object->what : NULL,
                    object->rank);
}

static void admit(struct cvg_discovery *discovery, struct entry *entry, struct object *object)
{
    CVG_CLEANUP(cvg_free_pointer) char *key = key_of(&object->what);
    object->rank = ++discovery->rank;
    cvg_map_put(entry->objects, key, object);
    discovery->edition++;
    note(discovery, entry, object, true);
}

static void let_go(struct cvg_discovery *discovery, struct entry *entry, struct object *object)
{
    CVG_CLEANUP(cvg_free_pointer) char *key = key_of(&object->what);
    note(discovery, entry, object, false);
    cvg_map_remove(entry->objects, key);
    discovery->edition++;
    object_free(object);
}

/* ---- life ---- */

struct cvg_discovery *cvg_discovery_new(cvg_discovery_note *note_fn, void *ctx)
{
    struct cvg_discovery *discovery = CVG_NEW(struct cvg_discovery);
    discovery->note = note_fn;
    discovery->ctx = ctx;
    return discovery;
}

void cvg_discovery_free(struct cvg_discovery *discovery)
{
    if (!discovery) {
        return;
    }
    for (size_t i = 0; i < discovery->count; i++) {
        entry_free(discovery->entries[i]);
    }
    free(discovery->entries);
    free(discovery);
}

static struct entry *entry_new(const char *name)
{
    struct entry *entry = CVG_NEW(struct entry);
    entry->name = cvg_strdup(name);
    entry->objects = cvg_map_new();
    return entry;
}

/* Its notes go, too: under that name something else may be discovered one day. */
static void drop(struct cvg_discovery *discovery, struct entry *entry)
{
    const char *key;
    void *object;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &object);) {
        note(discovery, entry, object, false);
        discovery->edition++;
    }
    entry_free(entry);
}

static void try_again(struct entry *entry)
{
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &value);) {
        struct object *object = value;
        object->left_out = NULL;
    }
}

static int by_age(const void *a, const void *b)
{
    const struct object *left = *(struct object *const *)a, *right = *(struct object *const *)b;
    return left->rank < right->rank ? -1 : left->rank > right->rank;
}

/* Fewer may be there than are: who came last goes. */
static void trim(struct cvg_discovery *discovery, struct entry *entry)
{
    size_t count = 0;
    CVG_CLEANUP(cvg_free_pointer)
    struct object **objects =
        cvg_alloc_array(cvg_map_count(entry->objects) + 1, sizeof(struct object *));
    const char *key;
    void *object;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &object);) {
        objects[count++] = object;
    }
    qsort(objects, count, sizeof(struct object *), by_age);
    for (size_t i = entry->most; i < count; i++) {
        let_go(discovery, entry, objects[i]);
    }
}

void cvg_discovery_configure(struct cvg_discovery *discovery, const struct cvg_config *config)
{
    struct entry **entries = cvg_alloc_array(config->discover_count + 1, sizeof(*entries));
    for (size_t i = 0; i < config->discover_count; i++) {
        const struct cvg_discover_config *from = &config->discovers[i];
        entries[i] = find(discovery, from->name);
        if (!entries[i]) {
            entries[i] = entry_new(from->name);
        }
        entries[i]->grace_ns = from->grace_ns;
        entries[i]->most = from->most;
        try_again(entries[i]);
        trim(discovery, entries[i]);
    }
    for (size_t i = 0; i < discovery->count; i++) {
        bool stays = false;
        for (size_t k = 0; k < config->discover_count; k++) {
            stays = stays || entries[k] == discovery->entries[i];
        }
        if (!stays) {
            drop(discovery, discovery->entries[i]);
        }
    }
    free(discovery->entries);
    discovery->entries = entries;
    discovery->count = config->discover_count;
}

void cvg_discovery_restore(struct cvg_discovery *discovery, const char *discover,
                           const struct cvg_found_object *from, uint64_t rank)
{
    struct entry *entry = find(discovery, discover);
    if (!entry || !is_good(from)) {
        return;
    }
    CVG_CLEANUP(cvg_free_pointer) char *key = key_of(from);
    if (cvg_map_get(entry->objects, key)) {
        return;
    }
    struct object *object = object_new(from);
    object->rank = rank;
    discovery->rank = CVG_MAX(discovery->rank, rank);
    cvg_map_put(entry->objects, key, object);
    discovery->edition++;
}

/* ---- what is found ---- */

/* The same key, other labels. */
static void refresh(struct cvg_discovery *discovery, struct entry *entry, struct object *object,
                    const struct cvg_found_object *from)
{
    object->present = true;
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_found_object copy = copy_object(arena, from);
    if (same_object(&copy, &object->what)) {
        cvg_arena_free(arena);
        return;
    }
    cvg_arena_free(object->arena);
    object->arena = arena;
    object->what = copy;
    object->left_out = NULL;
    discovery->edition++;
    note(discovery, entry, object, true);
}

static int by_key(const void *a, const void *b)
{
    const struct object *left = *(struct object *const *)a, *right = *(struct object *const *)b;
    int order = strcmp(left->what.namespace_name, right->what.namespace_name);
    return order ? order : strcmp(left->what.name, right->what.name);
}

static void set_all_absent(struct entry *entry)
{
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &value);) {
        struct object *object = value;
        /* Since when is kept of those that were gone already. */
        object->gone_at = object->present ? CVG_NEVER : object->gone_at;
        object->present = false;
    }
}

static void set_gone(struct entry *entry, int64_t at_ns)
{
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &value);) {
        struct object *object = value;
        if (!object->present && object->gone_at == CVG_NEVER) {
            object->gone_at = at_ns;
        }
    }
}

/* Those that are new, in the order of their keys; each once. */
static size_t take_new(struct cvg_discovery *discovery, struct entry *entry,
                       const struct cvg_found *found, struct object **ret)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct cvg_found_object *from = &found->objects[i];
        if (!is_good(from)) {
            continue;
        }
        CVG_CLEANUP(cvg_free_pointer) char *key = key_of(from);
        struct object *known = cvg_map_get(entry->objects, key);
        if (known) {
            refresh(discovery, entry, known, from);
        } else {
            ret[count++] = object_new(from);
        }
    }
    qsort(ret, count, sizeof(struct object *), by_key);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && by_key(&ret[kept - 1], &ret[i]) == 0) {
            object_free(ret[i]);
        } else {
            ret[kept++] = ret[i];
        }
    }
    return kept;
}

static void fill_places(struct cvg_discovery *discovery, struct entry *entry)
{
    size_t taken = 0;
    while (taken < entry->waiting_count && cvg_map_count(entry->objects) < entry->most) {
        admit(discovery, entry, entry->waiting[taken++]);
    }
    entry->waiting_count -= taken;
    if (taken > 0) {
        memmove(entry->waiting, entry->waiting + taken,
                entry->waiting_count * sizeof(struct object *));
    }
}

static void tell_full(struct entry *entry)
{
    size_t left = entry->waiting_count + entry->more;
    char most[24], number[24];
    if (left > 0 && !entry->was_full) {
        (void)snprintf(most, sizeof(most), "%zu", entry->most);
        (void)snprintf(number, sizeof(number), "%zu", left);
        cvg_log(CVG_LOG_WARNING, "more was discovered than there may be", "discover", entry->name,
                "most", most, "left_out", number, NULL);
    }
    entry->was_full = left > 0;
}

/* What was still gone at a time after its grace. */
static void end_graces(struct cvg_discovery *discovery, struct entry *entry)
{
    CVG_CLEANUP(cvg_free_pointer)
    struct object **over =
        cvg_alloc_array(cvg_map_count(entry->objects) + 1, sizeof(struct object *));
    size_t count = 0;
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &value);) {
        struct object *object = value;
        if (!object->present && entry->certain_at >= object->gone_at &&
            entry->certain_at - object->gone_at >= entry->grace_ns) {
            over[count++] = object;
        }
    }
    for (size_t i = 0; i < count; i++) {
        let_go(discovery, entry, over[i]);
    }
    fill_places(discovery, entry);
}

void cvg_discovery_found(struct cvg_discovery *discovery, const char *discover,
                         const struct cvg_found *found, int64_t now)
{
    struct entry *entry = find(discovery, discover);
    if (!entry) {
        return;
    }
    int64_t at = found->observed_at_ns ? CVG_MIN(found->observed_at_ns, now) : now;
    struct object **fresh = cvg_alloc_array(found->count + 1, sizeof(*fresh));
    set_all_absent(entry);
    size_t count = take_new(discovery, entry, found, fresh);
    set_gone(entry, CVG_MAX(at, entry->certain_at));
    forget_waiting(entry);
    size_t kept = CVG_MIN(count, 2 * entry->most);
    for (size_t i = kept; i < count; i++) {
        object_free(fresh[i]);
    }
    entry->waiting = fresh;
    entry->waiting_count = kept;
    entry->more = count - kept;
    cvg_discovery_surveyed(discovery, discover, at, NULL);
    tell_full(entry);
}

void cvg_discovery_surveyed(struct cvg_discovery *discovery, const char *discover, int64_t at,
                            const char *why)
{
    struct entry *entry = find(discovery, discover);
    if (!entry) {
        return;
    }
    bool was = entry->certain;
    entry->certain = !why;
    if (why) {
        if (was || !cvg_text_equal(entry->why, why)) {
            cvg_log(CVG_LOG_WARNING, "what is discovered cannot be told", "discover", entry->name,
                    "why", why, NULL);
        }
        free(entry->why);
        entry->why = cvg_strdup(why);
        return;
    }
    if (entry->why) {
        cvg_log(CVG_LOG_INFO, "what is discovered can be told again", "discover", entry->name,
                NULL);
        free(entry->why);
        entry->why = NULL;
    }
    entry->certain_at = CVG_MAX(entry->certain_at, at);
    end_graces(discovery, entry);
}

/* ---- what is there ---- */

uint64_t cvg_discovery_edition(const struct cvg_discovery *discovery)
{
    return discovery->edition;
}

struct ranked {
    const struct entry *entry;
    const struct object *object;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->object->rank != right->object->rank) {
        return left->object->rank < right->object->rank ? -1 : 1;
    }
    return strcmp(left->object->what.name, right->object->what.name);
}

size_t cvg_discovery_list(const struct cvg_discovery *discovery, struct cvg_arena *arena,
                          struct cvg_discovered **ret)
{
    size_t count = 0;
    for (size_t i = 0; i < discovery->count; i++) {
        count += cvg_map_count(discovery->entries[i]->objects);
    }
    CVG_CLEANUP(cvg_free_pointer)
    struct ranked *ranked = cvg_alloc_array(count + 1, sizeof(*ranked));
    struct cvg_discovered *list = cvg_arena_alloc(arena, (count + 1) * sizeof(*list));
    count = 0;
    for (size_t i = 0; i < discovery->count; i++) {
        const char *key;
        void *object;
        for (size_t at = 0; cvg_map_next(discovery->entries[i]->objects, &at, &key, &object);) {
            ranked[count++] = (struct ranked){discovery->entries[i], object};
        }
    }
    qsort(ranked, count, sizeof(*ranked), by_rank);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct cvg_discovered){
            .discover = cvg_arena_strdup(arena, ranked[i].entry->name),
            .object = copy_object(arena, &ranked[i].object->what),
            .left_out = cvg_arena_strdup(arena, ranked[i].object->left_out),
        };
    }
    *ret = list;
    return count;
}

static struct object *find_object(const struct cvg_discovery *discovery,
                                  const struct cvg_discovered *one)
{
    const struct entry *entry = find(discovery, one->discover);
    CVG_CLEANUP(cvg_free_pointer) char *key = key_of(&one->object);
    return entry ? cvg_map_get(entry->objects, key) : NULL;
}

void cvg_discovery_outcome(struct cvg_discovery *discovery, const struct cvg_discovered *one,
                           const struct cvg_discover_outcome *outcome)
{
    struct object *object = find_object(discovery, one);
    if (!object) {
        return;
    }
    object->is_environment = !outcome->why;
    if (cvg_text_equal(object->told, outcome->why)) {
        return;
    }
    free(object->told);
    object->told = cvg_strdup(outcome->why);
    if (outcome->why) {
        char name[2 * NAME_MOST];
        cvg_text_printable(one->object.name, strlen(one->object.name), name, sizeof(name));
        cvg_log(CVG_LOG_WARNING, "an object makes no environment", "discover", one->discover,
                "namespace", one->object.namespace_name, "object", name, "why", outcome->why, NULL);
    }
}

void cvg_discovery_leave_out(struct cvg_discovery *discovery, const struct cvg_discovered *one,
                             const char *why)
{
    struct object *object = find_object(discovery, one);
    if (object && same_object(&object->what, &one->object)) {
        object->left_out = cvg_arena_strdup(object->arena, why);
    }
}

struct cvg_discovery_stats cvg_discovery_stats(const struct cvg_discovery *discovery,
                                               const char *discover)
{
    const struct entry *entry = find(discovery, discover);
    if (!entry) {
        return (struct cvg_discovery_stats){0};
    }
    struct cvg_discovery_stats stats = {.certain = entry->certain,
                                        .left_out = entry->waiting_count + entry->more};
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(entry->objects, &at, &key, &value);) {
        const struct object *object = value;
        stats.environments += object->is_environment;
        stats.left_out += object->told != NULL;
    }
    return stats;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables: `now` is what readers see, `next` what a list sets aside. While a list goes on `now`
 * does not change, since no watch runs then. An object that the list has in the same version is in
 * both tables as one, with the list's number as mark in either. The table that goes is swept later,
 * some objects a turn; what is marked there is the other's, and may be gone already.
 */
#include "collection.h"

#include "changes.h"
#include "kit/memory.h"
#include "reason.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct cvg_kube_collection {
    struct cvg_kube_pool *pool; /* the cluster's */
    const struct cvg_kube_kind *kind;
    char *namespace; /* owned */
    char *version;   /* owned; state.resource_version */
    struct cvg_kube_collection_state state;
    struct cvg_kube_keep keep;
    char **pointers; /* owned, each too; ends at NULL; keep.pointers */
    size_t pointer_count;
    struct cvg_kube_table now, next;
    struct cvg_kube_table gone; /* what was either, to be swept from `swept` on */
    size_t swept;
    uint32_t round, gone_round; /* the list's number, and that of the list which left `gone` */
    int listing;
    size_t most;
    uint64_t edition;
    struct cvg_kube_changes changes;
};

struct cvg_kube_collection *cvg_kube_collection_new(struct cvg_kube_pool *pool,
                                                    const struct cvg_kube_kind *kind,
                                                    const char *namespace)
{
    struct cvg_kube_collection *collection = cvg_kit_alloc(sizeof(*collection));
    uint64_t key = 0;
    /* With a poor key names that collide cost time, nothing else. */
    if (getrandom(&key, sizeof(key), GRND_NONBLOCK) < 0) {
        key = (uintptr_t)collection;
    }
    collection->pool = pool;
    collection->kind = kind;
    collection->namespace = cvg_kit_copy(namespace);
    collection->version = cvg_kit_copy("");
    collection->most = CVG_KUBE_COLLECTION_MOST;
    collection->edition = collection->changes.all = 1;
    collection->state.reason = cvg_kube_reason(CVG_KUBE_REASON_NOT_SYNCED);
    collection->state.resource_version = collection->version;
    cvg_kube_table_init(&collection->now, key);
    cvg_kube_table_init(&collection->next, key);
    cvg_kube_table_init(&collection->gone, key);
    return collection;
}

static void drop_all(struct cvg_kube_collection *collection, struct cvg_kube_table *table)
{
    struct cvg_kube_object *object;
    for (size_t at = 0; (object = cvg_kube_table_next(table, &at));) {
        cvg_kube_object_free(collection->pool, object);
    }
    cvg_kube_table_done(table);
}

void cvg_kube_collection_free(struct cvg_kube_collection *collection)
{
    if (!collection) {
        return;
    }
    cvg_kube_collection_abandon(collection);
    (void)cvg_kube_collection_sweep(collection, SIZE_MAX);
    drop_all(collection, &collection->now);
    cvg_kube_changes_done(&collection->changes);
    for (size_t i = 0; i < collection->pointer_count; i++) {
        free(collection->pointers[i]);
    }
    free(collection->pointers);
    free(collection->namespace);
    free(collection->version);
    free(collection);
}

const struct cvg_kube_kind *cvg_kube_collection_kind(const struct cvg_kube_collection *collection)
{
    return collection->kind;
}

const char *cvg_kube_collection_namespace(const struct cvg_kube_collection *collection)
{
    return collection->namespace;
}

/* ---- what is kept ---- */

const struct cvg_kube_keep *cvg_kube_collection_keep(const struct cvg_kube_collection *collection)
{
    return &collection->keep;
}

void cvg_kube_collection_keep_labels(struct cvg_kube_collection *collection)
{
    collection->keep.labels = 1;
}

size_t cvg_kube_collection_keep_pointer(struct cvg_kube_collection *collection, const char *pointer)
{
    size_t place = collection->pointer_count++;
    collection->pointers =
        cvg_kit_resize(collection->pointers, place + 2, sizeof(*collection->pointers));
    collection->pointers[place] = cvg_kit_copy(pointer);
    collection->pointers[place + 1] = NULL;
    collection->keep.pointers = (const char *const *)collection->pointers;
    return place;
}

static int begins_with(const char *const *kept, const char *const *pointers)
{
    size_t i = 0;
    while (pointers[i] && kept[i] && strcmp(kept[i], pointers[i]) == 0) {
        i++;
    }
    return pointers[i] == NULL;
}

size_t cvg_kube_collection_keep_pointers(struct cvg_kube_collection *collection,
                                         const char *const *pointers)
{
    const struct cvg_kube_keep *keep = &collection->keep;
    size_t first = 0;
    for (; keep->pointers && keep->pointers[first]; first++) {
        if (begins_with(keep->pointers + first, pointers)) {
            return first;
        }
    }
    for (size_t i = 0; pointers[i]; i++) {
        (void)cvg_kube_collection_keep_pointer(collection, pointers[i]);
    }
    return first;
}

int cvg_kube_collection_keeps(const struct cvg_kube_collection *collection, int labels,
                              const char *const *pointers)
{
    const struct cvg_kube_keep *keep = &collection->keep;
    int kept = pointers == NULL;
    for (size_t i = 0; !kept && keep->pointers && keep->pointers[i]; i++) {
        kept = begins_with(keep->pointers + i, pointers);
    }
    return kept && (keep->labels || !labels);
}

/* ---- how well it is known ---- */

const struct cvg_kube_collection_state *
cvg_kube_collection_state(const struct cvg_kube_collection *collection)
{
    return &collection->state;
}

void cvg_kube_collection_move(struct cvg_kube_collection *collection, const char *version)
{
    if (strcmp(collection->version, version) != 0) {
        char *copy = cvg_kit_copy(version);
        free(collection->version);
        collection->version = copy;
        collection->state.resource_version = copy;
    }
}

void cvg_kube_collection_set_state(struct cvg_kube_collection *collection,
                                   const struct cvg_kube_collection_state *state)
{
    cvg_kube_collection_move(collection, state->resource_version ? state->resource_version : "");
    collection->state = *state;
    collection->state.resource_version = collection->version;
    collection->changes.all = ++collection->edition;
}

void cvg_kube_collection_know(struct cvg_kube_collection *collection, int64_t at)
{
    if (at > collection->state.known_at) {
        collection->state.known_at = at;
    }
}

void cvg_kube_collection_set_most(struct cvg_kube_collection *collection, size_t most)
{
    collection->most = most;
}

/* ---- what is in it ---- */

static uint32_t hash_owner(const struct cvg_kube_collection *collection, struct cvg_kube_id owner)
{
    return cvg_kube_table_hash_owner(&collection->now, owner);
}

/* Of an object that readers see, before it goes or after it came. */
static void note_change(struct cvg_kube_collection *collection,
                        const struct cvg_kube_object *object)
{
    uint64_t edition = ++collection->edition;
    uint32_t name = cvg_kube_table_hash_name(&collection->now, object->namespace, object->name);
    cvg_kube_changes_fit(&collection->changes, collection->now.count, edition);
    cvg_kube_changes_note(&collection->changes, name, edition);
    cvg_kube_changes_note(&collection->changes, hash_owner(collection, object->owner), edition);
}

/* Frees what a list set aside and does not have any more, unless readers see it. */
static void drop_aside(struct cvg_kube_collection *collection, struct cvg_kube_object *object)
{
    if (!object) {
        return;
    }
    struct cvg_kube_slot *seen =
        cvg_kube_table_slot(&collection->now, object->namespace, object->name);
    if (seen && seen->object == object) {
        seen->mark = 0;
    } else {
        cvg_kube_object_free(collection->pool, object);
    }
}

static int is_same(const struct cvg_kube_object *old, const struct cvg_kube_object *new)
{
    return *new->version &&strcmp(old->version, new->version) == 0 &&
           old->uid.high == new->uid.high && old->uid.low == new->uid.low;
}

static void put_aside(struct cvg_kube_collection *collection, struct cvg_kube_object *object)
{
    struct cvg_kube_slot *seen =
        cvg_kube_table_slot(&collection->now, object->namespace, object->name);
    int same = seen && is_same(seen->object, object);
    if (same) {
        cvg_kube_object_free(collection->pool, object);
        object = seen->object;
    } else if (seen) {
        cvg_kube_object_follow(object, seen->object);
    }
    struct cvg_kube_object *old = cvg_kube_table_put(&collection->next, object);
    if (old != object) {
        drop_aside(collection, old);
    }
    if (same) {
        seen->mark = collection->round;
        cvg_kube_table_slot(&collection->next, object->namespace, object->name)->mark =
            collection->round;
    }
}

int cvg_kube_collection_put(struct cvg_kube_collection *collection, struct cvg_kube_object *object)
{
    struct cvg_kube_table *table = collection->listing ? &collection->next : &collection->now;
    if (table->count >= collection->most &&
        !cvg_kube_table_find(table, object->namespace, object->name)) {
        cvg_kube_object_free(collection->pool, object);
        return -1;
    }
    if (collection->listing) {
        put_aside(collection, object);
        return 0;
    }
    struct cvg_kube_object *old = cvg_kube_table_put(table, object);
    if (old) {
        cvg_kube_object_follow(object, old);
        note_change(collection, old);
        cvg_kube_object_free(collection->pool, old);
    }
    note_change(collection, object);
    return 0;
}

void cvg_kube_collection_remove(struct cvg_kube_collection *collection, const char *namespace,
                                const char *name)
{
    if (collection->listing) {
        drop_aside(collection, cvg_kube_table_take(&collection->next, namespace, name));
        return;
    }
    struct cvg_kube_object *old = cvg_kube_table_take(&collection->now, namespace, name);
    if (old) {
        note_change(collection, old);
        cvg_kube_object_free(collection->pool, old);
    }
}

void cvg_kube_collection_begin(struct cvg_kube_collection *collection)
{
    cvg_kube_collection_abandon(collection);
    collection->round++;
    collection->listing = 1;
}

/* Leaves the table empty. */
static void let_go(struct cvg_kube_collection *collection, struct cvg_kube_table *table)
{
    (void)cvg_kube_collection_sweep(collection, SIZE_MAX);
    collection->gone = *table;
    collection->gone_round = collection->round;
    cvg_kube_table_init(table, table->key);
}

void cvg_kube_collection_end(struct cvg_kube_collection *collection)
{
    let_go(collection, &collection->now);
    collection->now = collection->next;
    cvg_kube_table_init(&collection->next, collection->now.key);
    collection->listing = 0;
    collection->changes.all = ++collection->edition;
}

void cvg_kube_collection_abandon(struct cvg_kube_collection *collection)
{
    if (collection->next.used > 0) {
        let_go(collection, &collection->next);
    }
    collection->listing = 0;
}

int cvg_kube_collection_sweep(struct cvg_kube_collection *collection, size_t most)
{
    struct cvg_kube_table *gone = &collection->gone;
    for (; most > 0 && collection->swept < gone->used; most--) {
        const struct cvg_kube_slot *slot = &gone->slots[collection->swept++];
        if (slot->object && slot->mark != collection->gone_round) {
            cvg_kube_object_free(collection->pool, slot->object);
        }
    }
    if (collection->swept < gone->used) {
        return 1;
    }
    cvg_kube_table_done(gone);
    collection->swept = 0;
    return 0;
}

/* ---- readers ---- */

const struct cvg_kube_object *cvg_kube_collection_get(const struct cvg_kube_collection *collection,
                                                      const char *namespace, const char *name)
{
    return cvg_kube_table_find(&collection->now, namespace, name);
}

const struct cvg_kube_object *cvg_kube_collection_next(const struct cvg_kube_collection *collection,
                                                       size_t *at)
{
    return cvg_kube_table_next(&collection->now, at);
}

const struct cvg_kube_object *
cvg_kube_collection_owned(const struct cvg_kube_collection *collection, struct cvg_kube_id owner,
                          const struct cvg_kube_object *after)
{
    return cvg_kube_table_owned(&collection->now, owner, after);
}

uint64_t cvg_kube_collection_edition(const struct cvg_kube_collection *collection)
{
    return collection->edition;
}

int cvg_kube_collection_changed(const struct cvg_kube_collection *collection, uint64_t since)
{
    return collection->changes.all > since;
}

int cvg_kube_collection_changed_named(const struct cvg_kube_collection *collection, uint64_t since,
                                      const char *namespace, const char *name)
{
    /* Most of the time nothing did, and names need not be hashed to know it. */
    return collection->edition > since &&
           cvg_kube_changes_after(&collection->changes, since,
                                  cvg_kube_table_hash_name(&collection->now, namespace, name));
}

int cvg_kube_collection_changed_owned(const struct cvg_kube_collection *collection, uint64_t since,
                                      struct cvg_kube_id owner)
{
    return collection->edition > since &&
           cvg_kube_changes_after(&collection->changes, since, hash_owner(collection, owner));
}

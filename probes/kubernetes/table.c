/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots in one array, chained into buckets by name and, where there is an owner, by owner, both
 * ways, so that the thousandth pod of one owner is taken out as fast as the first. Places are
 * indices, so the array may move.
 */
#include "table.h"

#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 16u

static uint64_t mixed(uint64_t left, uint64_t right)
{
    uint64_t word = (left ^ right) * 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 32) * 0xd6e8feb86659fd93u;
    return word ^ word >> 29;
}

static uint64_t mix_text(uint64_t hash, uint64_t key, const char *text)
{
    size_t length = strlen(text);
    hash = mixed(hash ^ length, key);
    for (; length > 0; length -= length < 8 ? length : 8) {
        uint64_t word = 0;
        memcpy(&word, text, length < 8 ? length : 8);
        text += length < 8 ? length : 8;
        hash = mixed(hash ^ word, key);
    }
    return hash;
}

uint32_t cvg_kube_table_hash_name(const struct cvg_kube_table *table, const char *namespace,
                                  const char *name)
{
    return (uint32_t)mix_text(mix_text(table->key, table->key, namespace), table->key, name);
}

uint32_t cvg_kube_table_hash_owner(const struct cvg_kube_table *table, struct cvg_kube_id owner)
{
    return (uint32_t)mixed(mixed(table->key ^ owner.high, table->key) ^ owner.low, table->key);
}

static int is_none(struct cvg_kube_id id)
{
    return id.high == 0 && id.low == 0;
}

void cvg_kube_table_init(struct cvg_kube_table *table, uint64_t key)
{
    *table = (struct cvg_kube_table){.key = key};
}

void cvg_kube_table_done(struct cvg_kube_table *table)
{
    free(table->slots);
    free(table->named);
    free(table->owned);
    cvg_kube_table_init(table, table->key);
}

/* ---- chains ---- */

static void chain(struct cvg_kube_table *table, uint32_t place)
{
    struct cvg_kube_slot *slot = &table->slots[place];
    uint32_t *first = &table->named[slot->name_hash & (table->buckets - 1)];
    slot->next_named = *first;
    *first = place + 1;
    slot->next_owned = slot->previous_owned = 0;
    if (is_none(slot->object->owner)) {
        return;
    }
    first = &table->owned[slot->owner_hash & (table->buckets - 1)];
    slot->next_owned = *first;
    if (*first) {
        table->slots[*first - 1].previous_owned = place + 1;
    }
    *first = place + 1;
}

static void unchain_owned(struct cvg_kube_table *table, uint32_t place)
{
    struct cvg_kube_slot *slot = &table->slots[place];
    if (is_none(slot->object->owner)) {
        return;
    }
    if (slot->previous_owned) {
        table->slots[slot->previous_owned - 1].next_owned = slot->next_owned;
    } else {
        table->owned[slot->owner_hash & (table->buckets - 1)] = slot->next_owned;
    }
    if (slot->next_owned) {
        table->slots[slot->next_owned - 1].previous_owned = slot->previous_owned;
    }
}

static void unchain(struct cvg_kube_table *table, uint32_t place)
{
    struct cvg_kube_slot *slot = &table->slots[place];
    uint32_t *link = &table->named[slot->name_hash & (table->buckets - 1)];
    while (*link != place + 1) {
        link = &table->slots[*link - 1].next_named;
    }
    *link = slot->next_named;
    unchain_owned(table, place);
}

static void grow(struct cvg_kube_table *table)
{
    uint32_t buckets = table->buckets ? table->buckets * 2 : FIRST_BUCKETS;
    free(table->named);
    free(table->owned);
    table->named = cvg_kit_alloc(buckets * sizeof(*table->named));
    table->owned = cvg_kit_alloc(buckets * sizeof(*table->owned));
    table->slots = cvg_kit_resize(table->slots, buckets, sizeof(*table->slots));
    table->buckets = buckets;
    table->room = buckets;
    /* It grows only when all slots are taken. */
    for (uint32_t i = 0; i < table->used; i++) {
        chain(table, i);
    }
}

/* slot + 1; 0: it is not there. */
static uint32_t look_up(const struct cvg_kube_table *table, const char *namespace, const char *name)
{
    if (table->buckets == 0) {
        return 0;
    }
    uint32_t hash = cvg_kube_table_hash_name(table, namespace, name);
    uint32_t at = table->named[hash & (table->buckets - 1)];
    for (; at; at = table->slots[at - 1].next_named) {
        const struct cvg_kube_slot *slot = &table->slots[at - 1];
        if (slot->name_hash == hash && strcmp(slot->object->name, name) == 0 &&
            strcmp(slot->object->namespace, namespace) == 0) {
            break;
        }
    }
    return at;
}

/* ---- what others call ---- */

struct cvg_kube_object *cvg_kube_table_find(const struct cvg_kube_table *table,
                                            const char *namespace, const char *name)
{
    uint32_t at = look_up(table, namespace, name);
    return at ? table->slots[at - 1].object : NULL;
}

struct cvg_kube_slot *cvg_kube_table_slot(const struct cvg_kube_table *table, const char *namespace,
                                          const char *name)
{
    uint32_t at = look_up(table, namespace, name);
    return at ? &table->slots[at - 1] : NULL;
}

static uint32_t take_slot(struct cvg_kube_table *table)
{
    uint32_t place = table->first_free;
    if (place) {
        table->first_free = table->slots[place - 1].next_named;
        return place - 1;
    }
    if (table->used == table->room) {
        grow(table);
    }
    return table->used++;
}

static void fill(struct cvg_kube_table *table, uint32_t place, struct cvg_kube_object *object)
{
    table->slots[place] = (struct cvg_kube_slot){
        .object = object,
        .name_hash = cvg_kube_table_hash_name(table, object->namespace, object->name),
        .owner_hash = cvg_kube_table_hash_owner(table, object->owner),
    };
    chain(table, place);
}

struct cvg_kube_object *cvg_kube_table_put(struct cvg_kube_table *table,
                                           struct cvg_kube_object *object)
{
    uint32_t at = look_up(table, object->namespace, object->name);
    if (at == 0) {
        fill(table, take_slot(table), object);
        table->count++;
        return NULL;
    }
    struct cvg_kube_object *old = table->slots[at - 1].object;
    unchain(table, at - 1);
    fill(table, at - 1, object);
    return old;
}

struct cvg_kube_object *cvg_kube_table_take(struct cvg_kube_table *table, const char *namespace,
                                            const char *name)
{
    uint32_t at = look_up(table, namespace, name);
    if (at == 0) {
        return NULL;
    }
    struct cvg_kube_slot *slot = &table->slots[at - 1];
    struct cvg_kube_object *object = slot->object;
    unchain(table, at - 1);
    slot->object = NULL;
    slot->next_named = table->first_free;
    table->first_free = at;
    table->count--;
    return object;
}

struct cvg_kube_object *cvg_kube_table_next(const struct cvg_kube_table *table, size_t *at)
{
    while (*at < table->used) {
        struct cvg_kube_object *object = table->slots[(*at)++].object;
        if (object) {
            return object;
        }
    }
    return NULL;
}

struct cvg_kube_object *cvg_kube_table_owned(const struct cvg_kube_table *table,
                                             struct cvg_kube_id owner,
                                             const struct cvg_kube_object *after)
{
    if (table->buckets == 0 || is_none(owner)) {
        return NULL;
    }
    uint32_t at = 0;
    if (after) {
        at = look_up(table, after->namespace, after->name);
        at = at ? table->slots[at - 1].next_owned : 0;
    } else {
        at = table->owned[cvg_kube_table_hash_owner(table, owner) & (table->buckets - 1)];
    }
    for (; at; at = table->slots[at - 1].next_owned) {
        struct cvg_kube_object *object = table->slots[at - 1].object;
        if (object->owner.high == owner.high && object->owner.low == owner.low) {
            return object;
        }
    }
    return NULL;
}

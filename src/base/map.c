/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map: entries in an array in order of insertion, and a table of their numbers for finding
 * them. Up to SMALL entries there is no table; looking at each is faster. Removal leaves a hole,
 * and holes are closed when the array would grow, so that a removal never moves what an iteration
 * has yet to see. Keys may come from outside, hence the keyed hash, with a key for each map.
 */
#include "base/map.h"

#include "base/alloc.h"
#include "sdk/siphash.h"

#include <stdint.h>
#include <string.h>

#define SMALL 8

struct entry {
    char *key; /* owned; NULL: a hole */
    void *value;
    uint64_t hash; /* only with a table */
};

struct cvg_map {
    struct entry *entries;
    size_t used, capacity, count; /* used counts holes, count does not */
    uint32_t *slots;              /* entry number + 1; 0: free; NULL while small */
    size_t mask;                  /* number of slots - 1 */
    uint64_t secret[2];
};

struct cvg_map *cvg_map_new(void)
{
    return CVG_NEW(struct cvg_map);
}

void cvg_map_free(struct cvg_map *map)
{
    if (!map) {
        return;
    }
    for (size_t i = 0; i < map->used; i++) {
        free(map->entries[i].key);
    }
    free(map->entries);
    free(map->slots);
    free(map);
}

static struct entry *find(const struct cvg_map *map, const char *key, uint64_t *ret_hash)
{
    if (!map->slots) {
        for (size_t i = 0; i < map->used; i++) {
            if (map->entries[i].key && strcmp(map->entries[i].key, key) == 0) {
                return &map->entries[i];
            }
        }
        return NULL;
    }
    uint64_t hash = cvg_siphash(map->secret, key, strlen(key));
    *ret_hash = hash;
    for (size_t at = hash & map->mask; map->slots[at]; at = (at + 1) & map->mask) {
        struct entry *entry = &map->entries[map->slots[at] - 1];
        /* A hole keeps its slot until the table is rebuilt, or the search would end there. */
        if (entry->key && entry->hash == hash && strcmp(entry->key, key) == 0) {
            return entry;
        }
    }
    return NULL;
}

static void occupy(struct cvg_map *map, size_t number)
{
    size_t at = map->entries[number].hash & map->mask;
    while (map->slots[at]) {
        at = (at + 1) & map->mask;
    }
    map->slots[at] = (uint32_t)(number + 1);
}

/* Closes holes, makes room for one more, and builds the table anew at most half full. */
static void grow(struct cvg_map *map)
{
    size_t kept = 0;
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].key) {
            map->entries[kept++] = map->entries[i];
        }
    }
    map->used = kept;
    /* Growing while less than a quarter is free keeps the cost of closing holes in proportion. */
    if (kept >= map->capacity - map->capacity / 4) {
        map->capacity = map->capacity ? map->capacity * 2 : SMALL;
        map->entries = cvg_realloc_array(map->entries, map->capacity, sizeof *map->entries);
    }
    if (map->capacity <= SMALL) {
        return;
    }
    if (!map->slots) {
        cvg_siphash_key(map->secret);
        for (size_t i = 0; i < kept; i++) {
            struct entry *entry = &map->entries[i];
            entry->hash = cvg_siphash(map->secret, entry->key, strlen(entry->key));
        }
    }
    free(map->slots);
    map->slots = cvg_alloc_array(map->capacity * 2, sizeof *map->slots);
    map->mask = map->capacity * 2 - 1;
    for (size_t i = 0; i < kept; i++) {
        occupy(map, i);
    }
}

void *cvg_map_put(struct cvg_map *map, const char *key, void *value)
{
    uint64_t hash = 0;
    struct entry *entry = find(map, key, &hash);
    if (entry) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    if (map->used == map->capacity) {
        bool small = !map->slots;
        grow(map);
        if (small && map->slots) {
            hash = cvg_siphash(map->secret, key, strlen(key));
        }
    }
    map->entries[map->used] = (struct entry){cvg_strdup(key), value, hash};
    if (map->slots) {
        occupy(map, map->used);
    }
    map->used++;
    map->count++;
    return NULL;
}

void *cvg_map_get(const struct cvg_map *map, const char *key)
{
    uint64_t hash;
    const struct entry *entry = find(map, key, &hash);
    return entry ? entry->value : NULL;
}

void *cvg_map_remove(struct cvg_map *map, const char *key)
{
    uint64_t hash;
    struct entry *entry = find(map, key, &hash);
    if (!entry) {
        return NULL;
    }
    void *value = entry->value;
    free(entry->key);
    entry->key = NULL;
    entry->value = NULL;
    map->count--;
    return value;
}

size_t cvg_map_count(const struct cvg_map *map)
{
    return map->count;
}

bool cvg_map_next(const struct cvg_map *map, size_t *at, const char **ret_key, void **ret_value)
{
    while (*at < map->used) {
        const struct entry *entry = &map->entries[(*at)++];
        if (!entry->key) {
            continue;
        }
        if (ret_key) {
            *ret_key = entry->key;
        }
        if (ret_value) {
            *ret_value = entry->value;
        }
        return true;
    }
    return false;
}

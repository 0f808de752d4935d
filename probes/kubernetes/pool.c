/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables of chains, one of texts and one of sets; see pool.h. An entry is one block whose tail
 * is what callers hold, so that a reference is given back without a search. Sets hold references
 * on their texts, and are compared by their texts' addresses.
 *
 * The hash is SipHash-1-3 (Aumasson and Bernstein) with a key of its own for each pool: names come
 * from outside, and whoever may write labels must not be able to aim them at one chain.
 */
#include "pool.h"

#include "kit/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS_FIRST ((size_t)64)

struct entry {
    struct entry *next;
    uint64_t hash;
    uint32_t references;
    uint32_t size; /* bytes of data, with the NUL; for a set its texts, with the NULL */
    char data[];   /* aligned for pointers by what stands before it */
};

_Static_assert(offsetof(struct entry, data) % sizeof(void *) == 0, "a set is read from data");

struct table {
    struct entry **buckets;
    size_t bucket_count, count; /* bucket_count: a power of two */
};

struct cvg_kube_pool {
    struct table texts, sets;
    uint64_t key[2];
    size_t bytes;
};

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t hash_of(const uint64_t key[2], const void *data, size_t length)
{
    const unsigned char *at = data;
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)length << 56, word;
    for (size_t i = 0; i + 8 <= length; i += 8) {
        memcpy(&word, at + i, sizeof(word));
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    for (size_t i = 0; i < length % 8; i++) {
        last |= (uint64_t)at[length - length % 8 + i] << (8 * i);
    }
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct entry *entry_of(const void *data)
{
    /* What callers hold is const for them, not for the pool. */
    return (struct entry *)((uintptr_t)data - offsetof(struct entry, data));
}

static void table_init(struct cvg_kube_pool *pool, struct table *table, size_t buckets)
{
    *table = (struct table){.buckets = cvg_kit_alloc(buckets * sizeof(struct entry *)),
                            .bucket_count = buckets};
    pool->bytes += buckets * sizeof(struct entry *);
}

static void table_resize(struct cvg_kube_pool *pool, struct table *table, size_t buckets)
{
    struct table old = *table;
    table_init(pool, table, buckets);
    for (size_t i = 0; i < old.bucket_count; i++) {
        for (struct entry *entry = old.buckets[i], *next; entry != NULL; entry = next) {
            struct entry **place = &table->buckets[entry->hash & (buckets - 1)];
            next = entry->next;
            entry->next = *place;
            *place = entry;
        }
    }
    table->count = old.count;
    pool->bytes -= old.bucket_count * sizeof(struct entry *);
    free(old.buckets);
}

/* New ones have no reference yet. */
static struct entry *table_get(struct cvg_kube_pool *pool, struct table *table, const void *data,
                               size_t size, int *ret_new)
{
    uint64_t hash = hash_of(pool->key, data, size);
    struct entry *entry = table->buckets[hash & (table->bucket_count - 1)];
    while (entry != NULL &&
           (entry->hash != hash || entry->size != size || memcmp(entry->data, data, size) != 0)) {
        entry = entry->next;
    }
    *ret_new = entry == NULL;
    if (entry == NULL) {
        if (table->count == table->bucket_count) {
            table_resize(pool, table, 2 * table->bucket_count);
        }
        struct entry **place = &table->buckets[hash & (table->bucket_count - 1)];
        entry = cvg_kit_alloc(sizeof(*entry) + size);
        *entry = (struct entry){.next = *place, .hash = hash, .size = (uint32_t)size};
        memcpy(entry->data, data, size);
        *place = entry;
        table->count++;
        pool->bytes += sizeof(*entry) + size;
    }
    return entry;
}

static void table_remove(struct cvg_kube_pool *pool, struct table *table, struct entry *entry)
{
    struct entry **place = &table->buckets[entry->hash & (table->bucket_count - 1)];
    while (*place != entry) {
        place = &(*place)->next;
    }
    *place = entry->next;
    pool->bytes -= sizeof(*entry) + entry->size;
    free(entry);
    if (--table->count < table->bucket_count / 8 && table->bucket_count > BUCKETS_FIRST) {
        table_resize(pool, table, table->bucket_count / 2);
    }
}

static void table_done(struct table *table)
{
    for (size_t i = 0; i < table->bucket_count; i++) {
        for (struct entry *entry = table->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry);
        }
    }
    free(table->buckets);
}

struct cvg_kube_pool *cvg_kube_pool_new(void)
{
    struct cvg_kube_pool *pool = cvg_kit_alloc(sizeof(*pool));
    if (getrandom(pool->key, sizeof(pool->key), GRND_NONBLOCK) != (ssize_t)sizeof(pool->key)) {
        /* Only before the system has gathered any chance: the address has a little. */
        pool->key[0] = (uint64_t)(uintptr_t)pool;
    }
    table_init(pool, &pool->texts, BUCKETS_FIRST);
    table_init(pool, &pool->sets, BUCKETS_FIRST);
    return pool;
}

void cvg_kube_pool_free(struct cvg_kube_pool *pool)
{
    if (pool != NULL) {
        table_done(&pool->texts);
        table_done(&pool->sets);
        free(pool);
    }
}

const char *cvg_kube_pool_take(struct cvg_kube_pool *pool, const char *text)
{
    int is_new;
    if (text == NULL || *text == '\0') {
        return "";
    }
    struct entry *entry = table_get(pool, &pool->texts, text, strlen(text) + 1, &is_new);
    entry->references++;
    return entry->data;
}

void cvg_kube_pool_drop(struct cvg_kube_pool *pool, const char *text)
{
    if (text != NULL && *text != '\0' && --entry_of(text)->references == 0) {
        table_remove(pool, &pool->texts, entry_of(text));
    }
}

const char *const *cvg_kube_pool_take_set(struct cvg_kube_pool *pool, const char *const *texts,
                                          size_t count)
{
    int is_new;
    if (count == 0) {
        return NULL;
    }
    const char **taken = cvg_kit_alloc((count + 1) * sizeof(*taken));
    for (size_t i = 0; i < count; i++) {
        taken[i] = cvg_kube_pool_take(pool, texts[i]);
    }
    struct entry *entry =
        table_get(pool, &pool->sets, taken, (count + 1) * sizeof(*taken), &is_new);
    entry->references++;
    /* The set's references on its texts are those of whoever made it first. */
    for (size_t i = 0; !is_new && i < count; i++) {
        cvg_kube_pool_drop(pool, taken[i]);
    }
    free(taken);
    return (const char *const *)(const void *)entry->data;
}

void cvg_kube_pool_drop_set(struct cvg_kube_pool *pool, const char *const *set)
{
    if (set == NULL || --entry_of(set)->references > 0) {
        return;
    }
    size_t count = entry_of(set)->size / sizeof(*set) - 1;
    for (size_t i = 0; i < count; i++) {
        cvg_kube_pool_drop(pool, set[i]);
    }
    table_remove(pool, &pool->sets, entry_of(set));
}

size_t cvg_kube_pool_bytes(const struct cvg_kube_pool *pool)
{
    return pool->bytes;
}

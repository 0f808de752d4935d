/* SPDX-License-Identifier: Apache-2.0 */
/* One owner, the reader; no locks. */
#include "sdk/json_keys.h"

#include "sdk/siphash.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_FEW 24

void cvg_json_keys_free(struct cvg_json_keys *keys)
{
    free(keys->strings);
    free(keys->prints);
}

void cvg_json_object_free(struct cvg_json_object *object)
{
    free(object->slots);
}

void cvg_json_keys_open(const struct cvg_json_keys *keys, struct cvg_json_object *object)
{
    object->first = keys->count;
    object->seen = 0;
    object->mask = 0;
}

void cvg_json_keys_close(struct cvg_json_keys *keys, const struct cvg_json_object *object)
{
    keys->count = object->first;
}

static int make_room(struct cvg_json_keys *keys)
{
    if (keys->count < keys->capacity) {
        return 0;
    }
    size_t capacity = keys->capacity ? keys->capacity * 2 : 64;
    if (capacity > SIZE_MAX / sizeof *keys->strings) {
        return -1;
    }
    struct cvg_json_string *strings = realloc(keys->strings, capacity * sizeof *strings);
    if (!strings) {
        return -1;
    }
    keys->strings = strings;
    uint32_t *prints = realloc(keys->prints, capacity * sizeof *prints);
    if (!prints) {
        return -1;
    }
    keys->prints = prints;
    keys->capacity = capacity;
    return 0;
}

static uint64_t load(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Cheap, and equal for equal texts; who picks keys that share it gains KEYS_FEW comparisons. */
static uint32_t fingerprint(const char *text, size_t length, size_t readable)
{
    uint64_t head = 0, tail = 0;
    if (length >= 8) {
        head = load(text);
        tail = load(text + length - 8);
    } else if (readable >= 8 && length > 0) {
        head = load(text);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        head = __builtin_bswap64(head);
#endif
        head &= UINT64_MAX >> (64 - 8 * length);
    } else {
        for (size_t i = 0; i < length; i++) {
            head |= (uint64_t)(unsigned char)text[i] << (8 * i);
        }
    }
    uint64_t mixed = head ^ (tail << 29 | tail >> 35) ^ (uint64_t)length << 56;
    return (uint32_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static uint32_t hash_text(const struct cvg_json_keys *keys, const char *text, size_t length)
{
    return (uint32_t)cvg_siphash(keys->secret, text, length);
}

/* Where the keys are already stored and may have escapes. */
static int hash_stored(const struct cvg_json_keys *keys, const struct cvg_json_string *string,
                       uint32_t *ret)
{
    if (string->length == string->decoded_length) {
        *ret = hash_text(keys, string->raw, string->length);
        return 0;
    }
    char *decoded = malloc(string->decoded_length + 1);
    if (!decoded) {
        return -1;
    }
    cvg_json_string_decode(string, decoded);
    *ret = hash_text(keys, decoded, string->decoded_length);
    free(decoded);
    return 0;
}

static void occupy(const struct cvg_json_object *object, uint32_t hash, size_t number)
{
    size_t at = hash & object->mask;
    while (object->slots[at]) {
        at = (at + 1) & object->mask;
    }
    object->slots[at] = (uint32_t)(number + 1);
}

/* A table for twice as many keys as there are, at most half full. */
static int build_table(struct cvg_json_keys *keys, struct cvg_json_object *object, size_t count)
{
    size_t size = object->mask ? (object->mask + 1) * 2 : 64;
    while (size < count * 4) {
        size *= 2;
    }
    if (size > object->capacity) {
        free(object->slots);
        object->capacity = 0;
        object->slots = malloc(size * sizeof *object->slots);
        if (!object->slots) {
            return -1;
        }
        object->capacity = size;
    }
    memset(object->slots, 0, size * sizeof *object->slots);
    if (!keys->has_secret) {
        cvg_siphash_key(keys->secret);
        keys->has_secret = 1;
    }
    int had_table = object->mask != 0;
    object->mask = size - 1;
    for (size_t i = 0; i < count; i++) {
        uint32_t *print = &keys->prints[object->first + i];
        if (!had_table && hash_stored(keys, &keys->strings[object->first + i], print) < 0) {
            return -1;
        }
        occupy(object, *print, i);
    }
    return 0;
}

static int stands_in_table(const struct cvg_json_keys *keys, const struct cvg_json_object *object,
                           const struct cvg_json_string *string, uint32_t hash)
{
    for (size_t at = hash & object->mask; object->slots[at]; at = (at + 1) & object->mask) {
        size_t number = object->first + object->slots[at] - 1;
        if (keys->prints[number] == hash && cvg_json_string_same(&keys->strings[number], string)) {
            return 1;
        }
    }
    return 0;
}

static int stands_among_few(const struct cvg_json_keys *keys, const struct cvg_json_object *object,
                            const struct cvg_json_string *string, uint32_t print)
{
    for (size_t i = object->first; i < keys->count; i++) {
        if (keys->prints[i] == print && cvg_json_string_same(&keys->strings[i], string)) {
            return 1;
        }
    }
    return 0;
}

enum cvg_json_keys_result cvg_json_keys_add(struct cvg_json_keys *keys,
                                            struct cvg_json_object *object,
                                            const struct cvg_json_string *string,
                                            const char *decoded, size_t readable)
{
    size_t count = keys->count - object->first;
    /* Slots hold 32 bits. */
    if (count >= UINT32_MAX / 4 || make_room(keys) < 0) {
        return CVG_JSON_KEYS_MEMORY;
    }
    if (count >= KEYS_FEW && (!object->mask || count >= object->mask / 2) &&
        build_table(keys, object, count) < 0) {
        return CVG_JSON_KEYS_MEMORY;
    }
    uint32_t print;
    if (object->mask) {
        print = hash_text(keys, decoded, string->decoded_length);
        if (stands_in_table(keys, object, string, print)) {
            return CVG_JSON_KEYS_DUPLICATE;
        }
        occupy(object, print, count);
    } else {
        print = fingerprint(decoded, string->decoded_length, readable);
        uint64_t bit = UINT64_C(1) << (print >> 26);
        if ((object->seen & bit) && stands_among_few(keys, object, string, print)) {
            return CVG_JSON_KEYS_DUPLICATE;
        }
        object->seen |= bit;
    }
    keys->strings[keys->count] = *string;
    keys->prints[keys->count] = print;
    keys->count++;
    return CVG_JSON_KEYS_OK;
}

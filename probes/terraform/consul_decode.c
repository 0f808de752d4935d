/* SPDX-License-Identifier: Apache-2.0 */
/* Values of Consul's KV store; see consul_decode.h. */
#include "consul_decode.h"

#include "kit/base64.h"
#include "kit/gunzip.h"
#include "kit/memory.h"
#include "pull.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MD5_LENGTH = 16,
    KEY_LIMIT = 2048
};

/* ---- an answer ---- */

struct pair_reading {
    struct cvg_tf_consul_pair pair;
    size_t pairs;
    int is_bad;
};

static int take_value(struct cvg_json *json, struct pair_reading *reading)
{
    if (cvg_json_next(json) == CVG_JSON_STRING) {
        size_t length = 0;
        const char *text = cvg_json_text(json, &length);
        free(reading->pair.value);
        reading->pair.value = NULL;
        if (cvg_kit_base64_decode(text, length, &reading->pair.value, &reading->pair.length) < 0) {
            reading->is_bad = 1;
        }
        return 0;
    }
    reading->is_bad |= cvg_json_current(json) != CVG_JSON_NULL;
    return cvg_json_current(json) == CVG_JSON_ERROR ? -1 : cvg_json_skip(json);
}

static int pair_member(struct cvg_json *json, void *arg)
{
    struct pair_reading *reading = arg;
    if (cvg_json_is(json, "Value")) {
        return take_value(json, reading);
    }
    if (cvg_json_is(json, "ModifyIndex")) {
        return cvg_tf_pull_text(json, reading->pair.modify_index,
                                sizeof(reading->pair.modify_index));
    }
    if (cvg_json_is(json, "Session")) {
        return cvg_tf_pull_text(json, reading->pair.session, sizeof(reading->pair.session));
    }
    return cvg_json_skip(json);
}

static int read_array(struct cvg_json *json, struct pair_reading *reading)
{
    if (cvg_json_next(json) != CVG_JSON_ARRAY) {
        return -1;
    }
    while (cvg_json_next(json) == CVG_JSON_OBJECT) {
        reading->pairs++;
        if (cvg_tf_pull_inside(json, pair_member, reading) < 0) {
            return -1;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END && cvg_json_next(json) == CVG_JSON_DONE ? 0 : -1;
}

int cvg_tf_consul_pair_read(const char *bytes, size_t length, struct cvg_tf_consul_pair *ret)
{
    const struct cvg_json_limits limits = {.string_length = length ? length : 1, .depth = 8};
    struct pair_reading reading = {0};
    struct cvg_json *json = cvg_json_new(bytes, length, &limits);
    uint64_t index = 0;
    int code = json == NULL ? -1 : read_array(json, &reading);
    cvg_json_free(json);
    if (code < 0 || reading.is_bad || reading.pairs != 1 ||
        cvg_parse_uint64(reading.pair.modify_index, strlen(reading.pair.modify_index), &index) <
            0) {
        free(reading.pair.value);
        return -1;
    }
    if (reading.pair.value == NULL) {
        reading.pair.value = cvg_kit_alloc(1);
    }
    *ret = reading.pair;
    return 0;
}

/* ---- a value ---- */

struct pointer_reading {
    const char *key;
    char hash[64], chunk_hash[33]; /* the latter: as the first chunk's key has it */
    size_t count;
    int is_pointer, is_bad;
};

/* KEY/tfstate.HASH/NUMBER, the number being its place in the list. */
static int is_chunk(struct pointer_reading *reading, const char *text)
{
    char expected[KEY_LIMIT];
    size_t key_length = strlen(reading->key);
    static const char middle[] = "/tfstate.";
    if (strncmp(text, reading->key, key_length) != 0 ||
        strncmp(text + key_length, middle, sizeof(middle) - 1) != 0) {
        return 0;
    }
    const char *hash = text + key_length + sizeof(middle) - 1;
    if (reading->count == 0) {
        if (strspn(hash, "0123456789abcdef") != sizeof(reading->chunk_hash) - 1) {
            return 0;
        }
        memcpy(reading->chunk_hash, hash, sizeof(reading->chunk_hash) - 1);
    }
    int wrote = snprintf(expected, sizeof(expected), "%s%s%s/%zu", reading->key, middle,
                         reading->chunk_hash, reading->count);
    return wrote > 0 && (size_t)wrote < sizeof(expected) && strcmp(expected, text) == 0;
}

static int chunk_item(struct cvg_json *json, void *arg)
{
    struct pointer_reading *reading = arg;
    size_t length = 0;
    if (cvg_json_current(json) != CVG_JSON_STRING) {
        reading->is_bad = 1;
        return cvg_json_skip(json);
    }
    const char *text = cvg_json_text(json, &length);
    if (reading->count == CVG_TF_CONSUL_CHUNKS || strlen(text) != length ||
        !is_chunk(reading, text)) {
        reading->is_bad = 1;
        return 0;
    }
    reading->count++;
    return 0;
}

static int value_member(struct cvg_json *json, void *arg)
{
    struct pointer_reading *reading = arg;
    if (cvg_json_is(json, "current-hash")) {
        reading->is_pointer = 1;
        return cvg_tf_pull_text(json, reading->hash, sizeof(reading->hash));
    }
    if (cvg_json_is(json, "chunks")) {
        return cvg_tf_pull_items(json, chunk_item, reading);
    }
    return cvg_json_skip(json);
}

enum cvg_tf_consul_value cvg_tf_consul_value_read(const char *value, size_t length, const char *key,
                                                  struct cvg_tf_consul_pointer *ret)
{
    const struct cvg_json_limits limits = {.string_length = length ? length : 1};
    struct pointer_reading reading = {.key = key};
    /* What cannot be read is the document's reader's to say. */
    if (cvg_tf_pull_document(value, length, &limits, value_member, &reading) < 0 ||
        !reading.is_pointer) {
        return CVG_TF_CONSUL_DOCUMENT;
    }
    if (reading.is_bad || reading.count == 0 || strcmp(reading.hash, reading.chunk_hash) != 0) {
        return CVG_TF_CONSUL_BAD_POINTER;
    }
    memcpy(ret->hash, reading.chunk_hash, sizeof(ret->hash));
    ret->count = reading.count;
    return CVG_TF_CONSUL_POINTER;
}

static int has_digest(const struct cvg_host *host, const char *bytes, size_t length,
                      const char *hash)
{
    unsigned char digest[CVG_DIGEST_MOST];
    char text[2 * MD5_LENGTH + 1] = "";
    if (host->digest(CVG_DIGEST_MD5, bytes, length, digest) < 0) {
        return 0;
    }
    for (size_t i = 0; i < MD5_LENGTH; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)digest[i]);
    }
    return strcmp(text, hash) == 0;
}

enum cvg_tf_consul_result cvg_tf_consul_unpack(const struct cvg_host *host, char **bytes,
                                               size_t *length, size_t limit, const char *hash)
{
    if (*length > 0 && (*bytes)[0] == 0x1f) {
        char *unpacked = NULL;
        size_t unpacked_length = 0;
        enum cvg_kit_gunzip_result result =
            cvg_kit_gunzip(*bytes, *length, limit, &unpacked, &unpacked_length);
        free(*bytes);
        *bytes = unpacked;
        *length = unpacked_length;
        if (result != CVG_KIT_GUNZIP_DONE) {
            return result == CVG_KIT_GUNZIP_TOO_LARGE ? CVG_TF_CONSUL_TOO_LARGE
                                                      : CVG_TF_CONSUL_BAD_GZIP;
        }
    } else if (*length > limit) {
        free(*bytes);
        *bytes = NULL;
        *length = 0;
        return CVG_TF_CONSUL_TOO_LARGE;
    }
    if (hash != NULL && !has_digest(host, *bytes, *length, hash)) {
        return CVG_TF_CONSUL_OTHER_DIGEST;
    }
    return CVG_TF_CONSUL_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of secrets and leases; see kubernetes_decode.h. */
#include "kubernetes_decode.h"

#include "kit/base64.h"
#include "kit/gunzip.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "pull.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_LIMIT = 256, /* Kubernetes's own is 253 */
    SHA256_LENGTH = 32,
    FOREIGN_NUMBER = -1
};

struct secret {
    int number; /* its place; FOREIGN_NUMBER */
    char name[NAME_LIMIT];
    char version[32];
    char *data;
    size_t length;
    int has_data, is_bad; /* is_bad: the data is not base64 */
};

struct reading {
    const char *name; /* of the first */
    struct secret *secrets;
    size_t count, room;
    char kind[64];
    int has_items, is_cut; /* is_cut: it goes on, or is too long */
};

/* ---- a list ---- */

/* NAME is 0, NAME-part-3 is 3, anything else is foreign. */
static int number_of(const char *base, const char *name)
{
    static const char middle[] = "-part-";
    size_t length = strlen(base);
    int64_t number = 0;
    if (strncmp(name, base, length) != 0) {
        return FOREIGN_NUMBER;
    }
    name += length;
    if (*name == '\0') {
        return 0;
    }
    if (strncmp(name, middle, sizeof(middle) - 1) != 0) {
        return FOREIGN_NUMBER;
    }
    name += sizeof(middle) - 1;
    if (cvg_parse_int64(name, strlen(name), &number) < 0 || number < 1 ||
        number >= CVG_TF_KUBE_SECRETS) {
        return FOREIGN_NUMBER;
    }
    return (int)number;
}

static int meta_member(struct cvg_json *json, void *arg)
{
    struct secret *secret = arg;
    if (cvg_json_is(json, "name")) {
        return cvg_tf_pull_text(json, secret->name, sizeof(secret->name));
    }
    if (cvg_json_is(json, "resourceVersion")) {
        return cvg_tf_pull_text(json, secret->version, sizeof(secret->version));
    }
    return cvg_json_skip(json);
}

static int data_member(struct cvg_json *json, void *arg)
{
    struct secret *secret = arg;
    size_t length = 0;
    if (!cvg_json_is(json, "tfstate")) {
        return cvg_json_skip(json);
    }
    if (cvg_json_next(json) != CVG_JSON_STRING) {
        return cvg_json_current(json) == CVG_JSON_ERROR ? -1 : cvg_json_skip(json);
    }
    const char *text = cvg_json_text(json, &length);
    secret->has_data = length > 0;
    secret->is_bad = cvg_kit_base64_decode(text, length, &secret->data, &secret->length) < 0;
    return 0;
}

static int secret_member(struct cvg_json *json, void *arg)
{
    if (cvg_json_is(json, "metadata")) {
        return cvg_tf_pull_members(json, meta_member, arg);
    }
    if (cvg_json_is(json, "data")) {
        return cvg_tf_pull_members(json, data_member, arg);
    }
    return cvg_json_skip(json);
}

static int take_secret(struct cvg_json *json, void *arg)
{
    struct reading *reading = arg;
    if (reading->count == CVG_TF_KUBE_SECRETS) {
        reading->is_cut = 1;
        return cvg_json_skip(json);
    }
    if (reading->count == reading->room) {
        reading->room = reading->room ? reading->room * 2 : 4;
        reading->secrets = cvg_kit_resize(reading->secrets, reading->room, sizeof(struct secret));
    }
    struct secret *secret = &reading->secrets[reading->count++];
    *secret = (struct secret){0};
    int code = cvg_tf_pull_inside(json, secret_member, secret);
    secret->number = number_of(reading->name, secret->name);
    return code;
}

static int list_meta_member(struct cvg_json *json, void *arg)
{
    struct reading *reading = arg;
    size_t length = 0;
    if (!cvg_json_is(json, "continue")) {
        return cvg_json_skip(json);
    }
    if (cvg_json_next(json) == CVG_JSON_STRING) {
        (void)cvg_json_text(json, &length);
    }
    reading->is_cut |= length > 0;
    return cvg_json_current(json) == CVG_JSON_ERROR ? -1 : cvg_json_skip(json);
}

static int list_member(struct cvg_json *json, void *arg)
{
    struct reading *reading = arg;
    if (cvg_json_is(json, "kind")) {
        return cvg_tf_pull_text(json, reading->kind, sizeof(reading->kind));
    }
    if (cvg_json_is(json, "metadata")) {
        return cvg_tf_pull_members(json, list_meta_member, reading);
    }
    if (cvg_json_is(json, "items")) {
        int code = cvg_tf_pull_items(json, take_secret, reading);
        /* A list of none may have null there. */
        reading->has_items = code == 0 || cvg_json_current(json) == CVG_JSON_NULL;
        return code;
    }
    return cvg_json_skip(json);
}

static int by_number(const void *a, const void *b)
{
    const struct secret *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* ---- what they are together ---- */

static enum cvg_tf_kube_result say(struct cvg_tf_kube_state *state, enum cvg_tf_kube_result result,
                                   const char *before, const char *name, const char *behind)
{
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, state->text, sizeof(state->text));
    cvg_kit_text_add(&text, before);
    cvg_kit_text_evidence(&text, name, strlen(name), NAME_LIMIT);
    cvg_kit_text_add(&text, behind);
    return result;
}

/* One text for all names and versions, by its digest: it changes when anything does. */
static void set_version(const struct cvg_host *host, const struct reading *reading,
                        struct cvg_tf_kube_state *state)
{
    unsigned char digest[CVG_DIGEST_MOST];
    size_t size = reading->count * (sizeof(reading->secrets[0].version) + 16) + 1, used = 0;
    char *text = cvg_kit_alloc(size);
    for (size_t i = 0; i < reading->count; i++) {
        const struct secret *secret = &reading->secrets[i];
        if (secret->version[0] == '\0') {
            free(text);
            return;
        }
        used +=
            (size_t)snprintf(text + used, size - used, "%d=%s\n", secret->number, secret->version);
    }
    if (host->digest(CVG_DIGEST_SHA256, text, used, digest) == 0) {
        for (size_t i = 0; i < SHA256_LENGTH; i++) {
            (void)snprintf(state->version + 2 * i, 3, "%02x", (unsigned)digest[i]);
        }
    }
    free(text);
}

/* All of them, each once, each with its data; else what is missing. */
static enum cvg_tf_kube_result look_over(const struct reading *reading, int only_version,
                                         struct cvg_tf_kube_state *state)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct secret *secret = &reading->secrets[i];
        if (secret->number == FOREIGN_NUMBER) {
            return say(state, CVG_TF_KUBE_FOREIGN, "the secret ", secret->name,
                       " has the labels of this state, and is none of its parts");
        }
    }
    for (size_t i = 0; i < reading->count; i++) {
        const struct secret *secret = &reading->secrets[i];
        if (secret->number != (int)i) {
            return say(state, CVG_TF_KUBE_BEING_WRITTEN, "a part before the secret ", secret->name,
                       " is missing");
        }
        if (!secret->has_data && !only_version) {
            return say(state, CVG_TF_KUBE_BEING_WRITTEN, "the secret ", secret->name,
                       " has no state in it yet");
        }
        if (secret->is_bad) {
            return say(state, CVG_TF_KUBE_BROKEN, "the data of the secret ", secret->name,
                       " is not base64");
        }
    }
    return CVG_TF_KUBE_DONE;
}

static enum cvg_tf_kube_result join(struct reading *reading, size_t limit,
                                    struct cvg_tf_kube_state *state)
{
    size_t length = 0, used = 0;
    for (size_t i = 0; i < reading->count; i++) {
        length += reading->secrets[i].length;
    }
    char *joined = cvg_kit_resize(NULL, length + 1, 1);
    for (size_t i = 0; i < reading->count; i++) {
        struct secret *secret = &reading->secrets[i];
        memcpy(joined + used, secret->data, secret->length);
        used += secret->length;
        free(secret->data);
        secret->data = NULL;
    }
    enum cvg_kit_gunzip_result result =
        cvg_kit_gunzip(joined, length, limit, &state->bytes, &state->length);
    free(joined);
    if (result == CVG_KIT_GUNZIP_DONE) {
        return CVG_TF_KUBE_DONE;
    }
    return say(state,
               result == CVG_KIT_GUNZIP_TOO_LARGE ? CVG_TF_KUBE_TOO_LARGE
                                                  : CVG_TF_KUBE_BEING_WRITTEN,
               "the state in ", reading->name,
               result == CVG_KIT_GUNZIP_TOO_LARGE ? " is larger than the source's limit"
                                                  : " is not one whole gzip file");
}

static enum cvg_tf_kube_result judge(const struct cvg_host *host, struct reading *reading,
                                     const struct cvg_tf_kube_wanted *wanted,
                                     struct cvg_tf_kube_state *state)
{
    size_t kind_length = strlen(reading->kind);
    if (!reading->has_items || kind_length < 4 ||
        strcmp(reading->kind + kind_length - 4, "List") != 0) {
        return say(state, CVG_TF_KUBE_BROKEN, "the answer is not a list of secrets", "", "");
    }
    if (reading->is_cut) {
        return say(state, CVG_TF_KUBE_BROKEN, "the list of secrets is not whole", "", "");
    }
    if (reading->count == 0) {
        return say(state, CVG_TF_KUBE_ABSENT, "there is no secret ", reading->name, "");
    }
    qsort(reading->secrets, reading->count, sizeof(struct secret), by_number);
    enum cvg_tf_kube_result result = look_over(reading, wanted->only_version, state);
    if (result != CVG_TF_KUBE_DONE) {
        return result;
    }
    set_version(host, reading, state);
    return wanted->only_version ? result : join(reading, wanted->limit, state);
}

enum cvg_tf_kube_result cvg_tf_kube_list_read(const struct cvg_host *host, const char *bytes,
                                              size_t length,
                                              const struct cvg_tf_kube_wanted *wanted,
                                              struct cvg_tf_kube_state *ret)
{
    const struct cvg_json_limits limits = {.string_length = length ? length : 1};
    struct reading reading = {.name = wanted->name};
    enum cvg_tf_kube_result result = CVG_TF_KUBE_BROKEN;
    *ret = (struct cvg_tf_kube_state){0};
    if (cvg_tf_pull_document(bytes, length, &limits, list_member, &reading) < 0) {
        (void)say(ret, result, "the answer is not a list of secrets", "", "");
    } else {
        result = judge(host, &reading, wanted, ret);
    }
    for (size_t i = 0; i < reading.count; i++) {
        free(reading.secrets[i].data);
    }
    free(reading.secrets);
    return result;
}

/* ---- a lease ---- */

struct lease_reading {
    struct cvg_tf_kube_lease *lease;
    char kind[16];
};

static int annotation_member(struct cvg_json *json, void *arg)
{
    struct lease_reading *reading = arg;
    return cvg_json_is(json, "app.terraform.io/lock-info")
               ? cvg_tf_pull_text(json, reading->lease->note, sizeof(reading->lease->note))
               : cvg_json_skip(json);
}

static int lease_meta_member(struct cvg_json *json, void *arg)
{
    return cvg_json_is(json, "annotations") ? cvg_tf_pull_members(json, annotation_member, arg)
                                            : cvg_json_skip(json);
}

/* Terraform asks whether there is a holder, not who: an empty name holds it too. */
static int spec_member(struct cvg_json *json, void *arg)
{
    struct lease_reading *reading = arg;
    if (!cvg_json_is(json, "holderIdentity")) {
        return cvg_json_skip(json);
    }
    enum cvg_json_token token = cvg_json_next(json);
    reading->lease->is_held = token != CVG_JSON_NULL;
    return token == CVG_JSON_ERROR ? -1 : cvg_json_skip(json);
}

static int lease_member(struct cvg_json *json, void *arg)
{
    struct lease_reading *reading = arg;
    if (cvg_json_is(json, "kind")) {
        return cvg_tf_pull_text(json, reading->kind, sizeof(reading->kind));
    }
    if (cvg_json_is(json, "metadata")) {
        return cvg_tf_pull_members(json, lease_meta_member, reading);
    }
    if (cvg_json_is(json, "spec")) {
        return cvg_tf_pull_members(json, spec_member, reading);
    }
    return cvg_json_skip(json);
}

int cvg_tf_kube_lease_read(const char *bytes, size_t length, struct cvg_tf_kube_lease *ret)
{
    struct lease_reading reading = {.lease = ret};
    *ret = (struct cvg_tf_kube_lease){0};
    return cvg_tf_pull_document(bytes, length, NULL, lease_member, &reading) == 0 &&
                   strcmp(reading.kind, "Lease") == 0
               ? 0
               : -1;
}

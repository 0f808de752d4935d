/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a document is that was not read as what it should be: by the keys of its outermost object
 * alone. Only asked after a refusal, so that a good document costs nothing.
 */
#include "document.h"

#include <string.h>

enum sign {
    SIGN_STATE = 1, /* two of them make a state */
    SIGN_FORMAT,    /* `show -json`, of a state or a plan */
    SIGN_PLAN,
    SIGN_BACKEND,
    SIGN_TOFU,
    SIGN_SOPS,
};

struct signs {
    uint32_t seen;   /* a bit for each enum sign */
    uint32_t states; /* keys of a state */
};

static const struct {
    const char *key;
    enum sign sign;
} signs_known[] = {
    {"version", SIGN_STATE},           {"serial", SIGN_STATE},
    {"lineage", SIGN_STATE},           {"resources", SIGN_STATE},
    {"modules", SIGN_STATE},           {"format_version", SIGN_FORMAT},
    {"planned_values", SIGN_PLAN},     {"resource_changes", SIGN_PLAN},
    {"output_changes", SIGN_PLAN},     {"prior_state", SIGN_PLAN},
    {"configuration", SIGN_PLAN},      {"backend", SIGN_BACKEND},
    {"encryption_version", SIGN_TOFU}, {"sops", SIGN_SOPS},
};

/* On a key. */
static enum sign sign_of(const struct cvg_json *json)
{
    for (size_t i = 0; i < sizeof(signs_known) / sizeof(signs_known[0]); i++) {
        if (cvg_json_is(json, signs_known[i].key)) {
            return signs_known[i].sign;
        }
    }
    return 0;
}

/* A value of the kind that makes its key a sign. */
static int is_sign(const struct cvg_json *json, enum sign sign)
{
    enum cvg_json_token token = cvg_json_current(json);
    switch (sign) {
    case SIGN_BACKEND:
    case SIGN_SOPS:
        return token == CVG_JSON_OBJECT;
    case SIGN_TOFU:
        return token == CVG_JSON_STRING && !cvg_json_is(json, "");
    default:
        return 1;
    }
}

/* Reads all of it; -1: it is no JSON, and the reader says so. */
static int look_at_keys(struct cvg_json *json, struct signs *ret)
{
    enum cvg_json_token token = cvg_json_next(json);
    if (token != CVG_JSON_OBJECT) {
        return cvg_json_skip(json);
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        enum sign sign = sign_of(json);
        (void)cvg_json_next(json);
        if (sign != 0 && is_sign(json, sign)) {
            ret->seen |= 1u << sign;
            ret->states += sign == SIGN_STATE;
        }
        if (cvg_json_skip(json) < 0) {
            return -1;
        }
    }
    return 0;
}

static enum cvg_tf_refusal_kind kind_of(const struct signs *signs, enum cvg_tf_content expected,
                                        enum cvg_tf_refusal_kind found)
{
    int is_plan = (signs->seen & 1u << SIGN_PLAN) != 0;
    int is_show = (signs->seen & 1u << SIGN_FORMAT) != 0;
    if (signs->seen & (1u << SIGN_TOFU | 1u << SIGN_SOPS)) {
        return CVG_TF_ENCRYPTED;
    }
    if (is_show) {
        enum cvg_tf_content content = is_plan ? CVG_TF_CONTENT_PLAN : CVG_TF_CONTENT_SHOW;
        if (content == expected) {
            return found;
        }
        return is_plan ? CVG_TF_PLAN_GIVEN : CVG_TF_SHOW_GIVEN;
    }
    if (signs->seen & 1u << SIGN_BACKEND &&
        (found == CVG_TF_VERSION || expected != CVG_TF_CONTENT_STATE)) {
        return CVG_TF_BACKEND_FILE;
    }
    if (signs->states < 2) {
        return CVG_TF_NOT_A_STATE;
    }
    return expected == CVG_TF_CONTENT_STATE ? found : CVG_TF_STATE_GIVEN;
}

int cvg_tf_recognize(const struct cvg_tf_document *document, enum cvg_tf_content expected)
{
    struct cvg_tf_refusal *refusal = document->refusal;
    if (refusal->kind != CVG_TF_BAD_CONTENT && refusal->kind != CVG_TF_VERSION) {
        return -1;
    }
    struct cvg_tf_refusal again;
    struct cvg_tf_document whole;
    struct signs signs = {0};
    if (cvg_tf_document_open(&whole, document->text, document->length, document->arena, &again) ==
        0) {
        if (look_at_keys(whole.json, &signs) < 0 || cvg_tf_document_end(&whole) < 0) {
            (void)cvg_tf_refuse_json(&whole);
            *refusal = again;
        } else {
            enum cvg_tf_refusal_kind kind = kind_of(&signs, expected, refusal->kind);
            if (kind != refusal->kind) {
                refusal->kind = kind;
                refusal->where[0] = '\0';
            }
        }
    }
    cvg_tf_document_close(&whole);
    return -1;
}

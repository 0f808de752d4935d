/* SPDX-License-Identifier: Apache-2.0 */
/* Members of services' answers; see pull.h. */
#include "pull.h"

#include <string.h>

static int is_fine(const struct cvg_json *json)
{
    return cvg_json_current(json) != CVG_JSON_ERROR ? 0 : -1;
}

int cvg_tf_pull_inside(struct cvg_json *json, cvg_tf_pull *member, void *arg)
{
    if (cvg_json_current(json) != CVG_JSON_OBJECT) {
        return cvg_json_skip(json);
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (member(json, arg) < 0) {
            return -1;
        }
    }
    return is_fine(json);
}

int cvg_tf_pull_members(struct cvg_json *json, cvg_tf_pull *member, void *arg)
{
    (void)cvg_json_next(json);
    if (is_fine(json) < 0) {
        return -1;
    }
    return cvg_tf_pull_inside(json, member, arg);
}

int cvg_tf_pull_items(struct cvg_json *json, cvg_tf_pull *item, void *arg)
{
    if (cvg_json_next(json) != CVG_JSON_ARRAY) {
        return is_fine(json) < 0 || cvg_json_skip(json) < 0 ? -1 : 1;
    }
    for (;;) {
        (void)cvg_json_next(json);
        if (is_fine(json) < 0) {
            return -1;
        }
        if (cvg_json_current(json) == CVG_JSON_END) {
            return 0;
        }
        if (item(json, arg) < 0) {
            return -1;
        }
    }
}

int cvg_tf_pull_document(const char *bytes, size_t length, const struct cvg_json_limits *limits,
                         cvg_tf_pull *member, void *arg)
{
    struct cvg_json *json = cvg_json_new(bytes, length, limits);
    int code = -1;
    if (json != NULL && cvg_json_next(json) == CVG_JSON_OBJECT &&
        cvg_tf_pull_inside(json, member, arg) == 0 && cvg_json_next(json) == CVG_JSON_DONE) {
        code = 0;
    }
    cvg_json_free(json);
    return code;
}

int cvg_tf_pull_text(struct cvg_json *json, char *ret, size_t size)
{
    enum cvg_json_token token = cvg_json_next(json);
    ret[0] = '\0';
    if (token == CVG_JSON_STRING || token == CVG_JSON_NUMBER) {
        size_t length = 0;
        const char *text = cvg_json_text(json, &length);
        if (length < size && memchr(text, '\0', length) == NULL) {
            memcpy(ret, text, length);
            ret[length] = '\0';
        }
        return 0;
    }
    return is_fine(json) < 0 ? -1 : cvg_json_skip(json);
}

int cvg_tf_pull_flag(struct cvg_json *json, int *ret)
{
    enum cvg_json_token token = cvg_json_next(json);
    *ret = token == CVG_JSON_TRUE ? 1 : token == CVG_JSON_FALSE ? 0 : -1;
    return is_fine(json) < 0 ? -1 : cvg_json_skip(json);
}

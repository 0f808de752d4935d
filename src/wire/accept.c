/* SPDX-License-Identifier: Apache-2.0 */
/* A person's comment is read with the strict reader; the answer is our own. */
#include "wire/accept.h"

#include "base/text.h"
#include "record/record.h"
#include "wire/document.h"

#include <convergate/json.h>

#include <string.h>

static void free_json(struct cvg_json **json)
{
    cvg_json_free(*json);
}

static int broken(struct cvg_json *json, struct cvg_error *reterr)
{
    return cvg_error_set(reterr, CVG_E_INVALID, "the body is not valid JSON: %s",
                         cvg_json_error(json));
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t character = 0;
        size_t step = cvg_text_decode(text + at, length - at, &character);
        if (step == 0 || !cvg_text_is_printable(character)) {
            return false;
        }
        at += step;
    }
    return true;
}

static int read_comment(struct cvg_json *json, struct cvg_arena *arena, const char **ret,
                        struct cvg_error *reterr)
{
    size_t length = 0;

    if (cvg_json_next(json) != CVG_JSON_STRING) {
        return cvg_json_current(json) == CVG_JSON_ERROR
                   ? broken(json, reterr)
                   : cvg_error_set(reterr, CVG_E_INVALID, "'comment' must be a string");
    }
    const char *text = cvg_json_text(json, &length);
    if (length > CVG_RECORD_TEXT || !is_printable(text, length)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "'comment' must be printable text of at most %d bytes",
                             CVG_RECORD_TEXT);
    }
    *ret = cvg_arena_strndup(arena, text, length);
    return 0;
}

static int read_keys(struct cvg_json *json, struct cvg_arena *arena, const char **ret,
                     struct cvg_error *reterr)
{
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return cvg_json_current(json) == CVG_JSON_ERROR
                   ? broken(json, reterr)
                   : cvg_error_set(reterr, CVG_E_INVALID, "the body must be a JSON object");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int rc = cvg_json_is(json, "comment")
                     ? read_comment(json, arena, ret, reterr)
                     : cvg_error_set(reterr, CVG_E_INVALID, "the body may only have 'comment'");
        if (rc < 0) {
            return rc;
        }
    }
    bool whole = cvg_json_current(json) == CVG_JSON_END && cvg_json_next(json) == CVG_JSON_DONE;
    return whole ? 0 : broken(json, reterr);
}

int cvg_wire_comment_read(const char *json, size_t length, struct cvg_arena *arena,
                          const char **ret, struct cvg_error *reterr)
{
    const char *comment = "";
    CVG_CLEANUP(free_json)
    struct cvg_json *document = length ? cvg_json_new(json, length, NULL) : NULL;
    int rc = document ? read_keys(document, arena, &comment, reterr) : 0;

    if (rc == 0) {
        *ret = comment;
    }
    return rc;
}

int cvg_wire_comment_write(const char *comment, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();

    cvg_document_text(root, "comment", comment);
    return cvg_document_print(root, ret);
}

int cvg_wire_accepted_write(const struct cvg_wire_accepted *accepted, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();

    cvg_document_text(root, "environment", accepted->environment);
    cvg_document_text(root, "check", accepted->check);
    cvg_document_bool(root, "accepted", accepted->accepted);
    cvg_document_text(root, "id", accepted->id);
    return cvg_document_print(root, ret);
}

int cvg_wire_accepted_read(const char *json, size_t length, struct cvg_arena *arena,
                           struct cvg_wire_accepted *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *accepted = cJSON_GetObjectItemCaseSensitive(root, "accepted");

    if (!cJSON_IsBool(accepted)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer does not say what was accepted");
    }
    *ret = (struct cvg_wire_accepted){
        .environment = cvg_document_read_text(root, "environment", arena),
        .check = cvg_document_read_text(root, "check", arena),
        .accepted = cJSON_IsTrue(accepted),
        .id = cvg_document_read_text(root, "id", arena),
    };
    return 0;
}

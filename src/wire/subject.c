/* SPDX-License-Identifier: Apache-2.0 */
/* A caller is outside, so its document is read with the strict reader and not with cJSON. */
#include "wire/subject.h"

#include "wire/document.h"

#include <convergate/json.h>

#include <string.h>

struct reader {
    struct cvg_json *json;
    struct cvg_arena *arena;
    struct cvg_error *reterr;
};

static void free_json(struct cvg_json **json)
{
    cvg_json_free(*json);
}

static int refuse(struct reader *reader)
{
    return cvg_error_set(reader->reterr, CVG_E_INVALID, "the body is not valid JSON: %s",
                         cvg_json_error(reader->json));
}

static int read_text(struct reader *reader, const char *name, const char **ret)
{
    enum cvg_json_token token = cvg_json_next(reader->json);
    size_t length = 0;

    if (token == CVG_JSON_ERROR) {
        return refuse(reader);
    }
    if (token == CVG_JSON_NULL) {
        return 0;
    }
    if (token != CVG_JSON_STRING) {
        return cvg_error_set(reader->reterr, CVG_E_INVALID, "'%s' must be a string", name);
    }
    const char *text = cvg_json_text(reader->json, &length);
    if (length > CVG_SUBJECT_TEXT_LIMIT || strlen(text) != length) {
        return cvg_error_set(reader->reterr, CVG_E_INVALID,
                             "'%s' is longer than %d bytes, or contains NUL", name,
                             CVG_SUBJECT_TEXT_LIMIT);
    }
    *ret = cvg_arena_strndup(reader->arena, text, length);
    return 0;
}

static int read_labels(struct reader *reader, struct cvg_subject *ret)
{
    struct cvg_label *labels = cvg_arena_alloc(reader->arena, CVG_SUBJECT_LABELS * sizeof(*labels));

    if (cvg_json_next(reader->json) != CVG_JSON_OBJECT) {
        return cvg_json_current(reader->json) == CVG_JSON_ERROR
                   ? refuse(reader)
                   : cvg_error_set(reader->reterr, CVG_E_INVALID,
                                   "'labels' must be an object of strings");
    }
    while (cvg_json_next(reader->json) == CVG_JSON_KEY) {
        if (ret->label_count == CVG_SUBJECT_LABELS) {
            return cvg_error_set(reader->reterr, CVG_E_INVALID, "more than %d labels",
                                 CVG_SUBJECT_LABELS);
        }
        struct cvg_label *label = &labels[ret->label_count];
        size_t length = 0;
        const char *key = cvg_json_text(reader->json, &length);
        if (length > CVG_SUBJECT_TEXT_LIMIT || strlen(key) != length) {
            return cvg_error_set(reader->reterr, CVG_E_INVALID,
                                 "a label's name is longer than %d bytes, or contains NUL",
                                 CVG_SUBJECT_TEXT_LIMIT);
        }
        label->name = cvg_arena_strndup(reader->arena, key, length);
        label->value = "";
        int rc = read_text(reader, "labels", &label->value);
        if (rc < 0) {
            return rc;
        }
        ret->label_count++;
    }
    ret->labels = labels;
    return cvg_json_current(reader->json) == CVG_JSON_END ? 0 : refuse(reader);
}

static int read_key(struct reader *reader, struct cvg_wire_question *ret)
{
    const struct {
        const char *name, **where;
    } texts[] = {
        {"app", &ret->subject.app},
        {"revision", &ret->subject.revision},
        {"env", &ret->environment},
        {"gate", &ret->gate},
    };

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (cvg_json_is(reader->json, texts[i].name)) {
            return read_text(reader, texts[i].name, texts[i].where);
        }
    }
    if (cvg_json_is(reader->json, "labels")) {
        return read_labels(reader, &ret->subject);
    }
    return cvg_json_skip(reader->json) == 0 ? 0 : refuse(reader);
}

int cvg_wire_question_read(const char *json, size_t length, struct cvg_arena *arena,
                           struct cvg_wire_question *ret, struct cvg_error *reterr)
{
    struct cvg_wire_question question = {
        .subject = {.app = "", .revision = ""}, .environment = "", .gate = ""};
    CVG_CLEANUP(free_json)
    struct cvg_json *document = length ? cvg_json_new(json, length, NULL) : NULL;
    struct reader reader = {.json = document, .arena = arena, .reterr = reterr};

    if (!document) {
        *ret = question;
        return 0;
    }
    if (cvg_json_next(document) != CVG_JSON_OBJECT) {
        return cvg_json_current(document) == CVG_JSON_ERROR
                   ? refuse(&reader)
                   : cvg_error_set(reterr, CVG_E_INVALID, "the body must be a JSON object");
    }
    while (cvg_json_next(document) == CVG_JSON_KEY) {
        int rc = read_key(&reader, &question);
        if (rc < 0) {
            return rc;
        }
    }
    if (cvg_json_current(document) != CVG_JSON_END || cvg_json_next(document) != CVG_JSON_DONE) {
        return refuse(&reader);
    }
    *ret = question;
    return 0;
}

int cvg_wire_subject_write(const struct cvg_subject *subject, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    cJSON *labels = cvg_document_object();

    cvg_document_text(root, "app", subject->app);
    cvg_document_text(root, "revision", subject->revision);
    for (size_t i = 0; i < subject->label_count; i++) {
        cvg_document_text(labels, subject->labels[i].name, subject->labels[i].value);
    }
    cvg_document_add(root, "labels", labels);
    return cvg_document_print(root, ret);
}

bool cvg_wire_subject_is_empty(const struct cvg_subject *subject)
{
    return !*subject->app && !*subject->revision && subject->label_count == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, refusing, and the envelope; see document.h. */
#include "document.h"

#include <convergate/number.h>
#include <convergate/reading.h>

#include <string.h>

int cvg_prom_document_refuse(struct cvg_prom_document *document, uint32_t fault,
                             enum cvg_prom_reason reason, const char *words)
{
    struct cvg_kit_text text = cvg_prom_answer_refuse(document->answer, fault, reason);
    cvg_kit_text_add(&text, words);
    return -1;
}

int cvg_prom_document_broken(struct cvg_prom_document *document, const char *where)
{
    struct cvg_kit_text text =
        cvg_prom_answer_refuse(document->answer, CVG_FAULT_PROTOCOL, CVG_PROM_REASON_BAD_ANSWER);
    if (cvg_json_current(document->json) == CVG_JSON_ERROR) {
        cvg_kit_text_add(&text, "the answer is not valid JSON: ");
        cvg_kit_text_add(&text, cvg_json_error(document->json));
    } else {
        cvg_kit_text_format(&text, "the answer is not %s: offset %zu: ", document->whose,
                            cvg_json_offset(document->json));
        cvg_kit_text_add(&text, where);
    }
    return -1;
}

/* Says what came where JSON was to come: a page of a proxy, nothing at all. */
static int refuse_foreign(struct cvg_prom_document *document, const struct cvg_prom_body *body,
                          char first)
{
    size_t at = 0;
    while (at < body->length && memchr(" \t\r\n", body->bytes[at], 4) != NULL) {
        at++;
    }
    if (at < body->length && body->bytes[at] == first) {
        return 0;
    }
    struct cvg_kit_text text =
        cvg_prom_answer_refuse(document->answer, CVG_FAULT_PROTOCOL, CVG_PROM_REASON_BAD_ANSWER);
    const char *type = body->content_type;
    if (type == NULL || type[0] == '\0') {
        type = "of no declared type";
    }
    cvg_kit_text_format(&text, "the answer is not %s but ", document->whose);
    cvg_kit_text_evidence(&text, type, strlen(type), 80);
    cvg_kit_text_format(&text, ", %zu %s", body->length, cvg_plural(body->length, "byte", "bytes"));
    return -1;
}

int cvg_prom_document_open(struct cvg_prom_document *document, const struct cvg_prom_body *body,
                           char first)
{
    static const struct cvg_json_limits limits = {
        .depth = 32, .object_keys = 4096, .tokens = 16 * 1000 * 1000};
    cvg_prom_answer_reset(document->answer);
    document->answer->body = body->bytes;
    if (refuse_foreign(document, body, first) < 0) {
        return -1;
    }
    if (body->length > UINT32_MAX) { /* the places of texts are kept in 32 bits */
        return cvg_prom_document_refuse(document, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                                        "the answer is over 4 GiB");
    }
    document->json = cvg_json_new(body->bytes, body->length, &limits);
    if (document->json == NULL) {
        return cvg_prom_document_refuse(document, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                                        "there is no memory to read the answer");
    }
    return 0;
}

void cvg_prom_document_close(struct cvg_prom_document *document)
{
    cvg_json_free(document->json);
}

/* ---- texts ---- */

struct cvg_prom_span cvg_prom_document_string(const struct cvg_prom_document *document)
{
    size_t start = cvg_json_offset(document->json);
    const char *body = document->answer->body;
    size_t at = start + 1;
    while (body[at] != '"') { /* the reader has been behind its end */
        at += body[at] == '\\' ? 2 : 1;
    }
    return (struct cvg_prom_span){(uint32_t)start, (uint32_t)(at + 1 - start)};
}

int cvg_prom_document_next_string(struct cvg_prom_document *document, struct cvg_prom_span *ret)
{
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return cvg_prom_document_broken(document, "a text was to stand here");
    }
    *ret = cvg_prom_document_string(document);
    return 0;
}

int cvg_prom_document_labels(struct cvg_prom_document *document, struct cvg_prom_span *ret)
{
    struct cvg_json *json = document->json;
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return cvg_prom_document_broken(document, "labels are not an object");
    }
    size_t start = cvg_json_offset(json);
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (cvg_json_next(json) != CVG_JSON_STRING) {
            return cvg_prom_document_broken(document, "a label is not a string");
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END) {
        return cvg_prom_document_broken(document, "labels do not end");
    }
    *ret = (struct cvg_prom_span){(uint32_t)start, (uint32_t)(cvg_json_offset(json) + 1 - start)};
    return 0;
}

/* ---- the envelope ---- */

static int read_warnings(struct cvg_prom_document *document)
{
    struct cvg_prom_answer *answer = document->answer;
    enum cvg_json_token token = cvg_json_next(document->json);
    if (token == CVG_JSON_NULL) {
        return 0;
    }
    if (token != CVG_JSON_ARRAY) {
        return cvg_prom_document_broken(document, "warnings is not a list");
    }
    while ((token = cvg_json_next(document->json)) == CVG_JSON_STRING) {
        if (answer->warnings++ == 0) {
            struct cvg_kit_text text;
            size_t length = 0;
            const char *bytes = cvg_json_text(document->json, &length);
            cvg_kit_text_init(&text, answer->warning, sizeof(answer->warning));
            cvg_kit_text_evidence(&text, bytes, length, length);
        }
        answer->partial = 1;
    }
    return token == CVG_JSON_END ? 0
                                 : cvg_prom_document_broken(document, "a warning is not a string");
}

static int read_partial(struct cvg_prom_document *document)
{
    enum cvg_json_token token = cvg_json_next(document->json);
    if (token != CVG_JSON_TRUE && token != CVG_JSON_FALSE) {
        return cvg_prom_document_broken(document, "isPartial is neither true nor false");
    }
    if (token == CVG_JSON_TRUE) {
        document->answer->partial = 1;
    }
    return 0;
}

static int read_outcome(struct cvg_prom_document *document)
{
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return cvg_prom_document_broken(document, "status is not a string");
    }
    document->outcome =
        cvg_json_is(document->json, "success") ? CVG_PROM_OUTCOME_SUCCESS : CVG_PROM_OUTCOME_OTHER;
    return 0;
}

static int read_error(struct cvg_prom_document *document)
{
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return cvg_prom_document_broken(document, "error is not a string");
    }
    struct cvg_kit_text text;
    size_t length = 0;
    const char *bytes = cvg_json_text(document->json, &length);
    cvg_kit_text_init(&text, document->error, sizeof(document->error));
    cvg_kit_text_evidence(&text, bytes, length, length);
    return 0;
}

static int is_success(struct cvg_prom_document *document)
{
    if (document->outcome == CVG_PROM_OUTCOME_SUCCESS) {
        return 0;
    }
    struct cvg_kit_text text =
        cvg_prom_answer_refuse(document->answer, CVG_FAULT_PROTOCOL, CVG_PROM_REASON_BAD_ANSWER);
    cvg_kit_text_add(&text, "the answer is no success although its HTTP status is");
    if (document->error[0] != '\0') {
        cvg_kit_text_add(&text, ": ");
        cvg_kit_text_add(&text, document->error);
    }
    return -1;
}

static int read_member(struct cvg_prom_document *document,
                       int (*read_data)(struct cvg_prom_document *document))
{
    struct cvg_json *json = document->json;
    if (cvg_json_is(json, "data")) {
        return read_data(document);
    }
    if (cvg_json_is(json, "status")) {
        return read_outcome(document);
    }
    if (cvg_json_is(json, "warnings")) {
        return read_warnings(document);
    }
    if (cvg_json_is(json, "isPartial")) {
        return read_partial(document);
    }
    if (cvg_json_is(json, "error")) {
        return read_error(document);
    }
    return cvg_json_skip(json) < 0 ? cvg_prom_document_broken(document, "") : 0;
}

int cvg_prom_document_envelope(struct cvg_prom_document *document,
                               int (*read_data)(struct cvg_prom_document *document))
{
    struct cvg_json *json = document->json;
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return cvg_prom_document_broken(document, "it is not an object");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (read_member(document, read_data) < 0) {
            return -1;
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END || cvg_json_next(json) != CVG_JSON_DONE) {
        return cvg_prom_document_broken(document, "it does not end");
    }
    return is_success(document);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded document is our own, but it comes back from a file: it is checked before it is put
 * into another one as it is. */
#include "wire/record.h"

#include "base/text.h"
#include "crypto/hex.h"
#include "gate/verdict.h"
#include "wire/document.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <stdarg.h>
#include <string.h>

/* Digits of a time: what a hash covers can be computed again; what is looked at tells the order of
 * what happened within a second. */
#define EXACT  9
#define LOOKED 3

static void add_hex(cJSON *parent, const char *name, const unsigned char *bytes, size_t length)
{
    char text[2 * CVG_ED25519_SIGNATURE + 1];

    cvg_hex_write(bytes, length, text);
    cvg_document_text(parent, name, text);
}

static void add_time(cJSON *parent, const char *name, int64_t at, int digits)
{
    char text[CVG_NUMBER_TEXT];

    cvg_format_time(at, digits, text, sizeof(text));
    cvg_document_text(parent, name, text);
}

/* ---- recorded documents ---- */

static bool is_json(const char *text, size_t length)
{
    struct cvg_json *json = cvg_json_new(text, length, NULL);

    if (!json) {
        abort();
    }
    enum cvg_json_token token = cvg_json_next(json);
    if (token == CVG_JSON_OBJECT || token == CVG_JSON_ARRAY) {
        (void)cvg_json_skip(json);
    }
    bool whole = token != CVG_JSON_DONE && cvg_json_current(json) != CVG_JSON_ERROR &&
                 cvg_json_next(json) == CVG_JSON_DONE;
    cvg_json_free(json);
    return whole;
}

/* JSON that fits into a line as it is; NULL: it is not. Free it. */
static char *one_line(const struct cvg_record *record)
{
    const char *body = record->body;
    size_t length = record->body_length;

    if (memchr(body, '\n', length) || memchr(body, '\r', length) || !is_json(body, length)) {
        return NULL;
    }
    return cvg_strndup(body, length);
}

static void add_raw(cJSON *parent, const char *name, const char *json)
{
    cJSON *raw = cJSON_CreateRaw(json);

    if (!raw) {
        abort();
    }
    cvg_document_add(parent, name, raw);
}

int cvg_wire_record_write(const struct cvg_record *record, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    CVG_CLEANUP(cvg_free_pointer) char *body = one_line(record);

    cvg_document_number(root, "number", (double)record->number);
    add_time(root, "at", record->at, EXACT);
    cvg_document_text(root, "id", record->id);
    cvg_document_text(root, "action", record->action);
    cvg_document_text(root, "actor", record->actor);
    cvg_document_text(root, "environment", record->environment);
    cvg_document_text(root, "gate", record->gate);
    cvg_document_text(root, "app", record->app);
    cvg_document_text(root, "revision", record->revision);
    cvg_document_text(root, "verdict", record->verdict);
    cvg_document_text(root, "target", record->target);
    add_hex(root, "question", record->question, sizeof(record->question));
    add_hex(root, "outcome", record->outcome, sizeof(record->outcome));
    add_hex(root, "hash", record->hash, sizeof(record->hash));
    if (body) {
        add_raw(root, "body", body);
    } else {
        body = cvg_strndup(record->body, record->body_length);
        cvg_document_text(root, "body", body);
    }
    return cvg_document_print(root, ret);
}

/* ---- decisions ---- */

static void add_codes(cJSON *parent, const cJSON *reasons)
{
    cJSON *codes = cvg_document_array();
    const cJSON *reason = NULL;

    cJSON_ArrayForEach(reason, reasons)
    {
        const cJSON *code = cJSON_GetObjectItemCaseSensitive(reason, "code");
        if (cJSON_IsString(code)) {
            cvg_document_text(codes, NULL, code->valuestring);
        }
    }
    cvg_document_add(parent, "reasons", codes);
}

static void add_decision(cJSON *list, const struct cvg_record *row)
{
    cJSON *item = cvg_document_object();
    CVG_CLEANUP(cvg_document_done)
    cJSON *document = cJSON_ParseWithLength(row->body, row->body_length);
    const cJSON *summary = cJSON_GetObjectItemCaseSensitive(document, "summary");

    cvg_document_number(item, "number", (double)row->number);
    cvg_document_text(item, "id", row->id);
    add_time(item, "at", row->at, LOOKED);
    cvg_document_text(item, "environment", row->environment);
    cvg_document_text(item, "gate", row->gate);
    cvg_document_text(item, "app", row->app);
    cvg_document_text(item, "revision", row->revision);
    cvg_document_text(item, "verdict", row->verdict);
    cvg_document_text(item, "asked_by", row->actor);
    cvg_document_text(item, "summary", cJSON_IsString(summary) ? summary->valuestring : "");
    add_codes(item, cJSON_GetObjectItemCaseSensitive(document, "reasons"));
    add_hex(item, "hash", row->hash, sizeof(row->hash));
    cvg_document_add(list, NULL, item);
}

int cvg_wire_decisions_write(const struct cvg_record *rows, size_t count, const char *next,
                             struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    cJSON *list = cvg_document_array();

    for (size_t i = 0; i < count; i++) {
        add_decision(list, &rows[i]);
    }
    cvg_document_add(root, "decisions", list);
    cvg_document_text(root, "next", next);
    return cvg_document_print(root, ret);
}

int cvg_wire_decision_record_write(const struct cvg_record *record, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    CVG_CLEANUP(cvg_free_pointer) char *body = one_line(record);

    cvg_document_number(root, "number", (double)record->number);
    add_time(root, "at", record->at, LOOKED);
    cvg_document_text(root, "asked_by", record->actor);
    add_hex(root, "hash", record->hash, sizeof(record->hash));
    if (body) {
        add_raw(root, "decision", body);
    } else {
        cvg_document_null(root, "decision");
    }
    return cvg_document_print(root, ret);
}

/* ---- history ---- */

int cvg_wire_history_write(const char *environment, const struct cvg_change *rows, size_t count,
                           const char *next, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    cJSON *list = cvg_document_array();

    cvg_document_text(root, "environment", environment);
    for (size_t i = 0; i < count; i++) {
        cJSON *item = cvg_document_object();
        add_time(item, "at", rows[i].at, LOOKED);
        cvg_document_text(item, "kind", cvg_change_kind_text(rows[i].kind));
        cvg_document_text(item, "name", rows[i].name);
        cvg_document_text(item, "before", rows[i].before);
        cvg_document_text(item, "after", rows[i].after);
        cvg_document_text(item, "reason", rows[i].reason);
        cvg_document_text(item, "message", rows[i].message);
        if (rows[i].has_value) {
            cvg_document_number(item, "value", rows[i].value);
        } else {
            cvg_document_null(item, "value");
        }
        cvg_document_bool(item, "kept", rows[i].kept);
        if (rows[i].observed_at) {
            add_time(item, "observed_at", rows[i].observed_at, LOOKED);
        } else {
            cvg_document_text(item, "observed_at", "");
        }
        cvg_document_add(list, NULL, item);
    }
    cvg_document_add(root, "changes", list);
    cvg_document_text(root, "next", next);
    return cvg_document_print(root, ret);
}

/* ---- head and acts ---- */

int cvg_wire_head_write(const struct cvg_chain_signed *head,
                        const unsigned char public_key[CVG_ED25519_PUBLIC], struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    char point[CVG_CHAIN_POINT_TEXT];

    cvg_chain_point_write(&head->point, point);
    cvg_document_number(root, "number", (double)head->point.number);
    add_hex(root, "hash", head->point.hash, sizeof(head->point.hash));
    cvg_document_text(root, "head", point);
    add_time(root, "signed_at", head->at, EXACT);
    add_hex(root, "signature", head->signature, sizeof(head->signature));
    add_hex(root, "public_key", public_key, CVG_ED25519_PUBLIC);
    return cvg_document_print(root, ret);
}

int cvg_wire_act_write(struct cvg_buf *ret, ...)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    const char *name = NULL;
    va_list pairs;

    va_start(pairs, ret);
    while ((name = va_arg(pairs, const char *))) {
        cvg_document_text(root, name, va_arg(pairs, const char *));
    }
    va_end(pairs);
    return cvg_document_print(root, ret);
}

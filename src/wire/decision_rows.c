/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded decisions as the client reads them: from our own daemon, so cJSON is strict enough. */
#include "wire/decision_rows.h"

#include "wire/document.h"

#include <convergate/number.h>

static const cJSON *item_of(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name, struct cvg_arena *arena)
{
    const cJSON *item = item_of(object, name);

    return cvg_arena_strdup(arena, cJSON_IsString(item) ? item->valuestring : "");
}

/* Row numbers, as people read them. */
static const char *number_of(const cJSON *object, const char *name, struct cvg_arena *arena)
{
    const cJSON *item = item_of(object, name);
    char text[CVG_NUMBER_TEXT] = "";

    if (cJSON_IsNumber(item)) {
        cvg_format_double(item->valuedouble, text, sizeof(text));
    }
    return cvg_arena_strdup(arena, text);
}

int cvg_wire_decisions_read(const char *json, size_t length, struct cvg_arena *arena,
                            struct cvg_wire_decisions *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *list = item_of(root, "decisions");
    const cJSON *item = NULL;

    if (!cJSON_IsArray(list)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is not a list of decisions");
    }
    size_t room = (size_t)cJSON_GetArraySize(list) + 1;
    *ret = (struct cvg_wire_decisions){
        .rows = cvg_arena_alloc(arena, room * sizeof(*ret->rows)),
        .next = text_of(root, "next", arena),
    };
    cJSON_ArrayForEach(item, list)
    {
        ret->rows[ret->count++] = (struct cvg_wire_decision_row){
            .id = text_of(item, "id", arena),
            .at = text_of(item, "at", arena),
            .environment = text_of(item, "environment", arena),
            .gate = text_of(item, "gate", arena),
            .app = text_of(item, "app", arena),
            .revision = text_of(item, "revision", arena),
            .verdict = text_of(item, "verdict", arena),
            .asked_by = text_of(item, "asked_by", arena),
            .summary = text_of(item, "summary", arena),
        };
    }
    return 0;
}

int cvg_wire_decision_record_read(const char *json, size_t length, struct cvg_arena *arena,
                                  struct cvg_wire_decision_record *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf document = CVG_BUF_INIT(2 * length + 64);
    const cJSON *decision = item_of(root, "decision");

    if (!decision) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is not a recorded decision");
    }
    if (cJSON_IsObject(decision) && cvg_document_print(decision, &document) < 0) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "the recorded decision is too large");
    }
    *ret = (struct cvg_wire_decision_record){
        .number = number_of(root, "number", arena),
        .at = text_of(root, "at", arena),
        .asked_by = text_of(root, "asked_by", arena),
        .hash = text_of(root, "hash", arena),
        .document = cvg_arena_strdup(arena, cvg_buf_text(&document)),
    };
    return 0;
}

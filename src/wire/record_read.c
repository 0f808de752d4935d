/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side: it reads what our own daemon wrote. */
#include "wire/document.h"
#include "wire/record.h"

static struct cvg_wire_change read_change(const cJSON *item, struct cvg_arena *arena)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, "value");

    return (struct cvg_wire_change){
        .at = cvg_document_read_text(item, "at", arena),
        .kind = cvg_document_read_text(item, "kind", arena),
        .name = cvg_document_read_text(item, "name", arena),
        .before = cvg_document_read_text(item, "before", arena),
        .after = cvg_document_read_text(item, "after", arena),
        .reason = cvg_document_read_text(item, "reason", arena),
        .message = cvg_document_read_text(item, "message", arena),
        .has_value = cJSON_IsNumber(value),
        .kept = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "kept")),
        .value = cJSON_IsNumber(value) ? value->valuedouble : 0,
    };
}

int cvg_wire_history_read(const char *json, size_t length, struct cvg_arena *arena,
                          struct cvg_wire_history *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "changes");
    const cJSON *item = NULL;

    if (!cJSON_IsArray(list)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is no page of history");
    }
    size_t room = (size_t)cJSON_GetArraySize(list) + 1;
    *ret = (struct cvg_wire_history){
        .environment = cvg_document_read_text(root, "environment", arena),
        .next = cvg_document_read_text(root, "next", arena),
        .changes = cvg_arena_alloc(arena, room * sizeof(*ret->changes)),
    };
    cJSON_ArrayForEach(item, list)
    {
        ret->changes[ret->count++] = read_change(item, arena);
    }
    return 0;
}

int cvg_wire_head_read(const char *json, size_t length, struct cvg_arena *arena,
                       struct cvg_wire_head *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);

    if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(root, "head"))) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer has no head");
    }
    *ret = (struct cvg_wire_head){
        .head = cvg_document_read_text(root, "head", arena),
        .signed_at = cvg_document_read_text(root, "signed_at", arena),
        .signature = cvg_document_read_text(root, "signature", arena),
        .public_key = cvg_document_read_text(root, "public_key", arena),
    };
    return 0;
}

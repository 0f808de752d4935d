/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of the documents; the client reads what our own daemon wrote. */
#include "wire/reload.h"

#include "base/text.h"
#include "wire/document.h"

/* Beyond it a number is no longer told exactly. */
#define TICKET_MOST 9007199254740992.0

const char *cvg_reload_outcome_text(enum cvg_reload_outcome outcome)
{
    static const char *const texts[CVG_RELOAD_OUTCOMES] = {
        [CVG_RELOAD_NONE] = "none",
        [CVG_RELOAD_ACCEPTED] = "accepted",
        [CVG_RELOAD_REFUSED] = "refused",
    };

    return outcome < CVG_RELOAD_OUTCOMES ? texts[outcome] : texts[CVG_RELOAD_NONE];
}

/* ---- writing ---- */

int cvg_wire_ticket_write(uint64_t ticket, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();

    cvg_document_number(root, "ticket", (double)ticket);
    return cvg_document_print(root, ret);
}

static void add_texts(cJSON *root, const char *name, const char *const *items, size_t count)
{
    cJSON *list = cvg_document_array();

    for (size_t i = 0; i < count; i++) {
        cvg_document_text(list, NULL, items[i]);
    }
    cvg_document_add(root, name, list);
}

int cvg_wire_reload_write(const struct cvg_wire_reload *reload, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    cJSON *checks = cvg_document_object();

    cvg_document_number(root, "done", (double)reload->done);
    cvg_document_text(root, "result", cvg_reload_outcome_text(reload->result));
    cvg_document_time(root, "loaded_at", reload->loaded_at, 0);
    cvg_document_time(root, "finished_at", reload->finished_at, 0);
    cvg_document_number(checks, "kept", (double)reload->checks_kept);
    cvg_document_number(checks, "new", (double)reload->checks_new);
    cvg_document_number(checks, "gone", (double)reload->checks_gone);
    cvg_document_add(root, "checks", checks);
    add_texts(root, "messages", reload->messages, reload->message_count);
    add_texts(root, "restart", reload->restart, reload->restart_count);
    return cvg_document_print(root, ret);
}

/* ---- reading ---- */

static uint64_t count_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    double number = cJSON_IsNumber(item) ? item->valuedouble : 0;

    return number >= 0 && number < TICKET_MOST ? (uint64_t)number : 0;
}

int cvg_wire_ticket_read(const char *json, size_t length, uint64_t *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);

    *ret = count_of(root, "ticket");
    return *ret ? 0 : cvg_error_set(reterr, CVG_E_INVALID, "the answer has no ticket");
}

static const char *const *read_texts(const cJSON *list, struct cvg_arena *arena, size_t *ret_count)
{
    const cJSON *item = NULL;
    const char **texts =
        cvg_arena_alloc(arena, ((size_t)cJSON_GetArraySize(list) + 1) * sizeof(*texts));

    cJSON_ArrayForEach(item, list)
    {
        texts[(*ret_count)++] =
            cvg_arena_strdup(arena, cJSON_IsString(item) ? item->valuestring : "");
    }
    return texts;
}

int cvg_wire_reload_read(const char *json, size_t length, struct cvg_arena *arena,
                         struct cvg_wire_reload *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(root, "result");
    const cJSON *checks = cJSON_GetObjectItemCaseSensitive(root, "checks");

    if (!cJSON_IsString(result)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer does not tell of reloads");
    }
    *ret = (struct cvg_wire_reload){
        .done = count_of(root, "done"),
        .checks_kept = count_of(checks, "kept"),
        .checks_new = count_of(checks, "new"),
        .checks_gone = count_of(checks, "gone"),
    };
    for (int outcome = 0; outcome < CVG_RELOAD_OUTCOMES; outcome++) {
        if (cvg_text_equal(cvg_reload_outcome_text((enum cvg_reload_outcome)outcome),
                           result->valuestring)) {
            ret->result = (enum cvg_reload_outcome)outcome;
        }
    }
    ret->messages =
        read_texts(cJSON_GetObjectItemCaseSensitive(root, "messages"), arena, &ret->message_count);
    ret->restart =
        read_texts(cJSON_GetObjectItemCaseSensitive(root, "restart"), arena, &ret->restart_count);
    return 0;
}

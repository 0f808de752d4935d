/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness documents as the client reads them: from our own daemon, so cJSON is strict enough. */
#include "wire/environment.h"

#include "wire/document.h"

#include <string.h>

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static uint32_t count_of(const cJSON *object, const char *name)
{
    double number = number_of(object, name);

    return number >= 0 && number < UINT32_MAX ? (uint32_t)number : 0;
}

static bool flag_of(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void read_checks(const cJSON *list, struct cvg_arena *arena,
                        struct cvg_wire_environment *ret)
{
    const cJSON *item = NULL;
    size_t room = (size_t)cJSON_GetArraySize(list) + 1;

    ret->checks = cvg_arena_alloc(arena, room * sizeof(*ret->checks));
    cJSON_ArrayForEach(item, list)
    {
        ret->checks[ret->check_count++] = (struct cvg_wire_check){
            .name = cvg_document_read_text(item, "name", arena),
            .status = cvg_document_read_text(item, "status", arena),
            .reason = cvg_document_read_text(item, "reason", arena),
            .message = cvg_document_read_text(item, "message", arena),
            .plane = cvg_document_read_text(item, "plane", arena),
            .component = cvg_document_read_text(item, "component", arena),
            .source = cvg_document_read_text(item, "source", arena),
            .expected = cvg_document_read_text(item, "expected", arena),
            .observed = cvg_document_read_text(item, "observed", arena),
            .revision = cvg_document_read_text(item, "revision", arena),
            .observed_at = cvg_document_read_text(item, "observed_at", arena),
            .since = cvg_document_read_text(item, "since", arena),
            .required = flag_of(item, "required"),
        };
    }
}

/* An array of names in the whole document, an object of name to verdict in the list. */
static void read_gates(const cJSON *gates, struct cvg_arena *arena,
                       struct cvg_wire_environment *ret)
{
    const cJSON *item = NULL;
    size_t room = (size_t)cJSON_GetArraySize(gates) + 1;

    ret->gates = cvg_arena_alloc(arena, room * sizeof(*ret->gates));
    cJSON_ArrayForEach(item, gates)
    {
        const char *value = cJSON_IsString(item) ? item->valuestring : "";
        ret->gates[ret->gate_count++] =
            item->string ? cvg_arena_format(arena, "%s = %s", item->string, value)
                         : cvg_arena_strdup(arena, value);
    }
}

static void read_one(const cJSON *root, struct cvg_arena *arena, struct cvg_wire_environment *ret)
{
    *ret = (struct cvg_wire_environment){
        .environment = cvg_document_read_text(root, "environment", arena),
        .phase = cvg_document_read_text(root, "phase", arena),
        .score = number_of(root, "score"),
        .coverage = number_of(root, "coverage"),
        .has_lag = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(root, "lag_s")),
        .lag_open = flag_of(root, "lag_open"),
        .lag_s = number_of(root, "lag_s"),
        .declared_not_observed = flag_of(root, "declared_not_observed"),
        .ready = count_of(root, "ready"),
        .of = count_of(root, "of"),
    };
    read_checks(cJSON_GetObjectItemCaseSensitive(root, "checks"), arena, ret);
    read_gates(cJSON_GetObjectItemCaseSensitive(root, "gates"), arena, ret);
}

int cvg_wire_environment_read(const char *json, size_t length, struct cvg_arena *arena,
                              struct cvg_wire_environment *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);

    if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(root, "phase"))) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is not a readiness document");
    }
    read_one(root, arena, ret);
    return 0;
}

int cvg_wire_environments_read(const char *json, size_t length, struct cvg_arena *arena,
                               struct cvg_wire_environments *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "environments");
    const cJSON *item = NULL;

    if (!cJSON_IsArray(list)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is not a list of environments");
    }
    size_t room = (size_t)cJSON_GetArraySize(list) + 1;
    *ret = (struct cvg_wire_environments){
        .rows = cvg_arena_alloc(arena, room * sizeof(*ret->rows)),
        .next = cvg_document_read_text(root, "next", arena),
    };
    cJSON_ArrayForEach(item, list)
    {
        read_one(item, arena, &ret->rows[ret->count++]);
    }
    return 0;
}

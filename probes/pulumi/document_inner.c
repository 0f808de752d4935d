/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of the reader uses; see document_inner.h. */
#include "document_inner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

int cvg_pulumi_refuse_at(struct cvg_pulumi_reading *reading, enum cvg_pulumi_reason reason,
                         const char *member)
{
    struct cvg_pulumi_refusal *refusal = reading->refusal;
    char index[32] = "";
    if (refusal->refused) {
        return -1;
    }
    if (reading->is_list) {
        (void)snprintf(index, sizeof(index), "[%zu]", reading->index);
    }
    refusal->refused = 1;
    refusal->reason = reason;
    (void)snprintf(refusal->where, sizeof(refusal->where), "%s%s%s%s", reading->section, index,
                   member && *reading->section ? "." : "", member ? member : "");
    return -1;
}

static int refuse_json(struct cvg_pulumi_reading *reading)
{
    static const struct {
        enum cvg_json_fault fault;
        enum cvg_pulumi_reason reason;
    } reasons[] = {{CVG_JSON_CUT, CVG_PULUMI_REASON_DOCUMENT_TORN},
                   {CVG_JSON_NOT_UTF8, CVG_PULUMI_REASON_NOT_UTF8},
                   {CVG_JSON_DUPLICATE, CVG_PULUMI_REASON_DUPLICATE_KEY},
                   {CVG_JSON_OVER_LIMIT, CVG_PULUMI_REASON_TOO_LARGE},
                   {CVG_JSON_NO_MEMORY, CVG_PULUMI_REASON_TOO_LARGE}};
    struct cvg_pulumi_refusal *refusal = reading->refusal;
    if (refusal->refused) {
        return -1;
    }
    refusal->refused = 1;
    refusal->reason = CVG_PULUMI_REASON_NOT_JSON;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].fault == cvg_json_fault(reading->json)) {
            refusal->reason = reasons[i].reason;
        }
    }
    refusal->torn = refusal->reason == CVG_PULUMI_REASON_DOCUMENT_TORN;
    (void)snprintf(refusal->where, sizeof(refusal->where), "%s", cvg_json_error(reading->json));
    return -1;
}

enum cvg_json_token cvg_pulumi_next(struct cvg_pulumi_reading *reading)
{
    enum cvg_json_token token = cvg_json_next(reading->json);
    if (token == CVG_JSON_ERROR) {
        refuse_json(reading);
    }
    return token;
}

int cvg_pulumi_skip(struct cvg_pulumi_reading *reading)
{
    return cvg_json_skip(reading->json) < 0 ? refuse_json(reading) : 0;
}

static const struct cvg_pulumi_member *find_member(struct cvg_pulumi_reading *reading,
                                                   const struct cvg_pulumi_member *table)
{
    for (; table->name != NULL; table++) {
        if (cvg_json_is(reading->json, table->name)) {
            return table;
        }
    }
    return NULL;
}

static int is_look_alike(struct cvg_pulumi_reading *reading, const struct cvg_pulumi_member *table)
{
    size_t length = 0;
    const char *key = cvg_json_text(reading->json, &length);
    for (; table->name != NULL; table++) {
        if (strlen(table->name) == length && strcasecmp(table->name, key) == 0) {
            return 1;
        }
    }
    return 0;
}

static int read_member(struct cvg_pulumi_reading *reading, const struct cvg_pulumi_member *table,
                       void *into)
{
    const struct cvg_pulumi_member *member = find_member(reading, table);
    if (member == NULL) {
        return is_look_alike(reading, table)
                   ? cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_BAD_CONTENT, NULL)
                   : cvg_pulumi_skip(reading);
    }
    if (cvg_pulumi_next(reading) == CVG_JSON_ERROR) {
        return -1;
    }
    return member->read(reading, into);
}

int cvg_pulumi_members(struct cvg_pulumi_reading *reading, const struct cvg_pulumi_member *table,
                       void *into)
{
    if (cvg_json_current(reading->json) != CVG_JSON_OBJECT) {
        return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_BAD_CONTENT, NULL);
    }
    enum cvg_json_token token;
    while ((token = cvg_pulumi_next(reading)) == CVG_JSON_KEY) {
        if (read_member(reading, table, into) < 0) {
            return -1;
        }
    }
    return token == CVG_JSON_END ? 0 : -1;
}

const char *cvg_pulumi_string(struct cvg_pulumi_reading *reading, const char *member)
{
    size_t length = 0;
    if (cvg_json_current(reading->json) != CVG_JSON_STRING) {
        cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_BAD_CONTENT, member);
        return NULL;
    }
    const char *text = cvg_json_text(reading->json, &length);
    if (strlen(text) != length) {
        cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_BAD_CONTENT, member);
        return NULL;
    }
    const char *kept = cvg_kit_arena_text(reading->arena, text, length);
    if (kept == NULL) {
        cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_TOO_LARGE, member);
    }
    return kept;
}

void *cvg_pulumi_new(struct cvg_pulumi_reading *reading, size_t size)
{
    void *memory = cvg_kit_arena_alloc(reading->arena, size);
    if (memory == NULL) {
        cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_TOO_LARGE, NULL);
    }
    return memory;
}

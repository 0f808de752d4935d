/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the document again with fewer reasons until it is small enough, and reads it back. */
#include "wire/decision.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/document.h"

#include <string.h>

/* The compact document stays under this, so that tools which keep it (an AnalysisRun, a
 * termination log) are not flooded. */
#define COMPACT_LIMIT 2048
#define COMPACT_TEXT  160
#define FULL_LIMIT    (512u * 1024)

static const char *tool_status(uint32_t verdict)
{
    switch (verdict) {
    case CVG_GO:
        return "SUCCEEDED";
    case CVG_WAIT:
        return "RUNNING";
    default:
        return "TERMINAL";
    }
}

static void add_reason(cJSON *list, const struct cvg_reason *reason, int64_t wall_offset,
                       size_t text_limit)
{
    cJSON *item = cvg_document_object();

    cvg_document_text(item, "code", reason->code);
    cvg_document_text(item, "check", reason->check);
    cvg_document_text_upto(item, "expected", reason->expected, text_limit);
    cvg_document_text_upto(item, "observed", reason->observed, text_limit);
    cvg_document_text_upto(item, "message", reason->message, text_limit);
    cvg_document_time(item, "since", reason->since, wall_offset);
    cvg_document_time(item, "until", reason->until, wall_offset);
    cvg_document_text(item, "severity", cvg_verdict_text(reason->severity));
    cvg_document_add(list, NULL, item);
}

/* Names are the caller's words, too; two that look the same when they are clean are one. */
static cJSON *labels_of(const struct cvg_subject *subject)
{
    cJSON *labels = cvg_document_object();

    for (size_t i = 0; subject && i < subject->label_count; i++) {
        const struct cvg_label *label = &subject->labels[i];
        size_t length = strlen(label->name), size = length + 4;
        CVG_CLEANUP(cvg_free_pointer) char *clean = cvg_alloc(size);
        bool fits = cvg_text_is_utf8(label->name, length);
        if (!fits) {
            cvg_text_printable(label->name, length, clean, size);
        }
        const char *name = fits ? label->name : clean;
        if (!cJSON_GetObjectItemCaseSensitive(labels, name)) {
            cvg_document_text(labels, name, label->value);
        }
    }
    return labels;
}

/* What the caller said comes back whole, and takes no room from the reasons. */
static size_t labels_length(const struct cvg_subject *subject)
{
    CVG_CLEANUP(cvg_document_done) cJSON *labels = labels_of(subject);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(FULL_LIMIT);

    return cvg_document_print(labels, &text) == 0 ? text.length : 0;
}

static cJSON *build(const struct cvg_wire_decision *document, size_t reason_limit,
                    size_t text_limit)
{
    const struct cvg_decision *decision = document->decision;
    const struct cvg_subject *subject = document->subject;
    cJSON *root = cvg_document_object();
    cJSON *reasons = cvg_document_array();
    cJSON *said = cvg_document_object();
    int64_t age = decision->evidence_at ? decision->decided_at - decision->evidence_at : 0;
    int64_t age_s = age / CVG_SECOND; /* whole seconds */

    cvg_document_text(root, "schema", "gate/1");
    cvg_document_text(root, "id", document->id);
    cvg_document_text(root, "env", document->environment);
    cvg_document_text(root, "gate", document->gate);
    cvg_document_text(root, "app", subject ? subject->app : "");
    cvg_document_text(root, "revision", subject ? subject->revision : "");
    cvg_document_add(said, "labels", labels_of(subject));
    cvg_document_add(root, "subject", said);
    cvg_document_text(root, "verdict", cvg_verdict_text(decision->verdict));
    cvg_document_bool(root, "ok", decision->verdict == CVG_GO);
    cvg_document_bool(root, "unknown", decision->unknown);
    cvg_document_text(root, "status", tool_status(decision->verdict));
    cvg_document_text_upto(root, "progress", decision->progress, text_limit);
    cvg_document_number(root, "percent", decision->percent);
    cvg_document_text_upto(root, "summary", decision->summary, text_limit);
    for (size_t i = 0; i < decision->reason_count && i < reason_limit; i++) {
        add_reason(reasons, &decision->reasons[i], document->wall_offset, text_limit);
    }
    cvg_document_add(root, "reasons", reasons);
    cvg_document_number(root, "reasons_total", (double)decision->reason_count);
    cvg_document_number(root, "retry_after_s", decision->retry_after_s);
    cvg_document_time(root, "decided_at", decision->decided_at, document->wall_offset);
    cvg_document_time(root, "valid_until", decision->valid_until, document->wall_offset);
    cvg_document_time(root, "next_change_at", decision->next_change_at, document->wall_offset);
    cvg_document_number(root, "evidence_age_s", (double)age_s);
    cvg_document_text(root, "ticket", "");
    cvg_document_text(root, "override", "");
    return root;
}

int cvg_wire_decision_write(const struct cvg_wire_decision *document, struct cvg_buf *ret)
{
    size_t reasons = document->explain ? SIZE_MAX : CVG_WIRE_REASONS;
    size_t compact = COMPACT_LIMIT + labels_length(document->subject);

    for (;;) {
        size_t limit = document->explain || reasons == 0 ? FULL_LIMIT : compact;
        CVG_CLEANUP(cvg_document_done)
        cJSON *root = build(document, reasons, document->explain ? FULL_LIMIT : COMPACT_TEXT);
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(limit);
        if (cvg_document_print(root, &text) == 0) {
            return cvg_buf_add(ret, cvg_buf_text(&text), text.length);
        }
        if (reasons == 0) {
            return -1;
        }
        /* Fewer reasons until it fits. Escapes may make a hostile subject longer than the compact
         * limit by themselves; without reasons only the full limit counts. */
        reasons = CVG_MIN(reasons, document->decision->reason_count) / 2;
    }
}

/* ---- reading, for the client ---- */

static char *take_text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cvg_strdup(cJSON_IsString(item) ? item->valuestring : "");
}

static uint32_t take_count(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < UINT32_MAX
               ? (uint32_t)item->valuedouble
               : 0;
}

static int verdict_of(const cJSON *item, uint32_t *ret)
{
    for (uint32_t verdict = 0; cJSON_IsString(item) && verdict < CVG_VERDICT_COUNT; verdict++) {
        if (strcmp(item->valuestring, cvg_verdict_text(verdict)) == 0) {
            *ret = verdict;
            return 0;
        }
    }
    return -1;
}

static void read_reasons(const cJSON *list, struct cvg_wire_answer *ret)
{
    const cJSON *item = NULL;

    ret->reasons = cvg_alloc_array((size_t)cJSON_GetArraySize(list) + 1, sizeof(*ret->reasons));
    cJSON_ArrayForEach(item, list)
    {
        struct cvg_wire_reason *reason = &ret->reasons[ret->reason_count++];
        reason->code = take_text(item, "code");
        reason->check = take_text(item, "check");
        reason->expected = take_text(item, "expected");
        reason->observed = take_text(item, "observed");
        reason->message = take_text(item, "message");
        reason->since = take_text(item, "since");
        reason->severity = take_text(item, "severity");
    }
}

int cvg_wire_decision_read(const char *json, size_t length, struct cvg_wire_answer *ret,
                           struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *schema = cJSON_GetObjectItemCaseSensitive(root, "schema");
    uint32_t verdict = CVG_WAIT;

    if (!cJSON_IsObject(root) || !cJSON_IsString(schema) ||
        strcmp(schema->valuestring, "gate/1") != 0 ||
        verdict_of(cJSON_GetObjectItemCaseSensitive(root, "verdict"), &verdict) != 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is not a decision document");
    }
    *ret = (struct cvg_wire_answer){
        .verdict = verdict,
        .unknown = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "unknown")),
        .id = take_text(root, "id"),
        .environment = take_text(root, "env"),
        .gate = take_text(root, "gate"),
        .summary = take_text(root, "summary"),
        .progress = take_text(root, "progress"),
        .decided_at = take_text(root, "decided_at"),
        .valid_until = take_text(root, "valid_until"),
        .next_change_at = take_text(root, "next_change_at"),
        .percent = take_count(root, "percent"),
        .retry_after_s = take_count(root, "retry_after_s"),
    };
    read_reasons(cJSON_GetObjectItemCaseSensitive(root, "reasons"), ret);
    return 0;
}

void cvg_wire_answer_done(struct cvg_wire_answer *answer)
{
    for (size_t i = 0; i < answer->reason_count; i++) {
        struct cvg_wire_reason *reason = &answer->reasons[i];
        char *texts[] = {reason->code,    reason->check, reason->expected, reason->observed,
                         reason->message, reason->since, reason->severity};
        for (size_t k = 0; k < CVG_COUNT(texts); k++) {
            free(texts[k]);
        }
    }
    char *texts[] = {answer->id,          answer->environment,   answer->gate,
                     answer->summary,     answer->progress,      answer->decided_at,
                     answer->valid_until, answer->next_change_at};
    for (size_t k = 0; k < CVG_COUNT(texts); k++) {
        free(texts[k]);
    }
    free(answer->reasons);
    *answer = (struct cvg_wire_answer){0};
}

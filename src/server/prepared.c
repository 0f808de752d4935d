/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printing a decision as a response, and keeping the four responses of a gate: trusted or not,
 * verdict or check.
 */
#include "server/prepared.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "server/answer.h"

#include <stdatomic.h>
#include <stdio.h>

struct prepared {
    struct cvg_prepared_answer answers[2][2]; /* by trusted, then by enum cvg_print */
};

unsigned cvg_print_status(enum cvg_print print, uint32_t verdict)
{
    if (print == CVG_PRINT_VERDICT || verdict == CVG_GO) {
        return 200;
    }
    return verdict == CVG_WAIT ? 503 : 412;
}

struct MHD_Response *cvg_print_make(enum cvg_print print, uint32_t verdict, uint32_t retry_after_s,
                                    struct cvg_buf *body)
{
    struct MHD_Response *response = cvg_answer_make(CVG_JSON_TYPE, body);
    char seconds[16];

    if (!response) {
        return NULL;
    }
    MHD_add_response_header(response, "X-Gate-Verdict", cvg_verdict_text(verdict));
    if (cvg_print_status(print, verdict) == 503) {
        (void)snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    return response;
}

static struct cvg_prepared_answer prepare(enum cvg_print print, const struct cvg_decision *decision,
                                          const struct cvg_body *text)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(text->length);

    cvg_buf_add(&body, text->text, text->length);
    return (struct cvg_prepared_answer){
        .status = cvg_print_status(print, decision->verdict),
        .response = cvg_print_make(print, decision->verdict, decision->retry_after_s, &body),
    };
}

static struct prepared *prepare_all(const struct cvg_snapshot_gate *gate)
{
    struct prepared *prepared = CVG_NEW(struct prepared);

    for (uint32_t print = CVG_PRINT_VERDICT; print <= CVG_PRINT_CHECK; print++) {
        prepared->answers[false][print] = prepare(print, &gate->stale, &gate->stale_body);
        prepared->answers[true][print] = prepare(print, &gate->decision, &gate->body);
    }
    return prepared;
}

void cvg_prepared_free(void *attachment)
{
    struct prepared *prepared = attachment;

    for (uint32_t print = CVG_PRINT_VERDICT; print <= CVG_PRINT_CHECK; print++) {
        for (int trusted = 0; trusted <= 1; trusted++) {
            if (prepared->answers[trusted][print].response) {
                MHD_destroy_response(prepared->answers[trusted][print].response);
            }
        }
    }
    free(prepared);
}

struct cvg_prepared_answer cvg_prepared_get(struct cvg_snapshot_gate *gate, enum cvg_print print,
                                            bool trusted)
{
    void *attached = atomic_load_explicit(&gate->attachment, memory_order_acquire);

    if (!attached) {
        struct prepared *made = prepare_all(gate);
        if (atomic_compare_exchange_strong(&gate->attachment, &attached, made)) {
            attached = made;
        } else {
            cvg_prepared_free(made); /* another reader was faster */
        }
    }
    const struct prepared *prepared = attached;
    return prepared->answers[trusted][print];
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Every key is always present. */
#include "wire/event.h"

#include "wire/document.h"

int cvg_wire_event_write(const struct cvg_wire_event *event, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *document = cvg_document_object();
    const struct cvg_decision *decision = event->decision;

    cvg_document_text(document, "environment", event->environment);
    cvg_document_text(document, "gate", event->gate);
    cvg_document_text(document, "verdict", cvg_verdict_text(decision->verdict));
    cvg_document_bool(document, "unknown", decision->unknown);
    cvg_document_text(document, "phase", cvg_phase_text(event->phase));
    cvg_document_text(document, "summary", decision->summary);
    cvg_document_time(document, "at", decision->decided_at, event->wall_offset);
    return cvg_document_print(document, ret);
}

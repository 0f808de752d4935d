/* SPDX-License-Identifier: Apache-2.0 */
/* The body of Alertmanager's /api/v2/alerts: a bare list, without an envelope. */
#include "decode.h"
#include "kit/memory.h"

#include <string.h>

/* The first text of a list of texts; there may be none. */
static int read_first(struct cvg_prom_document *document, struct cvg_prom_span *ret)
{
    struct cvg_json *json = document->json;
    enum cvg_json_token token = cvg_json_next(json);
    if (token == CVG_JSON_NULL) {
        return 0;
    }
    if (token != CVG_JSON_ARRAY) {
        return cvg_prom_document_broken(document, "silencedBy or inhibitedBy is not a list");
    }
    while ((token = cvg_json_next(json)) == CVG_JSON_STRING) {
        if (ret->length == 0) {
            *ret = cvg_prom_document_string(document);
        }
    }
    return token == CVG_JSON_END
               ? 0
               : cvg_prom_document_broken(document, "silencedBy or inhibitedBy has no texts");
}

struct status {
    struct cvg_prom_span silence, inhibitor;
    int known, suppressed;
};

static int read_state(struct cvg_prom_document *document, struct status *status)
{
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return cvg_prom_document_broken(document, "an alert's state is not a text");
    }
    status->suppressed = cvg_json_is(document->json, "suppressed");
    status->known = status->suppressed || cvg_json_is(document->json, "active") ||
                    cvg_json_is(document->json, "unprocessed");
    return status->known ? 0 : cvg_prom_document_broken(document, "an alert's state is unknown");
}

static int read_status(struct cvg_prom_document *document, struct status *status)
{
    struct cvg_json *json = document->json;
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return cvg_prom_document_broken(document, "an alert's status is not an object");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int code = 0;
        if (cvg_json_is(json, "state")) {
            code = read_state(document, status);
        } else if (cvg_json_is(json, "silencedBy")) {
            code = read_first(document, &status->silence);
        } else if (cvg_json_is(json, "inhibitedBy")) {
            code = read_first(document, &status->inhibitor);
        } else if (cvg_json_skip(json) < 0) {
            code = cvg_prom_document_broken(document, "");
        }
        if (code < 0) {
            return code;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END
               ? 0
               : cvg_prom_document_broken(document, "an alert's status does not end");
}

static int push(struct cvg_prom_document *document, const struct cvg_prom_alert *alert)
{
    struct cvg_prom_answer *answer = document->answer;
    if (answer->alert_count == CVG_PROM_ALERT_LIMIT) {
        return cvg_prom_document_refuse(document, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                                        "more than 10000 alerts match: ask for fewer");
    }
    if (answer->alert_count == answer->alert_capacity) {
        answer->alert_capacity = answer->alert_capacity ? answer->alert_capacity * 2 : 8;
        answer->alerts =
            cvg_kit_resize(answer->alerts, answer->alert_capacity, sizeof(*answer->alerts));
    }
    answer->alerts[answer->alert_count++] = *alert;
    return 0;
}

/* One alert, whose { is the current token. */
static int read_alert(struct cvg_prom_document *document)
{
    struct cvg_json *json = document->json;
    struct cvg_prom_alert alert = {.state = CVG_PROM_ALERT_ACTIVE};
    struct status status = {.known = 0};
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int code = 0;
        if (cvg_json_is(json, "labels")) {
            code = cvg_prom_document_labels(document, &alert.labels);
        } else if (cvg_json_is(json, "status")) {
            code = read_status(document, &status);
        } else if (cvg_json_skip(json) < 0) {
            code = cvg_prom_document_broken(document, "");
        }
        if (code < 0) {
            return code;
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END || alert.labels.length == 0 || !status.known) {
        return cvg_prom_document_broken(document, "an alert lacks its labels or status");
    }
    if (status.suppressed) {
        int silenced = status.silence.length > 0 || status.inhibitor.length == 0;
        alert.state = silenced ? CVG_PROM_ALERT_SILENCED : CVG_PROM_ALERT_INHIBITED;
        alert.silence = status.silence;
    }
    return push(document, &alert);
}

static void read_alerts(struct cvg_prom_document *document)
{
    struct cvg_json *json = document->json;
    if (cvg_json_next(json) != CVG_JSON_ARRAY) {
        (void)cvg_prom_document_broken(document, "it is not a list");
        return;
    }
    while (cvg_json_next(json) == CVG_JSON_OBJECT) {
        if (read_alert(document) < 0) {
            return;
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END || cvg_json_next(json) != CVG_JSON_DONE) {
        (void)cvg_prom_document_broken(document, "it has something that is no alert");
    }
}

void cvg_prom_decode_alerts(struct cvg_prom_answer *answer, const struct cvg_prom_body *body)
{
    struct cvg_prom_document document = {.answer = answer,
                                         .whose = "Alertmanager's list of alerts"};
    if (cvg_prom_document_open(&document, body, '[') == 0) {
        read_alerts(&document);
    }
    cvg_prom_document_close(&document);
}

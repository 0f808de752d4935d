/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert-manager: Certificate, CertificateRequest, issuers, ACME orders and challenges. Sources:
 * pkg/apis/certmanager/v1/types_certificate.go, internal/controller/certificates/policies/
 * constants.go, and Argo CD's resource_customizations/cert-manager.io/Certificate/health.lua, which
 * calls every renewal progressing. Here Ready wins over Issuing: a renewal is routine while the old
 * certificate holds, and what makes a valid one worse is time.
 */
#include "rule_custom.h"

#include <string.h>

/* cert-manager renews at two thirds of the lifetime where nothing else is said. */
static int64_t renewal_of(const struct cvg_kube_view *view, int64_t not_after)
{
    int64_t renewal = cvg_kube_time_at(view, "/status/renewalTime");
    int64_t not_before = cvg_kube_time_at(view, "/status/notBefore");
    if (renewal > 0 && renewal < not_after) {
        return renewal;
    }
    return not_before > 0 && not_before < not_after ? not_before + (not_after - not_before) / 3 * 2
                                                    : 0;
}

/* A certificate that lives for an hour would be too old from its first second if the dwell stood
 * alone; so no more than half of the time between its renewal and its end is taken. */
static void worsen_by_age(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    int64_t not_after = cvg_kube_time_at(view, "/status/notAfter");
    if (not_after <= 0) {
        return;
    }
    int64_t renewal = renewal_of(view, not_after);
    int64_t dwell = dwells->certificate;
    if (renewal > 0 && (not_after - renewal) / 2 < dwell) {
        dwell = (not_after - renewal) / 2;
    }
    /* It is the last nanosecond in which it is young enough that time is counted from. */
    cvg_kube_worsen(ret, not_after - dwell - 1, 1, CVG_FAILED,
                    cvg_kube_reason(CVG_KUBE_REASON_CERTIFICATE_EXPIRING));
    if (renewal > 0 && cvg_kube_count_at(view, "/status/failedIssuanceAttempts", 0) > 0) {
        cvg_kube_worsen(ret, renewal, dwell, CVG_FAILED,
                        cvg_kube_reason(CVG_KUBE_REASON_RENEWAL_FAILING));
    }
}

/* Issuing=False with this reason is what is left of an attempt that failed; it is tried again after
 * an hour, then two, up to 32. */
static int issuance_failed(const struct cvg_kube_condition *issuing)
{
    return cvg_kube_is(issuing, "False") && strcmp(issuing->reason, "Failed") == 0;
}

static void say_not_ready(const struct cvg_kube_condition *ready,
                          const struct cvg_kube_condition *issuing,
                          const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    if (strcmp(ready->reason, "Expired") == 0) {
        cvg_kube_say_condition(ret, CVG_FAILED, ready, CVG_KUBE_REASON_NOT_READY);
    } else if (issuance_failed(issuing)) {
        cvg_kube_say_condition(ret, CVG_FAILED, issuing, CVG_KUBE_REASON_RENEWAL_FAILING);
    } else {
        cvg_kube_say_not_yet(ready, dwells->not_ready, ret);
    }
}

void cvg_kube_rule_certificate(const struct cvg_kube_view *view,
                               const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_condition *ready = cvg_kube_condition(view, "Ready");
    const struct cvg_kube_condition *issuing = cvg_kube_current(view, "Issuing");
    if (ready == NULL && cvg_kube_is(issuing, "True")) {
        cvg_kube_say_condition(ret, CVG_PROGRESSING, issuing, CVG_KUBE_REASON_PROGRESSING);
    } else if (ready == NULL || cvg_kube_is_stale(view, ready)) {
        (void)cvg_kube_say_missing(view, "Ready", ret);
    } else if (cvg_kube_is(ready, "True")) {
        cvg_kube_say_ready(ready, ret);
        worsen_by_age(view, dwells, ret);
    } else {
        say_not_ready(ready, issuing, dwells, ret);
    }
}

/* Each request is made once: what failed or was denied stays so. */
void cvg_kube_rule_certificaterequest(const struct cvg_kube_view *view,
                                      const struct cvg_kube_dwells *dwells,
                                      struct cvg_kube_outcome *ret)
{
    static const char *const ends[] = {"Denied", "InvalidRequest"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const struct cvg_kube_condition *end = cvg_kube_current(view, ends[i]);
        if (cvg_kube_is(end, "True")) {
            cvg_kube_say_condition(ret, CVG_FAILED, end, CVG_KUBE_REASON_NOT_READY);
            return;
        }
    }
    if (cvg_kube_say_missing(view, "Ready", ret)) {
        return;
    }
    const struct cvg_kube_condition *ready = cvg_kube_condition(view, "Ready");
    if (cvg_kube_is(ready, "True")) {
        cvg_kube_say_ready(ready, ret);
    } else if (strcmp(ready->reason, "Failed") == 0 || strcmp(ready->reason, "Denied") == 0) {
        cvg_kube_say_condition(ret, CVG_FAILED, ready, CVG_KUBE_REASON_NOT_READY);
    } else {
        cvg_kube_say_not_yet(ready, dwells->not_ready, ret);
    }
}

void cvg_kube_rule_issuer(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                          struct cvg_kube_outcome *ret)
{
    if (cvg_kube_say_missing(view, "Ready", ret)) {
        return;
    }
    const struct cvg_kube_condition *ready = cvg_kube_condition(view, "Ready");
    if (cvg_kube_is(ready, "True")) {
        cvg_kube_say_ready(ready, ret);
    } else {
        cvg_kube_say_not_yet(ready, dwells->not_ready, ret);
    }
}

/* Order and Challenge: pkg/apis/acme/v1/types_order.go, the states of RFC 8555. */
void cvg_kube_rule_acme(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                        struct cvg_kube_outcome *ret)
{
    static const struct {
        const char *state;
        enum cvg_status status;
        enum cvg_kube_reason reason;
    } states[] = {
        {"valid", CVG_READY, CVG_KUBE_REASON_COMPLETE},
        {"ready", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"pending", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"processing", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"", CVG_PROGRESSING, CVG_KUBE_REASON_PROGRESSING},
        {"invalid", CVG_FAILED, CVG_KUBE_REASON_NOT_READY},
        {"expired", CVG_FAILED, CVG_KUBE_REASON_NOT_READY},
        {"errored", CVG_FAILED, CVG_KUBE_REASON_NOT_READY},
    };

    (void)dwells;
    if (cvg_kube_say_no_status(view, ret)) {
        return;
    }
    const char *state = cvg_kube_text_at(view, "/status/state");
    const char *words = cvg_kube_text_at(view, "/status/reason");
    cvg_kube_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_CONDITIONS),
                 "its state is %.32s", state);
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(state, states[i].state) == 0) {
            cvg_kube_say(ret, states[i].status, cvg_kube_reason(states[i].reason), "%s%s%s",
                         *state == '\0' ? "not begun" : state, *words != '\0' ? ": " : "", words);
        }
    }
}

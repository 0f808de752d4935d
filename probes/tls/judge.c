/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts; see judge.h. */
#include "judge.h"

#include "kit/printable.h"
#include "kit/text.h"
#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#define DAY INT64_C(86400)

static int64_t days_left(const struct cvg_tls_exam *exam)
{
    /* No time at all is long over; the quotient of what is negative is rounded down too. */
    if (exam->first_end_s < exam->wall_s - 36500 * DAY) {
        return -36500;
    }
    int64_t left = exam->first_end_s - exam->wall_s;
    return left >= 0 ? left / DAY : -((-left + DAY - 1) / DAY);
}

/* ---- facts ---- */

static void add_facts(const struct cvg_tls_link *link, const struct cvg_tls_exam *exam,
                      struct cvg_kit_finding *finding)
{
    char name[32];
    cvg_kit_finding_metric(finding, "days_left", days_left(exam));
    cvg_kit_finding_fact(finding, "not_before", "%s", exam->not_before);
    cvg_kit_finding_fact(finding, "not_after", "%s", exam->not_after);
    if (!exam->first_end_is_leaf) {
        cvg_kit_finding_fact(finding, "first_to_expire", "%s", exam->first_end_subject);
    }
    cvg_kit_finding_fact(finding, "subject", "%s", exam->subject);
    cvg_kit_finding_fact(finding, "issuer", "%s", exam->issuer);
    cvg_kit_finding_fact(finding, "serial", "%s", exam->serial);
    cvg_kit_finding_fact(finding, "fingerprint_sha256", "%s", exam->fingerprint);
    cvg_kit_finding_fact(finding, "key", "%s", exam->key);
    cvg_kit_finding_fact(finding, "protocol", "%s", link->protocol);
    cvg_kit_finding_fact(finding, "cipher", "%s", link->cipher);
    cvg_kit_finding_fact(finding, "alpn", "%s", link->alpn);
    cvg_kit_finding_fact(finding, "address", "%s", link->address);
    cvg_kit_finding_number(finding, "chain_length", (int64_t)exam->chain_length);
    cvg_kit_finding_metric(finding, "connect_ms", link->connect_ms);
    cvg_kit_finding_metric(finding, "handshake_ms", link->handshake_ms);
    cvg_kit_finding_number(finding, "name_count", (int64_t)exam->said_name_total);
    for (size_t i = 0; i < exam->said_name_count; i++) {
        (void)snprintf(name, sizeof(name), "names.%zu", i);
        cvg_kit_finding_fact(finding, name, "%s", exam->said_names[i]);
    }
}

/* ---- what is wrong with the chain ---- */

static const enum cvg_tls_reason wrong_reasons[CVG_TLS_WRONG_COUNT] = {
    [CVG_TLS_EXPIRED] = CVG_TLS_REASON_EXPIRED,
    [CVG_TLS_NOT_YET_VALID] = CVG_TLS_REASON_NOT_YET_VALID,
    [CVG_TLS_SELF_SIGNED] = CVG_TLS_REASON_SELF_SIGNED,
    [CVG_TLS_INCOMPLETE] = CVG_TLS_REASON_CHAIN_INCOMPLETE,
    [CVG_TLS_UNTRUSTED] = CVG_TLS_REASON_UNTRUSTED_ROOT,
    [CVG_TLS_INVALID] = CVG_TLS_REASON_CERTIFICATE_INVALID,
    [CVG_TLS_PURPOSE] = CVG_TLS_REASON_WRONG_PURPOSE,
    [CVG_TLS_WEAK] = CVG_TLS_REASON_WEAK_CERTIFICATE,
    [CVG_TLS_NAME] = CVG_TLS_REASON_NAME_MISMATCH,
};

static void say_wrong(const struct cvg_tls_exam *exam, struct cvg_kit_finding *finding)
{
    char words[1000];
    struct cvg_kit_text text;
    int first = -1;
    cvg_kit_text_init(&text, words, sizeof(words));
    for (int i = 0; i < CVG_TLS_WRONG_COUNT; i++) {
        if (exam->wrong & 1u << i) {
            cvg_kit_text_add(&text, first < 0 ? "" : "; also: ");
            cvg_kit_text_add(&text, exam->why[i]);
            first = first < 0 ? i : first;
        }
    }
    cvg_kit_finding_say(finding, CVG_FAILED, cvg_tls_reason(wrong_reasons[first]), "%s", words);
}

/* ---- what the check wants besides ---- */

static int contains(const struct cvg_list *list, const char *word)
{
    const char *const *items = list->items;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(items[i], word) == 0) {
            return 1;
        }
    }
    return 0;
}

static int differs(const struct cvg_tls_check_config *config, const struct cvg_tls_exam *exam)
{
    char digits[65];
    if (config->fingerprint != NULL && (cvg_tls_fingerprint(config->fingerprint, digits) < 0 ||
                                        strcmp(digits, exam->fingerprint) != 0)) {
        return 1;
    }
    return config->issuer != NULL && strstr(exam->issuer, config->issuer) == NULL;
}

static void say_wishes(const struct cvg_tls_check_config *config, const struct cvg_tls_link *link,
                       const struct cvg_tls_exam *exam, struct cvg_kit_finding *finding)
{
    int64_t left = days_left(exam);
    /* The choices are one apart, as the protocols' own numbers are. */
    if (link->version < TLS1_VERSION + (int32_t)config->min_protocol) {
        cvg_kit_finding_say(finding, CVG_FAILED, cvg_tls_reason(CVG_TLS_REASON_WEAK_PROTOCOL),
                            "the server's newest protocol is %s, and must be %s at least",
                            link->protocol, cvg_tls_protocols[config->min_protocol]);
    } else if (config->alpn.count > 0 && !contains(&config->alpn, link->alpn)) {
        cvg_kit_finding_say(finding, CVG_FAILED, cvg_tls_reason(CVG_TLS_REASON_ALPN_NOT_AGREED),
                            "the server chose none of the protocols that were offered");
    } else if (differs(config, exam)) {
        cvg_kit_finding_say(
            finding, CVG_PROGRESSING, cvg_tls_reason(CVG_TLS_REASON_CERTIFICATE_DIFFERS),
            "another certificate is served: %s, issued by %s", exam->subject, exam->issuer);
    } else if (left < config->min_days) {
        cvg_kit_finding_say(finding, CVG_DEGRADED, cvg_tls_reason(CVG_TLS_REASON_EXPIRES_SOON),
                            "%s expires at %s, in %" PRId64 " %s", exam->first_end_subject,
                            exam->first_end, left, cvg_plural((uint64_t)left, "day", "days"));
    } else {
        cvg_kit_finding_say(finding, CVG_READY, cvg_tls_reason(CVG_TLS_REASON_GOOD),
                            "good for %" PRId64 " %s, issued by %s, over %s", left,
                            cvg_plural((uint64_t)left, "day", "days"), exam->issuer,
                            link->protocol);
    }
}

void cvg_tls_judge(const struct cvg_tls_check_config *config, const struct cvg_tls_link *link,
                   const struct cvg_tls_exam *exam, struct cvg_kit_finding *finding)
{
    char name[160];
    const char *wanted = cvg_tls_check_name(config);
    if (exam->wrong != 0) {
        say_wrong(exam, finding);
    } else {
        say_wishes(config, link, exam, finding);
    }
    cvg_kit_printable(name, sizeof(name), wanted, strlen(wanted));
    finding->reading.expected =
        cvg_kit_finding_text(finding, "%s, %" PRId64 " days, %s", name, config->min_days,
                             cvg_tls_protocols[config->min_protocol]);
    finding->reading.observed =
        cvg_kit_finding_text(finding, "until %s, %s", exam->not_after, link->protocol);
    finding->reading.value = (double)days_left(exam);
    finding->reading.has_value = 1;
    add_facts(link, exam, finding);
}

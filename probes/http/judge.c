/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on an answer; see judge.h. */
#include "judge.h"

#include "kit/header.h"
#include "kit/printable.h"
#include "kit/regex.h"
#include "status.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define SHOWN_MOST  120

uint32_t cvg_http_status_of_word(const char *word)
{
    static const struct {
        const char *word;
        uint32_t status;
    } words[] = {
        {"progressing", CVG_PROGRESSING}, {"degraded", CVG_DEGRADED}, {"failed", CVG_FAILED}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].status;
        }
    }
    return CVG_UNKNOWN;
}

uint32_t cvg_http_status_of(uint32_t otherwise)
{
    static const uint32_t statuses[] = {CVG_PROGRESSING, CVG_DEGRADED, CVG_FAILED, CVG_UNKNOWN};
    return otherwise < sizeof(statuses) / sizeof(statuses[0]) ? statuses[otherwise] : CVG_UNKNOWN;
}

/* ---- the status ---- */

static int is_expected(const struct cvg_http_check_config *config, uint32_t status)
{
    const char *const *ranges = config->status.items;
    for (size_t i = 0; i < config->status.count; i++) {
        if (cvg_http_range_has(ranges[i], status)) {
            return 1;
        }
    }
    return 0;
}

static const struct cvg_pair *row_of(const struct cvg_http_check_config *config, uint32_t status)
{
    const struct cvg_pair *rows = config->on_status.items;
    for (size_t i = 0; i < config->on_status.count; i++) {
        if (cvg_http_range_has(rows[i].name, status)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Where a redirect leads, without what may be secret in it: user information, query. */
static void location_of(const struct cvg_http_response *response, char *ret, size_t size)
{
    size_t length = 0;
    const char *value = cvg_kit_header(response->headers, "Location", &length);
    ret[0] = '\0';
    for (size_t i = 0; value != NULL && i < length; i++) {
        if (value[i] == '?' || value[i] == '#') {
            length = i;
        }
    }
    if (value != NULL && length > 0 && memchr(value, '@', length) == NULL) {
        char shown[SHOWN_MOST];
        cvg_kit_printable(shown, sizeof(shown), value, length);
        (void)snprintf(ret, size, " to %s", shown);
    }
}

static void say_expected(const struct cvg_http_check_config *config,
                         struct cvg_kit_finding *finding)
{
    const char *const *ranges = config->status.items;
    const char *text = "";
    for (size_t i = 0; i < config->status.count && i < 4; i++) {
        text = cvg_kit_finding_text(finding, "%s%s%s", text, i > 0 ? ", " : "status ", ranges[i]);
    }
    finding->reading.expected = text;
}

static void judge_status(const struct cvg_http_check_config *config,
                         const struct cvg_http_response *response, enum cvg_http_whose whose,
                         struct cvg_kit_finding *finding)
{
    const struct cvg_pair *row = row_of(config, response->status);
    int redirect = response->status >= 300 && response->status < 400 && response->status != 304;
    if (row == NULL && cvg_http_trouble_status(response, whose, finding)) {
        return;
    }
    uint32_t status =
        row != NULL ? cvg_http_status_of_word(row->value) : cvg_http_status_of(config->otherwise);
    char location[SHOWN_MOST + 8] = "";
    if (redirect) {
        location_of(response, location, sizeof(location));
    }
    cvg_kit_finding_say(
        finding, status,
        cvg_http_reason(redirect ? CVG_HTTP_REASON_REDIRECTED : CVG_HTTP_REASON_STATUS_UNEXPECTED),
        redirect ? "it answers %u, a redirect%s" : "it answers %u%s", (unsigned)response->status,
        location);
    say_expected(config, finding);
    finding->reading.observed =
        cvg_kit_finding_text(finding, "status %u", (unsigned)response->status);
}

/* ---- the body ---- */

static int has(const struct cvg_http_response *response, const char *text)
{
    return memmem(response->body, response->body_length, text, strlen(text)) != NULL;
}

static void say_body(const struct cvg_http_check_config *config, struct cvg_kit_finding *finding,
                     const char *what, const char *text)
{
    char shown[SHOWN_MOST];
    cvg_kit_printable(shown, sizeof(shown), text, strlen(text));
    cvg_kit_finding_say(finding, cvg_http_status_of(config->otherwise),
                        cvg_http_reason(CVG_HTTP_REASON_BODY_UNEXPECTED), "the body %s '%s'", what,
                        shown);
}

static int judge_body(const struct cvg_http_check_config *config,
                      const struct cvg_http_response *response, struct cvg_kit_finding *finding)
{
    const char *const *contains = config->body_contains.items;
    const char *const *lacks = config->body_lacks.items;
    for (size_t i = 0; i < config->body_contains.count; i++) {
        if (!has(response, contains[i])) {
            say_body(config, finding, "lacks", contains[i]);
            return 1;
        }
    }
    for (size_t i = 0; i < config->body_lacks.count; i++) {
        if (has(response, lacks[i])) {
            say_body(config, finding, "has", lacks[i]);
            return 1;
        }
    }
    if (config->body_matches != NULL &&
        !cvg_kit_regex_matches(config->body_matches, response->body, response->body_length)) {
        say_body(config, finding, "does not match", config->body_matches);
        return 1;
    }
    return 0;
}

/* ---- all of it ---- */

static void judge_time(const struct cvg_http_check_config *config,
                       const struct cvg_http_response *response, struct cvg_kit_finding *finding)
{
    char took[CVG_NUMBER_TEXT], most[CVG_NUMBER_TEXT];
    int64_t took_ms = response->total_ns / MILLISECOND;
    if (config->max_response == CVG_ABSENT_INT || response->total_ns <= config->max_response) {
        cvg_kit_finding_say(finding, CVG_READY, cvg_http_reason(CVG_HTTP_REASON_ANSWERED),
                            "it answers %u after %" PRId64 " ms", (unsigned)response->status,
                            took_ms);
        return;
    }
    (void)cvg_format_duration(response->total_ns / MILLISECOND * MILLISECOND, took, sizeof(took));
    (void)cvg_format_duration(config->max_response, most, sizeof(most));
    cvg_kit_finding_say(finding, CVG_DEGRADED, cvg_http_reason(CVG_HTTP_REASON_SLOW),
                        "it answers %u, but only after %s", (unsigned)response->status, took);
    finding->reading.expected = cvg_kit_finding_text(finding, "within %s", most);
    finding->reading.observed = cvg_kit_finding_text(finding, "%s", took);
}

static void tell(const struct cvg_http_response *response, struct cvg_kit_finding *finding)
{
    cvg_kit_finding_number(finding, "status", response->status);
    cvg_kit_finding_metric(finding, "response_ms", response->total_ns / MILLISECOND);
    if (response->address != NULL && response->address[0] != '\0') {
        cvg_kit_finding_fact(finding, "address", "%s", response->address);
    }
}

void cvg_http_judge(const struct cvg_http_check_config *config,
                    const struct cvg_http_response *response, struct cvg_kit_arena *arena,
                    struct cvg_kit_finding *ret)
{
    enum cvg_http_whose whose = config->url != NULL ? CVG_HTTP_TARGET : CVG_HTTP_SOURCE;
    cvg_kit_finding_begin(ret);
    ret->reading.observed_at_ns = response->started_ns;
    if (response->fault != CVG_FAULT_NONE) {
        cvg_http_trouble_transfer(response, whose, ret);
        return;
    }
    tell(response, ret);
    if (!is_expected(config, response->status)) {
        judge_status(config, response, whose, ret);
        return;
    }
    if (cvg_http_check_reads_json(config) &&
        cvg_http_judge_json(config, response, whose, arena, ret)) {
        return;
    }
    if (judge_body(config, response, ret)) {
        return;
    }
    judge_time(config, response, ret);
}

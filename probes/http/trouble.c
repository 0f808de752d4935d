/* SPDX-License-Identifier: Apache-2.0 */
/* Faults and refusals; see trouble.h. */
#include "trouble.h"

#include "kit/printable.h"
#include "kit/reach.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECOND     INT64_C(1000000000)
#define WORDS_MOST 512

void cvg_http_trouble_say(struct cvg_kit_finding *finding, uint32_t fault,
                          enum cvg_http_whose whose, enum cvg_http_reason reason,
                          const char *format, ...)
{
    char raw[WORDS_MOST], words[WORDS_MOST];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    cvg_kit_printable(words, sizeof(words), raw, strlen(raw));
    cvg_kit_finding_say(finding, CVG_UNKNOWN, cvg_http_reason(reason), "%s", words);
    int counts = fault != CVG_FAULT_REQUEST && fault != CVG_FAULT_TOO_LARGE;
    finding->reading.fault = whose == CVG_HTTP_TARGET && counts ? CVG_FAULT_NONE : fault;
}

struct meaning {
    enum cvg_http_reason reason;
    uint32_t of_target; /* enum cvg_status: what it is for a check that asks about the target */
    uint32_t fault;     /* 0: the transfer's own */
};

/* What kit/reach.h reads of the host's words, and what only HTTP can say. */
static struct meaning of_reach(uint32_t fault, const char *words)
{
    static const struct meaning meanings[CVG_KIT_REACH_COUNT] = {
        [CVG_KIT_REACH_REFUSED] = {CVG_HTTP_REASON_CONNECTION_REFUSED, CVG_PROGRESSING, 0},
        [CVG_KIT_REACH_RESET] = {CVG_HTTP_REASON_CONNECTION_RESET, CVG_PROGRESSING, 0},
        [CVG_KIT_REACH_CLOSED] = {CVG_HTTP_REASON_CONNECTION_CLOSED, CVG_PROGRESSING, 0},
        [CVG_KIT_REACH_NAME_NOT_FOUND] = {CVG_HTTP_REASON_NAME_NOT_FOUND, CVG_PROGRESSING, 0},
        [CVG_KIT_REACH_NAME_SERVER_FAILED] = {CVG_HTTP_REASON_NAME_SERVER_FAILED, CVG_UNKNOWN, 0},
        [CVG_KIT_REACH_UNREACHABLE] = {CVG_HTTP_REASON_UNREACHABLE, CVG_UNKNOWN, 0},
        [CVG_KIT_REACH_TIMED_OUT] = {CVG_HTTP_REASON_TIMED_OUT, CVG_UNKNOWN, 0},
        [CVG_KIT_REACH_GUARDED] = {CVG_HTTP_REASON_ADDRESS_REFUSED, CVG_UNKNOWN, CVG_FAULT_REQUEST},
        [CVG_KIT_REACH_NOT_A_HOST] = {CVG_HTTP_REASON_NOT_ASKED, CVG_UNKNOWN, CVG_FAULT_REQUEST},
        [CVG_KIT_REACH_FAILED] = {CVG_HTTP_REASON_CONNECT_FAILED, CVG_UNKNOWN, 0},
    };
    enum cvg_kit_reach reach = cvg_kit_reach_read(fault, words);
    int closed = strstr(words, "closed the connection") != NULL ||
                 strstr(words, "the connection was cut") != NULL;
    return meanings[reach == CVG_KIT_REACH_FAILED && closed ? CVG_KIT_REACH_CLOSED : reach];
}

static struct meaning of_fault(uint32_t fault, const char *words)
{
    switch (fault) {
    case CVG_FAULT_TIMEOUT:
    case CVG_FAULT_CONNECT:
    case CVG_FAULT_REQUEST:
        return of_reach(fault, words);
    case CVG_FAULT_TLS:
        return (struct meaning){CVG_HTTP_REASON_TLS_FAILED, CVG_FAILED, 0};
    case CVG_FAULT_AUTH:
        return (struct meaning){CVG_HTTP_REASON_UNAUTHORIZED, CVG_UNKNOWN, 0};
    case CVG_FAULT_TOO_LARGE:
        return (struct meaning){CVG_HTTP_REASON_TOO_LARGE, CVG_UNKNOWN, 0};
    default:
        break;
    }
    struct meaning meaning = of_reach(fault, words);
    return meaning.reason == CVG_HTTP_REASON_NAME_SERVER_FAILED
               ? meaning
               : (struct meaning){CVG_HTTP_REASON_BAD_ANSWER, CVG_UNKNOWN, 0};
}

void cvg_http_trouble_transfer(const struct cvg_http_response *response, enum cvg_http_whose whose,
                               struct cvg_kit_finding *finding)
{
    const char *words = response->fault_text != NULL ? response->fault_text : "";
    struct meaning meaning = of_fault(response->fault, words);
    uint32_t fault = meaning.fault != 0 ? meaning.fault : response->fault;
    cvg_http_trouble_say(finding, fault, whose, meaning.reason, "%s", words);
    if (whose == CVG_HTTP_TARGET) {
        finding->reading.status = meaning.of_target;
    }
}

int cvg_http_trouble_status(const struct cvg_http_response *response, enum cvg_http_whose whose,
                            struct cvg_kit_finding *finding)
{
    uint32_t status = response->status;
    char wait[48] = "";
    if (response->retry_after_ns > 0) {
        (void)snprintf(wait, sizeof(wait), " (retry after %" PRId64 " s)",
                       response->retry_after_ns / SECOND);
    }
    switch (status) {
    case 401:
        cvg_http_trouble_say(finding, CVG_FAULT_AUTH, whose, CVG_HTTP_REASON_UNAUTHORIZED,
                             "401: it wants credentials");
        return 1;
    case 403:
        cvg_http_trouble_say(finding, CVG_FAULT_AUTH, whose, CVG_HTTP_REASON_FORBIDDEN,
                             "403: it may not be read");
        return 1;
    case 407:
        cvg_http_trouble_say(finding, CVG_FAULT_AUTH, whose, CVG_HTTP_REASON_UNAUTHORIZED,
                             "407: it is the proxy that asks for credentials");
        return 1;
    case 429:
        cvg_http_trouble_say(finding, CVG_FAULT_THROTTLED, whose, CVG_HTTP_REASON_THROTTLED,
                             "429: asked too often%s", wait);
        return 1;
    case 503:
        if (response->retry_after_ns > 0) {
            cvg_http_trouble_say(finding, CVG_FAULT_THROTTLED, whose, CVG_HTTP_REASON_THROTTLED,
                                 "503: not ready to answer%s", wait);
            return 1;
        }
        return 0;
    default:
        return 0;
    }
}

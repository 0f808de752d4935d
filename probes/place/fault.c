/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers and statuses that are no document; see fault.h. */
#include "place/fault.h"

#include "kit/header.h"
#include "kit/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

struct meaning {
    uint32_t fault;
    const char *reason, *words;
};

void cvg_place_refuse(struct cvg_place_sight *sight, uint32_t fault, const char *reason,
                      const char *format, ...)
{
    char raw[sizeof(sight->text)];
    struct cvg_kit_text text;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    cvg_place_sight_done(sight);
    sight->absent = sight->being_written = sight->digest_mismatch = sight->unchanged = 0;
    sight->fault = fault;
    sight->reason = reason;
    cvg_kit_text_init(&text, sight->text, sizeof(sight->text));
    cvg_kit_text_evidence(&text, raw, strlen(raw), sizeof(raw));
}

static struct meaning of_fault(uint32_t fault)
{
    switch (fault) {
    case CVG_FAULT_TIMEOUT:
        return (struct meaning){fault, CVG_PLACE_TIMED_OUT, NULL};
    case CVG_FAULT_CONNECT:
        return (struct meaning){fault, CVG_PLACE_CONNECT_FAILED, NULL};
    case CVG_FAULT_TLS:
        return (struct meaning){fault, CVG_PLACE_TLS_FAILED, NULL};
    case CVG_FAULT_AUTH:
        return (struct meaning){fault, CVG_PLACE_UNAUTHORIZED, NULL};
    case CVG_FAULT_TOO_LARGE:
        return (struct meaning){fault, CVG_PLACE_TOO_LARGE, NULL};
    case CVG_FAULT_THROTTLED:
        return (struct meaning){fault, CVG_PLACE_THROTTLED, NULL};
    case CVG_FAULT_REQUEST:
    case CVG_FAULT_INPUT:
        return (struct meaning){fault, CVG_PLACE_NOT_ASKED, NULL};
    default:
        return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER, NULL};
    }
}

static struct meaning of_status(uint32_t status)
{
    switch (status) {
    case 401:
        return (struct meaning){CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, "it wants credentials"};
    case 403:
        return (struct meaning){CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN, "it may not be read"};
    case 407:
        return (struct meaning){CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
                                "it is the proxy that asks"};
    case 429:
        return (struct meaning){CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "asked too often"};
    case 503:
        return (struct meaning){CVG_FAULT_THROTTLED, CVG_PLACE_SOURCE_STARTING,
                                "it is starting, or nothing stands behind its proxy"};
    default:
        break;
    }
    if (status >= 300 && status < 400) {
        return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PLACE_REDIRECTED,
                                "redirects are not followed"};
    }
    if (status >= 200 && status < 300) {
        return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER, "not an answer to this"};
    }
    return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PLACE_SOURCE_ERROR, "it could not answer"};
}

/* Where a redirect leads, without what may be secret in it: user information, query. */
static void add_location(struct cvg_kit_text *text, const char *headers)
{
    size_t length = 0;
    const char *value = cvg_kit_header(headers, "Location", &length);
    for (size_t i = 0; value != NULL && i < length; i++) {
        if (value[i] == '?' || value[i] == '#') {
            length = i;
        }
    }
    if (value != NULL && memchr(value, '@', length) == NULL) {
        cvg_kit_text_add(text, " to ");
        cvg_kit_text_evidence(text, value, length, 120);
    }
}

void cvg_place_refuse_response(struct cvg_place_sight *sight,
                               const struct cvg_http_response *response)
{
    if (response->fault != CVG_FAULT_NONE) {
        struct meaning meaning = of_fault(response->fault);
        cvg_place_refuse(sight, meaning.fault, meaning.reason, "%s",
                         response->fault_text != NULL ? response->fault_text : "");
        return;
    }
    char words[sizeof(sight->text)];
    struct cvg_kit_text text;
    struct meaning meaning = of_status(response->status);
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_format(&text, "%u", (unsigned)response->status);
    if (meaning.reason == CVG_PLACE_REDIRECTED) {
        add_location(&text, response->headers);
    }
    cvg_kit_text_format(&text, ": %s", meaning.words);
    if (response->retry_after_ns > 0) {
        cvg_kit_text_format(&text, " (retry after %lld s)",
                            (long long)(response->retry_after_ns / SECOND));
    }
    cvg_place_refuse(sight, meaning.fault, meaning.reason, "%s", words);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is not a 2xx answer. Whether an error's body is JSON is decided by its declared
 * type: a Prometheus that replays its log and one that gave up on a query both say 503, and only
 * the body tells them apart.
 */
#include "decode.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What an error's body said. */
struct said {
    int is_json; /* and could be read as such */
    char type[64], words[320];
};

static int is_json_type(const char *content_type)
{
    size_t length = strcspn(content_type, "; \t");
    return (length == 16 && strncasecmp(content_type, "application/json", 16) == 0) ||
           (length > 5 && strncasecmp(content_type + length - 5, "+json", 5) == 0);
}

static void keep(const struct cvg_json *json, char *ret, size_t size)
{
    struct cvg_kit_text text;
    size_t length = 0;
    const char *bytes = cvg_json_text(json, &length);
    cvg_kit_text_init(&text, ret, size);
    cvg_kit_text_evidence(&text, bytes, length, length);
}

/* The value behind the current key, kept where it is one of the texts that say something. */
static int read_member(struct cvg_json *json, struct said *said)
{
    int is_type = cvg_json_is(json, "errorType");
    if (!is_type && !cvg_json_is(json, "error") && !cvg_json_is(json, "message")) {
        return cvg_json_skip(json);
    }
    if (cvg_json_next(json) != CVG_JSON_STRING) {
        return cvg_json_skip(json);
    }
    keep(json, is_type ? said->type : said->words,
         is_type ? sizeof(said->type) : sizeof(said->words));
    return 0;
}

/* {"status":"error","errorType":"...","error":"..."}, a gateway's {"message":"..."}, or, from an
 * Alertmanager, just "...". */
static int read_json(struct cvg_json *json, struct said *said)
{
    if (cvg_json_next(json) == CVG_JSON_STRING) {
        keep(json, said->words, sizeof(said->words));
        return cvg_json_next(json) == CVG_JSON_DONE ? 0 : -1;
    }
    if (cvg_json_current(json) != CVG_JSON_OBJECT) {
        return -1;
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (read_member(json, said) < 0) {
            return -1;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END && cvg_json_next(json) == CVG_JSON_DONE ? 0 : -1;
}

static void read_said(const struct cvg_http_response *response, struct said *said)
{
    const char *content_type = response->content_type ? response->content_type : "";
    const char *body = response->body ? response->body : "";
    size_t length = response->body ? response->body_length : 0;
    if (is_json_type(content_type)) {
        struct cvg_json *json = cvg_json_new(body, length, NULL);
        said->is_json = json != NULL && read_json(json, said) == 0;
        cvg_json_free(json);
        if (said->is_json) {
            return;
        }
        *said = (struct said){0};
    }
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, said->words, sizeof(said->words));
    while (length > 0 && memchr(" \t\r\n", body[length - 1], 4) != NULL) {
        length--;
    }
    if (strncasecmp(content_type, "text/plain", 10) == 0) {
        cvg_kit_text_evidence(&text, body, length, 240);
    } else if (length > 0) {
        cvg_kit_text_evidence(&text, content_type, strlen(content_type), 80);
        cvg_kit_text_format(&text, "%s%zu %s", content_type[0] ? ", " : "", length,
                            cvg_plural(length, "byte", "bytes"));
    }
}

/* "503 timeout: query timed out in expression evaluation" */
static void explain(struct cvg_kit_text *text, uint32_t status, const struct said *said)
{
    cvg_kit_text_format(text, "%u", (unsigned)status);
    if (said->type[0] != '\0') {
        cvg_kit_text_add(text, " ");
        cvg_kit_text_add(text, said->type);
    }
    if (said->words[0] != '\0') {
        cvg_kit_text_add(text, ": ");
        cvg_kit_text_add(text, said->words);
    }
}

struct meaning {
    uint32_t fault;
    enum cvg_prom_reason reason;
    const char *hint; /* added to the message; NULL: none */
};

static struct meaning of_server_error(uint32_t status, const struct said *said)
{
    if (strcmp(said->type, "timeout") == 0) {
        return (struct meaning){CVG_FAULT_TIMEOUT, CVG_PROM_REASON_QUERY_TIMEOUT, NULL};
    }
    if (strcmp(said->type, "canceled") == 0) {
        return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PROM_REASON_QUERY_CANCELED, NULL};
    }
    if (status == 503 && (!said->is_json || strcmp(said->type, "unavailable") == 0)) {
        return (struct meaning){CVG_FAULT_THROTTLED, CVG_PROM_REASON_SOURCE_STARTING,
                                "it is starting, or nothing stands behind its proxy"};
    }
    return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PROM_REASON_SOURCE_ERROR, NULL};
}

static struct meaning of_status(uint32_t status, const struct said *said,
                                const struct cvg_prom_flavour *flavour)
{
    static const struct {
        uint32_t status;
        struct meaning meaning;
    } table[] = {
        {400, {CVG_FAULT_REQUEST, CVG_PROM_REASON_QUERY_REJECTED, NULL}},
        {401, {CVG_FAULT_AUTH, CVG_PROM_REASON_UNAUTHORIZED, NULL}},
        {403, {CVG_FAULT_AUTH, CVG_PROM_REASON_FORBIDDEN, NULL}},
        {404,
         {CVG_FAULT_PROTOCOL, CVG_PROM_REASON_NOT_FOUND, "is the path in the source's url right?"}},
        {405,
         {CVG_FAULT_PROTOCOL, CVG_PROM_REASON_NOT_FOUND,
          "nothing there takes such a request: are the source's url and flavour right?"}},
        {407, {CVG_FAULT_AUTH, CVG_PROM_REASON_UNAUTHORIZED, "it is the proxy that asks"}},
        {413, {CVG_FAULT_REQUEST, CVG_PROM_REASON_QUERY_REJECTED, "the query is too long for it"}},
        {422, {CVG_FAULT_REQUEST, CVG_PROM_REASON_QUERY_REJECTED, NULL}},
        {429, {CVG_FAULT_THROTTLED, CVG_PROM_REASON_THROTTLED, NULL}},
        {499, {CVG_FAULT_PROTOCOL, CVG_PROM_REASON_QUERY_CANCELED, NULL}},
    };

    /* It was asked not to leave out what it cannot reach. A fault of the question's own: others,
     * which need nothing from there, are still answered. */
    if (flavour->partial_words != NULL && (status == 422 || status == 503) &&
        strstr(said->words, flavour->partial_words) != NULL) {
        return (struct meaning){CVG_FAULT_REQUEST, CVG_PROM_REASON_PARTIAL_DATA,
                                "something behind it could not be reached"};
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].status == status) {
            return table[i].meaning;
        }
    }
    if (status >= 300 && status < 400) {
        return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PROM_REASON_REDIRECTED, NULL};
    }
    if (status >= 500 && status < 600) {
        return of_server_error(status, said);
    }
    return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PROM_REASON_SOURCE_ERROR, NULL};
}

/* Where a redirect leads, without what may be secret in it: user information, query. */
static void add_location(struct cvg_kit_text *text, const char *headers)
{
    for (const char *line = headers; line != NULL && *line != '\0';) {
        if (strncasecmp(line, "location:", 9) == 0) {
            const char *value = line + 9 + strspn(line + 9, " \t");
            size_t length = strcspn(value, "?#\r\n");
            if (memchr(value, '@', length) == NULL) {
                cvg_kit_text_add(text, " to ");
                cvg_kit_text_evidence(text, value, length, 160);
            }
            return;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
}

static struct meaning of_fault(uint32_t fault)
{
    switch (fault) {
    case CVG_FAULT_TIMEOUT:
        return (struct meaning){fault, CVG_PROM_REASON_TIMED_OUT, NULL};
    case CVG_FAULT_CONNECT:
        return (struct meaning){fault, CVG_PROM_REASON_CONNECT_FAILED, NULL};
    case CVG_FAULT_TLS:
        return (struct meaning){fault, CVG_PROM_REASON_TLS_FAILED, NULL};
    case CVG_FAULT_AUTH:
        return (struct meaning){fault, CVG_PROM_REASON_UNAUTHORIZED, NULL};
    case CVG_FAULT_TOO_LARGE:
        return (struct meaning){fault, CVG_PROM_REASON_TOO_LARGE, NULL};
    case CVG_FAULT_THROTTLED:
        return (struct meaning){fault, CVG_PROM_REASON_THROTTLED, NULL};
    case CVG_FAULT_REQUEST:
    case CVG_FAULT_INPUT:
        return (struct meaning){fault, CVG_PROM_REASON_NOT_ASKED, NULL};
    default:
        return (struct meaning){CVG_FAULT_PROTOCOL, CVG_PROM_REASON_BAD_ANSWER, NULL};
    }
}

int cvg_prom_is_refusal(const struct cvg_http_response *response)
{
    return response->fault != CVG_FAULT_NONE || response->status < 200 || response->status > 299;
}

void cvg_prom_refuse(struct cvg_prom_answer *answer, const struct cvg_prom_flavour *flavour,
                     const struct cvg_http_response *response)
{
    struct said said = {0};
    cvg_prom_answer_reset(answer);
    if (response->fault != CVG_FAULT_NONE) {
        struct meaning meaning = of_fault(response->fault);
        struct cvg_kit_text text = cvg_prom_answer_refuse(answer, meaning.fault, meaning.reason);
        const char *words = response->fault_text ? response->fault_text : "";
        cvg_kit_text_evidence(&text, words, strlen(words), sizeof(answer->problem));
        return;
    }
    read_said(response, &said);
    struct meaning meaning = of_status(response->status, &said, flavour);
    struct cvg_kit_text text = cvg_prom_answer_refuse(answer, meaning.fault, meaning.reason);
    explain(&text, response->status, &said);
    if (meaning.reason == CVG_PROM_REASON_REDIRECTED) {
        add_location(&text, response->headers);
    }
    if (response->retry_after_ns > 0) {
        cvg_kit_text_format(&text, " (retry after %lld s)",
                            (long long)(response->retry_after_ns / 1000000000));
    }
    if (meaning.hint != NULL) {
        cvg_kit_text_add(&text, "; ");
        cvg_kit_text_add(&text, meaning.hint);
    }
    if (meaning.reason == CVG_PROM_REASON_SOURCE_STARTING) {
        cvg_kit_text_add(&text, ": look at its ");
        cvg_kit_text_add(&text, flavour->ready_path);
    }
    if (meaning.reason == CVG_PROM_REASON_UNAUTHORIZED && flavour->tenant_header != NULL) {
        cvg_kit_text_add(&text, "; a server with tenants says so too where `tenant` is missing");
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of statuses, and the sentences. What the server said comes printable and bounded from
 * the decoder; what the host says of a transfer is its own.
 */
#include "ending.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* Retry-After is at most an hour in the host, and so it is here. */
#define RETRY_MOST 3600

static void say(struct cvg_kube_ending *ending, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct cvg_kube_ending *ending, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(ending->message, sizeof(ending->message), format, args);
    va_end(args);
}

void cvg_kube_ending_say(struct cvg_kube_ending *ret, enum cvg_kube_ending_kind kind,
                         uint32_t fault, enum cvg_kube_reason reason, const char *text)
{
    *ret = (struct cvg_kube_ending){.kind = kind, .fault = fault, .reason = reason};
    say(ret, "%s", text);
}

/* "deployments.apps", as roles name it; a kind whose resource is not known yet by its kind. */
static void name_kind(const struct cvg_kube_kind *kind, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s%s%s", kind->resource ? kind->resource : kind->name,
                   *kind->group ? "." : "", kind->group);
}

struct rule {
    int64_t code;
    enum cvg_kube_ending_kind kind;
    uint32_t fault;
    enum cvg_kube_reason reason;
};

static const struct rule rules[] = {
    {400, CVG_KUBE_UNSUPPORTED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_SERVER_ERROR},
    {401, CVG_KUBE_UNAUTHORIZED, CVG_FAULT_AUTH, CVG_KUBE_REASON_UNAUTHORIZED},
    {403, CVG_KUBE_FORBIDDEN, CVG_FAULT_REQUEST, CVG_KUBE_REASON_FORBIDDEN},
    {404, CVG_KUBE_NOT_FOUND, CVG_FAULT_REQUEST, CVG_KUBE_REASON_KIND_NOT_FOUND},
    {410, CVG_KUBE_EXPIRED, CVG_FAULT_NONE, CVG_KUBE_REASON_NOT_SYNCED},
    {422, CVG_KUBE_UNSUPPORTED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_SERVER_ERROR},
    {429, CVG_KUBE_THROTTLED, CVG_FAULT_THROTTLED, CVG_KUBE_REASON_THROTTLED},
};

static struct rule rule_of(const struct cvg_kube_status *status)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].code == status->code) {
            return rules[i];
        }
    }
    if (status->code == 504 && strcmp(status->cause, "ResourceVersionTooLarge") == 0) {
        return (struct rule){504, CVG_KUBE_TOO_NEW, CVG_FAULT_NONE, CVG_KUBE_REASON_NOT_SYNCED};
    }
    /* Older servers say Gone, and some leave the code out. */
    if (strcmp(status->reason, "Expired") == 0 || strcmp(status->reason, "Gone") == 0) {
        return (struct rule){410, CVG_KUBE_EXPIRED, CVG_FAULT_NONE, CVG_KUBE_REASON_NOT_SYNCED};
    }
    if (status->code >= 500) {
        return (struct rule){500, CVG_KUBE_TROUBLE, CVG_FAULT_THROTTLED,
                             CVG_KUBE_REASON_SERVER_ERROR};
    }
    return (struct rule){0, CVG_KUBE_GARBLED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_BAD_ANSWER};
}

void cvg_kube_ending_status(struct cvg_kube_ending *ret, const struct cvg_kube_asked *asked,
                            const struct cvg_kube_status *status)
{
    struct rule rule = rule_of(status);
    char name[128];
    name_kind(asked->kind, name, sizeof(name));
    int within = asked->kind->namespaced && *asked->namespace;
    int64_t wait = status->retry_after_s;
    *ret = (struct cvg_kube_ending){
        .kind = rule.kind,
        .fault = rule.fault,
        .reason = rule.reason,
        .retry_after = wait <= 0 ? 0 : (wait < RETRY_MOST ? wait : RETRY_MOST) * SECOND,
    };
    if (rule.kind == CVG_KUBE_FORBIDDEN) {
        say(ret, "no right to %s %s %s%s: %s", asked->verb, name,
            within                    ? "in namespace "
            : asked->kind->namespaced ? "in all namespaces"
                                      : "in the cluster",
            within ? asked->namespace : "", status->message);
    } else if (rule.kind == CVG_KUBE_NOT_FOUND) {
        say(ret, "the server has no %s in %s%s%s (%s answered 404)", asked->kind->name,
            asked->kind->group, *asked->kind->group ? "/" : "", asked->kind->version, asked->verb);
    } else {
        say(ret, "%s of %s: %lld %.64s %s", asked->verb, name, (long long)status->code,
            status->reason, status->message);
    }
}

static void of_fault(struct cvg_kube_ending *ret, const struct cvg_http_response *response)
{
    static const struct {
        uint32_t fault;
        enum cvg_kube_reason reason;
    } reasons[] = {
        {CVG_FAULT_TIMEOUT, CVG_KUBE_REASON_TIMED_OUT},
        {CVG_FAULT_TLS, CVG_KUBE_REASON_TLS_FAILED},
        {CVG_FAULT_AUTH, CVG_KUBE_REASON_CREDENTIALS_FAILED},
        {CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_BAD_ANSWER},
        {CVG_FAULT_TOO_LARGE, CVG_KUBE_REASON_TOO_LARGE},
        {CVG_FAULT_THROTTLED, CVG_KUBE_REASON_THROTTLED},
    };
    enum cvg_kube_reason reason = CVG_KUBE_REASON_CONNECT_FAILED;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].fault == response->fault) {
            reason = reasons[i].reason;
        }
    }
    cvg_kube_ending_say(ret, CVG_KUBE_LOST, response->fault, reason,
                        response->fault_text ? response->fault_text : "");
}

void cvg_kube_ending_of(struct cvg_kube_ending *ret, const struct cvg_kube_asked *asked,
                        const struct cvg_http_response *response, const char *body, size_t length)
{
    if (response->fault != CVG_FAULT_NONE) {
        of_fault(ret, response);
        return;
    }
    struct cvg_kube_status status;
    cvg_kube_decode_status(response->status, response->content_type, body, length, &status);
    cvg_kube_ending_status(ret, asked, &status);
    if (response->retry_after_ns > 0) {
        ret->retry_after = response->retry_after_ns;
    }
}

void cvg_kube_ending_garbled(struct cvg_kube_ending *ret, const struct cvg_kube_asked *asked,
                             enum cvg_kube_decoded decoded, const char *error)
{
    int large = decoded == CVG_KUBE_TOO_LARGE;
    char name[128];
    name_kind(asked->kind, name, sizeof(name));
    cvg_kube_ending_say(ret, CVG_KUBE_GARBLED, large ? CVG_FAULT_TOO_LARGE : CVG_FAULT_PROTOCOL,
                        large ? CVG_KUBE_REASON_TOO_LARGE : CVG_KUBE_REASON_BAD_ANSWER, "");
    say(ret, "%s of %s: %.160s", asked->verb, name, error);
}

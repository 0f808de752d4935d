/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4 on a request that is about to be sent: every request and every redirect
 * is signed anew, over the lines that libcurl will write. Signed are Host, Content-Type and what
 * begins with X-Amz-; a proxy may change the others on the way.
 */
#include "base/text.h"
#include "base/time.h"
#include "crypto/sigv4.h"
#include "io/http_inner.h"

#include <string.h>
#include <strings.h>

#define SIGNED_MAX 32

static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') {
        return NULL;
    }
    line += length + 1;
    return line + strspn(line, " \t");
}

/* The lines to be signed; names are cut out of `names`, one line each. */
static size_t collect(const struct cvg_buf *lines, struct cvg_buf *names,
                      struct cvg_pair pairs[SIGNED_MAX])
{
    size_t count = 0;
    for (size_t at = 0; at < lines->length; at += strlen(lines->data + at) + 1) {
        const char *line = lines->data + at, *colon = strchr(line, ':');
        bool chosen = value_of(line, "Host") || value_of(line, "Content-Type") ||
                      (colon && strncasecmp(line, "X-Amz-", 6) == 0);
        /* "Content-Type:" alone is libcurl's way to say that none is sent. */
        if (!chosen || !colon[1 + strspn(colon + 1, " \t")]) {
            continue;
        }
        if (count == SIGNED_MAX) {
            return SIGNED_MAX + 1;
        }
        pairs[count++] = (struct cvg_pair){.value = colon + 1};
        cvg_buf_add(names, line, (size_t)(colon - line));
        cvg_buf_putc(names, '\0');
    }
    const char *name = cvg_buf_text(names);
    for (size_t i = 0; i < count; i++) {
        pairs[i].name = name;
        name += strlen(name) + 1;
    }
    return count;
}

static bool has_line(const struct cvg_buf *lines, const char *name)
{
    for (size_t at = 0; at < lines->length; at += strlen(lines->data + at) + 1) {
        if (value_of(lines->data + at, name)) {
            return true;
        }
    }
    return false;
}

/* As libcurl would write it: it must be known to be signed. */
static void add_host(const struct cvg_url *target, struct cvg_buf *lines)
{
    cvg_buf_printf(lines, target->ipv6 ? "Host: [%s]" : "Host: %s", target->host);
    if (target->port != (target->tls ? 443 : 80)) {
        cvg_buf_printf(lines, ":%u", target->port);
    }
    cvg_buf_putc(lines, '\0');
}

static void add_line(struct cvg_buf *lines, const char *name, const char *value)
{
    cvg_buf_printf(lines, "%s: %s", name, value);
    cvg_buf_putc(lines, '\0');
}

static int sign(const struct cvg_transfer *transfer, const struct cvg_buf *lines,
                const struct cvg_sigv4_keys *keys, struct cvg_sigv4_signature *ret,
                struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf names = CVG_BUF_INIT(CVG_HTTP_HEAD_MAX);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(CVG_HTTP_URL_MAX);
    struct cvg_pair pairs[SIGNED_MAX];
    size_t count = collect(lines, &names, pairs);
    if (count > SIGNED_MAX || names.overflow) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "more than %d headers to sign", SIGNED_MAX);
    }
    size_t sent = strcspn(transfer->target.path, "#"), plain = strcspn(transfer->target.path, "?#");
    cvg_buf_add(&path, transfer->target.path, sent);
    bool query = plain < sent;
    if (query) {
        path.data[plain] = '\0';
    }
    const struct cvg_sigv4_request request = {
        .method = transfer->method,
        .path = cvg_buf_text(&path),
        .query = query ? path.data + plain + 1 : NULL,
        .headers = pairs,
        .header_count = count,
        .body = transfer->body.data,
        .body_length = transfer->has_body ? transfer->body.length : 0,
        .wall_ns = cvg_time_wall(),
        .s3 = cvg_text_equal(keys->service, "s3"),
    };
    return cvg_sigv4_sign(keys, &request, ret, reterr);
}

int cvg_transfer_sign(const struct cvg_transfer *transfer, struct cvg_buf *lines,
                      struct cvg_error *reterr)
{
    const struct cvg_endpoint *settings = &transfer->lane->settings;
    const struct cvg_sigv4_keys keys = {
        .region = settings->sigv4_region,
        .service = transfer->service[0] ? transfer->service : settings->sigv4_service,
        .access_key = transfer->sigv4_access_key,
        .secret_key = transfer->sigv4_secret_key,
        .session_token = transfer->sigv4_session_token,
    };
    if (has_line(lines, "Authorization")) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "sigv4: the request has an Authorization header already");
    }
    if (!has_line(lines, "Host")) {
        add_host(&transfer->target, lines);
    }
    struct cvg_sigv4_signature signature;
    int code = sign(transfer, lines, &keys, &signature, reterr);
    if (code) {
        return cvg_error_prefix(reterr, "sigv4");
    }
    add_line(lines, "X-Amz-Date", signature.date);
    if (cvg_text_equal(keys.service, "s3")) {
        add_line(lines, "X-Amz-Content-Sha256", signature.body_sha256);
    }
    if (keys.session_token) {
        add_line(lines, "X-Amz-Security-Token", keys.session_token);
    }
    add_line(lines, "Authorization", cvg_buf_text(&signature.authorization));
    cvg_sigv4_done(&signature);
    return 0;
}

bool cvg_transfer_is_signed(const struct cvg_transfer *transfer)
{
    return transfer->service[0] || (transfer->credentials && transfer->lane->settings.sigv4_region);
}

int cvg_transfer_take_signing(struct cvg_transfer *transfer, const char *service,
                              struct cvg_error *reterr)
{
    const struct cvg_endpoint *settings = &transfer->lane->settings;
    bool has_keys = settings->sigv4_access_key && settings->sigv4_secret_key;
    if (!service) {
        return 0;
    }
    if (!has_keys || (transfer->request.flags & CVG_HTTP_NO_CREDENTIALS)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "sigv4_service '%.60s': %s", service,
                             has_keys ? "a request without credentials cannot be signed"
                                      : "the endpoint has no keys to sign with");
    }
    if (!*service || strlen(service) >= sizeof transfer->service) {
        return cvg_error_set(reterr, CVG_E_INVALID, "sigv4_service '%.60s' is none", service);
    }
    memcpy(transfer->service, service, strlen(service) + 1);
    return 0;
}

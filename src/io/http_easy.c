/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings and request to options of an easy handle.
 *
 * Options that depend on the lane's settings are set when those changed, the header list is made
 * anew when its lines changed; what is left for each request is cheap.
 *
 * With server_name the URL that libcurl sees has that name (it is what SNI and verification go
 * by), CURLOPT_CONNECT_TO leads to the real host, and the Host header names the real one.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "io/http_inner.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX ((size_t)128 << 10)
/* A CA bundle of the system takes 10 ms to read; libcurl keeps it for this long. */
#define CA_KEPT_S   60L

const struct cvg_url *cvg_transfer_peer(const struct cvg_transfer *transfer)
{
    return transfer->lane->has_proxy ? &transfer->lane->proxy : &transfer->target;
}

static void set_fixed(struct cvg_transfer *transfer)
{
    CURL *easy = transfer->easy;
    cvg_transfer_set_callbacks(transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Never wait for libcurl's resolver threads; there should be none, see name.h. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 65536L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 15L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_KEPT_S);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, transfer->loop->http->user_agent);
}

static void set_blob(CURL *easy, CURLoption option, const char *text)
{
    struct curl_blob blob = {.len = strlen(text), .flags = CURL_BLOB_COPY};

    union {
        const char *in;
        void *out;
    } data = {.in = text};

    blob.data = data.out;
    curl_easy_setopt(easy, option, &blob);
}

static void set_tls(const struct cvg_transfer *transfer, const struct cvg_endpoint *settings)
{
    CURL *easy = transfer->easy;
    long verify = settings->insecure_skip_verify && transfer->trusted ? 0 : 1;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
    if (settings->ca_pem) {
        set_blob(easy, CURLOPT_CAINFO_BLOB, settings->ca_pem);
        set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, settings->ca_pem);
    } else if (settings->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
        curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, settings->ca_file);
    }
    if (!transfer->credentials) {
        return;
    }
    if (settings->cert_pem) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, settings->cert_pem);
    } else if (settings->cert_file) {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->cert_file);
    }
    if (transfer->key_pem) {
        set_blob(easy, CURLOPT_SSLKEY_BLOB, transfer->key_pem);
    } else if (settings->key_file) {
        curl_easy_setopt(easy, CURLOPT_SSLKEY, settings->key_file);
    }
}

static void set_endpoint(struct cvg_transfer *transfer)
{
    const struct cvg_lane *lane = transfer->lane;
    CURL *easy = transfer->easy;
    char proxy[320] = "";
    if (lane->has_proxy) {
        snprintf(proxy, sizeof proxy, lane->proxy.ipv6 ? "%s://[%s]:%u" : "%s://%s:%u",
                 lane->proxy.tls ? "https" : "http", lane->proxy.host, lane->proxy.port);
    }
    /* Both, always: what is not set libcurl takes from the environment. */
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, lane->socket[0] ? lane->socket : NULL);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)CVG_MAX(lane->settings.connect_timeout_ns / CVG_MS, 1));
    set_tls(transfer, &lane->settings);
}

static void free_list(struct curl_slist **list)
{
    for (struct curl_slist *item = *list; item; item = item->next) {
        explicit_bzero(item->data, strlen(item->data));
    }
    curl_slist_free_all(*list);
    *list = NULL;
}

static void wipe_buf(struct cvg_buf *buf)
{
    if (buf->data) {
        explicit_bzero(buf->data, buf->capacity);
    }
    cvg_buf_done(buf);
}

void cvg_transfer_forget_secrets(struct cvg_transfer *transfer)
{
    cvg_free_secret(transfer->bearer);
    cvg_free_secret(transfer->password);
    cvg_free_secret(transfer->key_pem);
    transfer->bearer = transfer->password = transfer->key_pem = NULL;
    cvg_free_secret(transfer->sigv4_access_key);
    cvg_free_secret(transfer->sigv4_secret_key);
    cvg_free_secret(transfer->sigv4_session_token);
    transfer->sigv4_access_key = transfer->sigv4_secret_key = transfer->sigv4_session_token = NULL;
    transfer->secrets_done = 0;
}

static void encode_base64(const char *bytes, size_t length, struct cvg_buf *ret)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < length; at += 3) {
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++) {
            group = group << 8 | (at + i < length ? (uint8_t)bytes[at + i] : 0u);
        }
        for (size_t i = 0; i < 4; i++) {
            bool padding = at + i > length;
            cvg_buf_putc(ret, padding ? '=' : digits[group >> (18 - 6 * i) & 63]);
        }
    }
}

static bool is_header_text(const char *text)
{
    for (; *text; text++) {
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static void add_line(struct cvg_buf *lines, const char *name, const char *value)
{
    /* libcurl's own way to write an empty one. */
    cvg_buf_printf(lines, value[0] ? "%s: %s" : "%s;", name, value);
    cvg_buf_putc(lines, '\0');
}

static int add_authorization(struct cvg_transfer *transfer, struct cvg_buf *lines,
                             struct cvg_error *reterr)
{
    const struct cvg_endpoint *settings = &transfer->lane->settings;
    if (transfer->bearer) {
        if (!is_header_text(transfer->bearer)) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "the bearer token has control characters in it");
        }
        cvg_buf_puts(lines, "Authorization: Bearer ");
        cvg_buf_add(lines, transfer->bearer, strlen(transfer->bearer) + 1);
    } else if (settings->username && transfer->password) {
        CVG_CLEANUP(wipe_buf) struct cvg_buf pair = CVG_BUF_INIT(HEADERS_MAX);
        cvg_buf_printf(&pair, "%s:%s", settings->username, transfer->password);
        cvg_buf_puts(lines, "Authorization: Basic ");
        encode_base64(cvg_buf_text(&pair), pair.length, lines);
        cvg_buf_putc(lines, '\0');
    }
    return 0;
}

/* Whether the request brings a header of this name itself. */
static bool is_overridden(const struct cvg_transfer *transfer, const char *name)
{
    size_t length = strlen(name);
    const char *lines = cvg_buf_text(&transfer->own_headers);
    for (size_t at = 0; at < transfer->own_headers.length; at += strlen(lines + at) + 1) {
        if (strncasecmp(lines + at, name, length) == 0 &&
            (lines[at + length] == ':' || lines[at + length] == ';')) {
            return true;
        }
    }
    return false;
}

static int build_lines(struct cvg_transfer *transfer, struct cvg_buf *lines,
                       struct cvg_error *reterr)
{
    const struct cvg_endpoint *settings = &transfer->lane->settings;
    cvg_buf_add(lines, "Expect:", sizeof "Expect:"); /* no waiting for 100 */
    if (transfer->own_headers.length) {
        cvg_buf_add(lines, transfer->own_headers.data, transfer->own_headers.length);
    }
    if (transfer->has_body && !is_overridden(transfer, "Content-Type")) {
        cvg_buf_add(lines, "Content-Type:", sizeof "Content-Type:"); /* not libcurl's guess */
    }
    if (transfer->trusted && settings->server_name && !is_overridden(transfer, "Host")) {
        cvg_buf_printf(lines, transfer->target.ipv6 ? "Host: [%s]:%u" : "Host: %s:%u",
                       transfer->target.host, transfer->target.port);
        cvg_buf_putc(lines, '\0');
    }
    if (transfer->credentials) {
        const struct cvg_pair *pairs = settings->headers.items;
        for (size_t i = 0; i < settings->headers.count; i++) {
            if (!is_overridden(transfer, pairs[i].name)) {
                add_line(lines, pairs[i].name, pairs[i].value);
            }
        }
    }
    int code = 0;
    if (cvg_transfer_is_signed(transfer)) {
        code = cvg_transfer_sign(transfer, lines, reterr);
    } else if (transfer->credentials) {
        code = add_authorization(transfer, lines, reterr);
    }
    if (code) {
        return code;
    }
    return lines->overflow ? cvg_error_set(reterr, CVG_E_TOO_LARGE, "the headers are too large")
                           : 0;
}

static int set_headers(struct cvg_transfer *transfer, struct cvg_error *reterr)
{
    CVG_CLEANUP(wipe_buf) struct cvg_buf lines = CVG_BUF_INIT(HEADERS_MAX);
    int code = build_lines(transfer, &lines, reterr);
    if (code) {
        return code;
    }
    const struct cvg_buf *old = &transfer->header_lines;
    if (!transfer->headers || old->length != lines.length ||
        memcmp(old->data, lines.data, lines.length) != 0) {
        free_list(&transfer->headers);
        for (size_t at = 0; at < lines.length; at += strlen(lines.data + at) + 1) {
            struct curl_slist *longer = curl_slist_append(transfer->headers, lines.data + at);
            if (!longer) {
                abort();
            }
            transfer->headers = longer;
        }
        wipe_buf(&transfer->header_lines);
        transfer->header_lines = lines;
        lines = (struct cvg_buf){0};
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    return 0;
}

static void set_method(struct cvg_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const char *method = transfer->method;
    bool head = cvg_text_equal(method, "HEAD") && !transfer->has_body;
    bool plain = cvg_text_equal(method, transfer->has_body ? "POST" : "GET") || head;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); /* also takes back HEAD and POST */
    if (transfer->has_body || cvg_text_equal(method, "POST")) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, cvg_buf_text(&transfer->body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.length);
    } else if (head) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plain ? NULL : method);
}

static void set_list(CURL *easy, CURLoption option, struct curl_slist **list, const char *line)
{
    curl_slist_free_all(*list);
    *list = curl_slist_append(NULL, line);
    if (!*list) {
        abort();
    }
    curl_easy_setopt(easy, option, *list);
}

/* libcurl's lookup finds what is put into its cache here. For a literal there is none. */
static void set_addresses(struct cvg_transfer *transfer)
{
    const struct cvg_url *peer = cvg_transfer_peer(transfer);
    const char *const *addresses = NULL;
    size_t count = transfer->lane->socket[0] || cvg_name_is_literal(peer->host)
                       ? 0
                       : cvg_name_peek(transfer->loop, peer->host, CVG_FAMILY_ANY, &addresses);
    if (!count) {
        return;
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf line = CVG_BUF_INIT(4096);
    cvg_buf_printf(&line, "%s:%u:", peer->host, peer->port);
    for (size_t i = 0; i < count; i++) {
        cvg_buf_printf(&line, strchr(addresses[i], ':') ? "%s[%s]" : "%s%s", i ? "," : "",
                       addresses[i]);
    }
    set_list(transfer->easy, CURLOPT_RESOLVE, &transfer->resolve, cvg_buf_text(&line));
}

static void set_url(struct cvg_transfer *transfer)
{
    const char *server_name = transfer->lane->settings.server_name;
    CURL *easy = transfer->easy;
    if (!transfer->trusted || !transfer->target.tls || !server_name) {
        curl_easy_setopt(easy, CURLOPT_URL, cvg_buf_text(&transfer->url));
        return;
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(CVG_HTTP_URL_MAX + 512);
    cvg_buf_printf(&text, strchr(server_name, ':') ? "https://[%s]:%u%s" : "https://%s:%u%s",
                   server_name, transfer->target.port, transfer->target.path);
    curl_easy_setopt(easy, CURLOPT_URL, cvg_buf_text(&text));
    cvg_buf_clear(&text);
    cvg_buf_printf(&text, transfer->target.ipv6 ? "::[%s]:%u" : "::%s:%u", transfer->target.host,
                   transfer->target.port);
    set_list(easy, CURLOPT_CONNECT_TO, &transfer->connect_to, cvg_buf_text(&text));
}

static void set_profile(struct cvg_transfer *transfer)
{
    bool same = transfer->applied_generation == transfer->lane->generation &&
                transfer->applied_trusted == transfer->trusted &&
                transfer->applied_credentials == transfer->credentials && !transfer->key_pem;
    if (same) {
        return;
    }
    if (transfer->applied_generation) {
        curl_easy_reset(transfer->easy);
    }
    set_fixed(transfer);
    set_endpoint(transfer);
    transfer->applied_generation = transfer->lane->generation;
    transfer->applied_trusted = transfer->trusted;
    transfer->applied_credentials = transfer->credentials;
}

int cvg_transfer_apply(struct cvg_transfer *transfer, struct cvg_error *reterr)
{
    if (!transfer->easy) {
        transfer->easy = curl_easy_init();
        if (!transfer->easy) {
            abort(); /* as for any allocation */
        }
    }
    set_profile(transfer);
    int code = set_headers(transfer, reterr);
    if (code) {
        return code;
    }
    uint32_t flags = transfer->request.flags;
    /* libcurl takes a dead connection for a living one as long as transfers use it. */
    const struct cvg_connection *severed = transfer->lane->severed;
    bool fresh = (flags & CVG_HTTP_FRESH) || (severed && severed->fd >= 0 && severed->wanted);
    curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    /* Waits for a connection that is being opened, which may turn out to be HTTP/2. Without TLS
     * it never is, and libcurl would wait for the first answer on it: with a stream, for ever. */
    curl_easy_setopt(transfer->easy, CURLOPT_PIPEWAIT, transfer->target.tls ? 1L : 0L);
    curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING,
                     flags & CVG_HTTP_IDENTITY ? NULL : "gzip");
    set_method(transfer);
    set_addresses(transfer);
    set_url(transfer);
    transfer->error_text[0] = '\0';
    return 0;
}

void cvg_transfer_drop_lists(struct cvg_transfer *transfer)
{
    free_list(&transfer->headers);
    wipe_buf(&transfer->header_lines);
    curl_slist_free_all(transfer->resolve);
    curl_slist_free_all(transfer->connect_to);
}

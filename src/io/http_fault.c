/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a transfer failed. libcurl's words are made for a terminal; ours name the address and what
 * was tried, and never hold what a peer could not have been shown.
 */
#include "base/text.h"
#include "base/time.h"
#include "io/http_inner.h"

#include <convergate/number.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct cvg_transfer *transfer, const char *format, ...) CVG_PRINTF(2, 3);

static void say(struct cvg_transfer *transfer, const char *format, ...)
{
    char raw[sizeof transfer->fault_text];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    cvg_text_printable(raw, strlen(raw), transfer->fault_text, sizeof transfer->fault_text);
}

static const char *address_of(struct cvg_transfer *transfer)
{
    const struct cvg_connection *connection = transfer->connection;
    if (transfer->lane && transfer->lane->socket[0]) {
        return transfer->lane->socket;
    }
    if (!transfer->address[0] && connection) {
        snprintf(transfer->address, sizeof transfer->address,
                 strchr(connection->remote, ':') ? "[%s]:%u" : "%s:%u", connection->remote,
                 connection->remote_port);
    }
    return transfer->address[0] ? transfer->address : transfer->target.host;
}

static const char *system_words(const struct cvg_transfer *transfer)
{
    long number = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    return number > 0 ? strerrordesc_np((int)number) : NULL;
}

static bool is_connected(const struct cvg_transfer *transfer)
{
    curl_off_t microseconds = 0;
    if (transfer->easy) {
        curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &microseconds);
    }
    return microseconds > 0;
}

static uint32_t connect_fault(struct cvg_transfer *transfer)
{
    const char *words = system_words(transfer);
    if (transfer->guarded) {
        say(transfer, "connect %s: link-local addresses are refused (allow_link_local)",
            address_of(transfer));
    } else if (transfer->lane && transfer->lane->has_proxy && is_connected(transfer)) {
        say(transfer, "proxy: %s", transfer->error_text);
    } else {
        say(transfer, "connect %s: %s", address_of(transfer), words ? words : "no connection");
    }
    return CVG_FAULT_CONNECT;
}

static uint32_t connect_timeout(struct cvg_transfer *transfer)
{
    char room[CVG_NUMBER_TEXT] = "";
    if (transfer->lane) {
        cvg_format_duration(transfer->lane->settings.connect_timeout_ns, room, sizeof room);
    }
    say(transfer, "%s %s: no answer within %s",
        is_connected(transfer) ? "TLS handshake with" : "connect", address_of(transfer), room);
    return CVG_FAULT_TIMEOUT;
}

static uint32_t tls_fault(struct cvg_transfer *transfer)
{
    static const char *const noise[] = {
        "SSL certificate problem: ", "SSL: ", "TLS connect error: "};
    const char *text = transfer->error_text;
    for (size_t i = 0; i < CVG_COUNT(noise); i++) {
        if (cvg_text_starts(text, noise[i])) {
            text += strlen(noise[i]);
        }
    }
    say(transfer, "TLS: %s", text[0] ? text : "the handshake failed");
    return CVG_FAULT_TLS;
}

static uint32_t cut_fault(struct cvg_transfer *transfer, CURLcode result)
{
    const char *words = system_words(transfer);
    if (strstr(transfer->error_text, "chunk")) {
        say(transfer, "the answer's framing is broken: %s", transfer->error_text);
        return CVG_FAULT_PROTOCOL;
    }
    if (strstr(transfer->error_text, "CONNECT tunnel") || strstr(transfer->error_text, "proxy")) {
        say(transfer, "proxy: %s", transfer->error_text);
    } else if (result == CURLE_GOT_NOTHING) {
        say(transfer, "%s closed the connection without an answer", address_of(transfer));
    } else {
        say(transfer, "%s %s: %s", result == CURLE_SEND_ERROR ? "send to" : "receive from",
            address_of(transfer), words ? words : "the connection was cut");
    }
    return CVG_FAULT_CONNECT;
}

static uint32_t protocol_fault(struct cvg_transfer *transfer, CURLcode result)
{
    say(transfer, "the answer is not proper HTTP: %s",
        transfer->error_text[0] ? transfer->error_text : curl_easy_strerror(result));
    return CVG_FAULT_PROTOCOL;
}

static uint32_t early_end(struct cvg_transfer *transfer)
{
    if (transfer->request.flags & CVG_HTTP_STREAM) {
        say(transfer, "%s cut the stream", address_of(transfer));
        return CVG_FAULT_CONNECT;
    }
    say(transfer, "the answer ended early, after %llu %s", (unsigned long long)transfer->received,
        cvg_plural(transfer->received, "byte", "bytes"));
    return CVG_FAULT_PROTOCOL;
}

static uint32_t fault_of(struct cvg_transfer *transfer, CURLcode result)
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return connect_timeout(transfer);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
        return tls_fault(transfer);
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
        return cut_fault(transfer, result);
    case CURLE_PARTIAL_FILE:
        return early_end(transfer);
    case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9; other schemes do not get here */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WRITE_ERROR: /* ours have set a fault; left are libcurl's decoders */
        return protocol_fault(transfer, result);
    case CURLE_OUT_OF_MEMORY: /* of its own making: a line of a head is bounded to 100 KB */
        say(transfer, "a line of the answer's head is too long");
        return CVG_FAULT_TOO_LARGE;
    case CURLE_URL_MALFORMAT:
        say(transfer, "the URL is not one");
        return CVG_FAULT_REQUEST;
    default:
        return connect_fault(transfer);
    }
}

uint32_t cvg_transfer_fault(struct cvg_transfer *transfer, CURLcode result)
{
    if (transfer->fault) {
        return transfer->fault;
    }
    if (transfer->connection && transfer->connection->severed) {
        say(transfer, "the connection to %s was given up", address_of(transfer));
        return CVG_FAULT_CONNECT;
    }
    if (result == CURLE_OK || transfer->stopped) {
        return CVG_FAULT_NONE;
    }
    return fault_of(transfer, result);
}

void cvg_transfer_timeout_text(struct cvg_transfer *transfer, int64_t waited)
{
    char room[CVG_NUMBER_TEXT];
    cvg_format_duration(waited / CVG_MS * CVG_MS, room, sizeof room);
    switch (transfer->state) {
    case CVG_TRANSFER_QUEUED:
        say(transfer, "waited %s for the requests before it", room);
        break;
    case CVG_TRANSFER_SECRETS:
        say(transfer, "reading credentials took over %s", room);
        break;
    case CVG_TRANSFER_NAME:
        say(transfer, "resolve %s: no answer within %s", cvg_transfer_peer(transfer)->host, room);
        break;
    default:
        if (transfer->head_done) {
            say(transfer, "the answer was not complete within %s (%llu %s came)", room,
                (unsigned long long)transfer->received,
                cvg_plural(transfer->received, "byte", "bytes"));
        } else if (transfer->connection) {
            say(transfer, "no answer from %s within %s", address_of(transfer), room);
        } else {
            say(transfer, "%s %s: no answer within %s",
                is_connected(transfer) ? "TLS handshake with" : "connect", address_of(transfer),
                room);
        }
    }
}

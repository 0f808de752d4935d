/* SPDX-License-Identifier: Apache-2.0 */
/* A handshake between buffers; see handshake.h. */
#include "handshake.h"

#include "kit/memory.h"
#include "kit/reach.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOTAL_MOST       (512 * 1024) /* of all that a server sends */
#define CHAIN_BYTES_MOST (100 * 1024)
#define ALPN_MOST        2048
#define SAID_MOST        64

struct cvg_tls_handshake {
    SSL *ssl;
    BIO *in, *out; /* the connection's, which frees them */
    size_t total;
    char said[SAID_MOST]; /* the first bytes */
    char problem[200];
};

SSL_CTX *cvg_tls_context_new(void)
{
    /* Without DHE: its groups are the server's choice, and a big one takes seconds to compute with.
     * Old protocols and weak ciphers are taken, to be told as what they are. */
    static const char ciphers[] =
        "ALL:COMPLEMENTOFDEFAULT:!kDHE:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0";
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) {
        ERR_clear_error();
        return NULL;
    }
    int good = SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
               SSL_CTX_set_max_proto_version(context, 0) == 1 &&
               SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
               SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-521") == 1;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_max_cert_list(context, CHAIN_BYTES_MOST);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    ERR_clear_error();
    if (!good) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

static void offer_alpn(SSL *ssl, const struct cvg_list *alpn)
{
    const char *const *names = alpn->items;
    unsigned char wire[ALPN_MOST];
    size_t used = 0;
    for (size_t i = 0; i < alpn->count; i++) {
        size_t length = strlen(names[i]);
        if (length == 0 || length > 255 || used + 1 + length > sizeof(wire)) {
            break;
        }
        wire[used++] = (unsigned char)length;
        memcpy(wire + used, names[i], length);
        used += length;
    }
    if (used > 0) {
        (void)SSL_set_alpn_protos(ssl, wire, (unsigned)used);
    }
}

/* A name in SNI has no dot at its end (RFC 6066). */
static void ask_for(SSL *ssl, const char *name)
{
    char bare[256];
    size_t length = strlen(name);
    if (cvg_kit_host_is_address(name) || length == 0 || length >= sizeof(bare)) {
        return;
    }
    memcpy(bare, name, length + 1);
    if (bare[length - 1] == '.') {
        bare[length - 1] = '\0';
    }
    (void)SSL_set_tlsext_host_name(ssl, bare);
}

static _Noreturn void give_up(void)
{
    abort(); /* memory is gone: as with any other */
}

struct cvg_tls_handshake *cvg_tls_handshake_new(SSL_CTX *context, const char *name,
                                                const struct cvg_list *alpn)
{
    struct cvg_tls_handshake *handshake = cvg_kit_alloc(sizeof(*handshake));
    ERR_clear_error();
    handshake->ssl = SSL_new(context);
    handshake->in = BIO_new(BIO_s_mem());
    handshake->out = BIO_new(BIO_s_mem());
    if (handshake->ssl == NULL || handshake->in == NULL || handshake->out == NULL) {
        give_up();
    }
    /* An empty buffer is not the end. */
    BIO_set_mem_eof_return(handshake->in, -1);
    SSL_set_bio(handshake->ssl, handshake->in, handshake->out);
    SSL_set_connect_state(handshake->ssl);
    ask_for(handshake->ssl, name);
    offer_alpn(handshake->ssl, alpn);
    ERR_clear_error();
    return handshake;
}

void cvg_tls_handshake_free(struct cvg_tls_handshake *handshake)
{
    if (handshake != NULL) {
        SSL_free(handshake->ssl);
        free(handshake);
        ERR_clear_error();
    }
}

/* Each record begins with what it is (handshake or alert) and version 3.x; the first one must. */
static int looks_like_tls(const struct cvg_tls_handshake *handshake)
{
    const char *said = handshake->said;
    return (handshake->total < 1 || said[0] == 0x16 || said[0] == 0x15) &&
           (handshake->total < 2 || said[1] == 0x03);
}

static enum cvg_tls_step broken(struct cvg_tls_handshake *handshake, const char *why)
{
    (void)snprintf(handshake->problem, sizeof(handshake->problem), "%s",
                   why != NULL ? why : "for a reason that OpenSSL does not tell");
    ERR_clear_error();
    return CVG_TLS_BROKEN;
}

static enum cvg_tls_step advance(struct cvg_tls_handshake *handshake)
{
    ERR_clear_error();
    int result = SSL_do_handshake(handshake->ssl);
    if (result == 1) {
        (void)SSL_shutdown(handshake->ssl); /* a goodbye, to be sent behind the rest */
        ERR_clear_error();
        return CVG_TLS_DONE;
    }
    int problem = SSL_get_error(handshake->ssl, result);
    if (problem == SSL_ERROR_WANT_READ || problem == SSL_ERROR_WANT_WRITE) {
        ERR_clear_error();
        return CVG_TLS_MORE;
    }
    return broken(handshake, ERR_reason_error_string(ERR_peek_error()));
}

enum cvg_tls_step cvg_tls_handshake_take(struct cvg_tls_handshake *handshake, const void *bytes,
                                         size_t length)
{
    size_t kept = handshake->total < SAID_MOST ? handshake->total : SAID_MOST;
    size_t more = length < SAID_MOST - kept ? length : SAID_MOST - kept;
    if (more > 0) {
        memcpy(handshake->said + kept, bytes, more);
    }
    handshake->total += length;
    if (!looks_like_tls(handshake)) {
        return CVG_TLS_FOREIGN;
    }
    if (handshake->total > TOTAL_MOST) {
        return broken(handshake, "the server sends more than a handshake has");
    }
    if (length > 0 && BIO_write(handshake->in, bytes, (int)length) != (int)length) {
        give_up();
    }
    return advance(handshake);
}

size_t cvg_tls_handshake_give(struct cvg_tls_handshake *handshake, void *ret, size_t size)
{
    int got = BIO_read(handshake->out, ret, (int)size);
    ERR_clear_error();
    return got > 0 ? (size_t)got : 0;
}

const char *cvg_tls_handshake_problem(const struct cvg_tls_handshake *handshake)
{
    return handshake->problem;
}

const char *cvg_tls_handshake_said(const struct cvg_tls_handshake *handshake, size_t *ret_length)
{
    *ret_length = handshake->total < SAID_MOST ? handshake->total : SAID_MOST;
    return handshake->said;
}

const SSL *cvg_tls_handshake_ssl(const struct cvg_tls_handshake *handshake)
{
    return handshake->ssl;
}

STACK_OF(X509) * cvg_tls_handshake_chain(const struct cvg_tls_handshake *handshake)
{
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(handshake->ssl);
    STACK_OF(X509) *kept = chain != NULL ? X509_chain_up_ref(chain) : NULL;
    ERR_clear_error();
    return kept;
}

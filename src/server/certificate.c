/* SPDX-License-Identifier: Apache-2.0 */
/* GnuTLS verifies the chain against server.tls.client_ca, and that the certificate is for clients. */
#include "server/certificate.h"

#include "base/alloc.h"
#include "base/time.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <time.h>

#define NAMES_MOST 64u
#define NAME_SIZE  ((size_t)1024)

struct cvg_certificate {
    struct cvg_arena *arena; /* owner of the names */
    struct cvg_certificate_names names;
    int64_t expires_at; /* wall time, nanoseconds */
};

static void crt_done(gnutls_x509_crt_t *crt)
{
    if (*crt) {
        gnutls_x509_crt_deinit(*crt);
    }
}

static bool verifies(gnutls_session_t session)
{
    unsigned status = 0;
    char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data[1] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID}};

    data[0].data = (unsigned char *)purpose;
    return gnutls_certificate_verify_peers(session, data, 1, &status) == 0 && status == 0;
}

/* A zero byte inside would let "good\0.evil" pass for "good". */
static const char *keep(struct cvg_arena *arena, const char *name, size_t length)
{
    return length && !memchr(name, '\0', length) ? cvg_arena_strndup(arena, name, length) : NULL;
}

/* Two common names: nobody could say which one is meant. */
static const char *common_name(gnutls_x509_crt_t crt, struct cvg_arena *arena)
{
    char name[NAME_SIZE], other[NAME_SIZE];
    size_t size = sizeof(name), other_size = sizeof(other);

    if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) < 0 ||
        gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 1, 0, other, &other_size) !=
            GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
        return NULL;
    }
    return keep(arena, name, size);
}

static void alternative_names(gnutls_x509_crt_t crt, struct cvg_certificate *certificate)
{
    size_t bytes = (NAMES_MOST + 1) * sizeof(const char *);
    const char **dns = cvg_arena_alloc(certificate->arena, bytes);
    const char **uris = cvg_arena_alloc(certificate->arena, bytes);
    size_t dns_count = 0, uri_count = 0;

    for (unsigned i = 0; i < NAMES_MOST; i++) {
        char name[NAME_SIZE];
        size_t size = sizeof(name);
        int type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
            break;
        }
        const char *kept = type >= 0 ? keep(certificate->arena, name, size) : NULL;
        if (kept && type == GNUTLS_SAN_DNSNAME) {
            dns[dns_count++] = kept;
        } else if (kept && type == GNUTLS_SAN_URI) {
            uris[uri_count++] = kept;
        }
    }
    certificate->names.dns = dns;
    certificate->names.uris = uris;
}

enum cvg_certificate_state cvg_certificate_read(struct gnutls_session_int *session,
                                                struct cvg_certificate **ret)
{
    CVG_CLEANUP(crt_done) gnutls_x509_crt_t crt = NULL;
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);

    if (!shown || count == 0) {
        return CVG_CERTIFICATE_NONE;
    }
    if (!verifies(session) || gnutls_x509_crt_init(&crt) < 0 ||
        gnutls_x509_crt_import(crt, &shown[0], GNUTLS_X509_FMT_DER) < 0) {
        return CVG_CERTIFICATE_BAD;
    }
    struct cvg_certificate *certificate = CVG_NEW(struct cvg_certificate);
    certificate->arena = cvg_arena_new();
    certificate->names.common_name = common_name(crt, certificate->arena);
    alternative_names(crt, certificate);
    time_t end = gnutls_x509_crt_get_expiration_time(crt);
    certificate->expires_at = end < INT64_MAX / CVG_SECOND ? end * CVG_SECOND : INT64_MAX;
    *ret = certificate;
    return CVG_CERTIFICATE_GOOD;
}

bool cvg_certificate_holds(const struct cvg_certificate *certificate, int64_t wall_ns)
{
    return wall_ns < certificate->expires_at;
}

const struct cvg_certificate_names *cvg_certificate_names(const struct cvg_certificate *certificate)
{
    return &certificate->names;
}

void cvg_certificate_free(struct cvg_certificate *certificate)
{
    if (certificate) {
        cvg_arena_free(certificate->arena);
        free(certificate);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of certificates; see exam.h. */
#include "exam.h"

#include "exam_facts.h"
#include "kit/memory.h"
#include "kit/reach.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRENGTH 2 /* of OpenSSL's levels: 112 bits, as Debian's own programs want */

struct cvg_tls_exam *cvg_tls_exam_new(STACK_OF(X509) * chain, X509_STORE *trust, int64_t wall_s,
                                      const char *server_name, const char *const *names,
                                      size_t count)
{
    struct cvg_tls_exam *exam = cvg_kit_alloc(sizeof(*exam));
    exam->chain = chain;
    exam->trust = trust;
    exam->wall_s = wall_s;
    exam->server_name = cvg_kit_copy(server_name);
    exam->names = count > 0 ? cvg_kit_alloc(count * sizeof(*exam->names)) : NULL;
    exam->name_count = count;
    for (size_t i = 0; i < count; i++) {
        exam->names[i] = cvg_kit_copy(names[i]);
    }
    return exam;
}

void cvg_tls_exam_free(struct cvg_tls_exam *exam)
{
    if (exam == NULL) {
        return;
    }
    sk_X509_pop_free(exam->chain, X509_free);
    X509_STORE_free(exam->trust);
    for (size_t i = 0; i < exam->name_count; i++) {
        free(exam->names[i]);
    }
    free(exam->names);
    free(exam->server_name);
    free(exam);
}

/* ---- faults ---- */

/* The first of a kind is told: it is the one nearest to the leaf, or what it follows from. */
static int is_new(struct cvg_tls_exam *exam, enum cvg_tls_wrong wrong)
{
    int found = (exam->wrong & 1u << wrong) == 0;
    exam->wrong |= 1u << wrong;
    return found;
}

static enum cvg_tls_wrong wrong_of(int error, int length)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return CVG_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return CVG_TLS_NOT_YET_VALID;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return CVG_TLS_SELF_SIGNED;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return CVG_TLS_UNTRUSTED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        /* Something beside the leaf was sent and leads further: to somebody unknown. */
        return length > 1 ? CVG_TLS_UNTRUSTED : CVG_TLS_INCOMPLETE;
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
        return CVG_TLS_UNTRUSTED;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
        return CVG_TLS_PURPOSE;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return CVG_TLS_WEAK;
    default:
        return CVG_TLS_INVALID;
    }
}

static void describe(char *ret, size_t size, enum cvg_tls_wrong wrong, int error, X509 *certificate)
{
    char subject[CVG_TLS_NAME_TEXT] = "?", issuer[CVG_TLS_NAME_TEXT] = "?", time[24];
    if (certificate != NULL) {
        cvg_tls_name_text(X509_get_subject_name(certificate), subject);
        cvg_tls_name_text(X509_get_issuer_name(certificate), issuer);
    }
    switch (wrong) {
    case CVG_TLS_EXPIRED:
    case CVG_TLS_NOT_YET_VALID:
        cvg_tls_time_text(wrong == CVG_TLS_EXPIRED ? X509_get0_notAfter(certificate)
                                                   : X509_get0_notBefore(certificate),
                          time);
        (void)snprintf(ret, size, "%s %s %s", subject,
                       wrong == CVG_TLS_EXPIRED ? "expired at" : "is not valid before", time);
        return;
    case CVG_TLS_SELF_SIGNED:
        (void)snprintf(ret, size, "%s is signed by itself and not among the trusted", subject);
        return;
    case CVG_TLS_INCOMPLETE:
        (void)snprintf(ret, size, "its issuer %s was not sent and is not among the trusted",
                       issuer);
        return;
    case CVG_TLS_UNTRUSTED:
        (void)snprintf(ret, size, "the chain ends at %s, which is not among the trusted", issuer);
        return;
    default:
        (void)snprintf(ret, size, "%s: %s", subject, X509_verify_cert_error_string(error));
        return;
    }
}

/* Goes on, whatever is wrong. */
static int on_verified(int good, X509_STORE_CTX *context)
{
    struct cvg_tls_exam *exam = X509_STORE_CTX_get_app_data(context);
    if (!good) {
        int error = X509_STORE_CTX_get_error(context);
        STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(context);
        enum cvg_tls_wrong wrong = wrong_of(error, built != NULL ? sk_X509_num(built) : 0);
        /* That no signature could be checked follows from the chain's end, which was told. */
        int follows = error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE &&
                      (exam->wrong & (1u << CVG_TLS_INCOMPLETE | 1u << CVG_TLS_UNTRUSTED)) != 0;
        if (!follows && is_new(exam, wrong)) {
            describe(exam->why[wrong], sizeof(exam->why[wrong]), wrong, error,
                     X509_STORE_CTX_get_current_cert(context));
        }
    }
    return 1;
}

static void fail(struct cvg_tls_exam *exam, const char *why)
{
    if (is_new(exam, CVG_TLS_INVALID)) {
        (void)snprintf(exam->why[CVG_TLS_INVALID], sizeof(exam->why[CVG_TLS_INVALID]), "%s", why);
    }
}

static void set_parameters(X509_STORE_CTX *context, const struct cvg_tls_exam *exam)
{
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    (void)X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
    (void)X509_VERIFY_PARAM_set_flags(parameters,
                                      X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(parameters, exam->wall_s);
    X509_VERIFY_PARAM_set_depth(parameters, CVG_TLS_DEPTH_MOST);
    X509_VERIFY_PARAM_set_auth_level(parameters, STRENGTH);
    X509_STORE_CTX_set_verify_cb(context, on_verified);
}

/* ---- the first one to expire ---- */

/* The chain that was built, or where none could be, what was sent. What is trusted by itself (the
 * root, at the end) counts too: with it goes everything that stands on it. */
static void find_first_end(struct cvg_tls_exam *exam, STACK_OF(X509) * chain)
{
    exam->first_end_s = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain) && i <= CVG_TLS_DEPTH_MOST; i++) {
        X509 *certificate = sk_X509_value(chain, i);
        int64_t end = cvg_tls_time_seconds(X509_get0_notAfter(certificate));
        if (end < exam->first_end_s) {
            exam->first_end_s = end;
            exam->first_end_is_leaf = i == 0;
            cvg_tls_time_text(X509_get0_notAfter(certificate), exam->first_end);
            cvg_tls_name_text(X509_get_subject_name(certificate), exam->first_end_subject);
        }
    }
}

static void verify(struct cvg_tls_exam *exam)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context == NULL || X509_STORE_CTX_init(context, exam->trust, sk_X509_value(exam->chain, 0),
                                               exam->chain) != 1) {
        fail(exam, "OpenSSL could not begin to verify it");
        find_first_end(exam, exam->chain);
        X509_STORE_CTX_free(context);
        return;
    }
    (void)X509_STORE_CTX_set_app_data(context, exam);
    set_parameters(context, exam);
    if (X509_verify_cert(context) != 1) {
        fail(exam, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(context);
    find_first_end(exam, built != NULL && sk_X509_num(built) > 0 ? built : exam->chain);
    X509_STORE_CTX_free(context);
}

/* ---- names ---- */

static int is_good_for(X509 *leaf, const char *name)
{
    /* A name in the subject is none: clients stopped looking there. */
    const unsigned flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    size_t length = strlen(name);
    if (cvg_kit_host_is_address(name)) {
        return X509_check_ip_asc(leaf, name, 0) == 1;
    }
    length -= length > 1 && name[length - 1] == '.';
    return X509_check_host(leaf, name, length, flags, NULL) == 1;
}

static void check_name(struct cvg_tls_exam *exam, const char *name)
{
    if (!is_good_for(sk_X509_value(exam->chain, 0), name) && is_new(exam, CVG_TLS_NAME)) {
        (void)snprintf(exam->why[CVG_TLS_NAME], sizeof(exam->why[CVG_TLS_NAME]),
                       "the certificate is not good for %.255s", name);
    }
}

void cvg_tls_exam_work(struct cvg_tls_exam *exam)
{
    ERR_clear_error();
    exam->chain_length = (size_t)sk_X509_num(exam->chain);
    cvg_tls_exam_facts(exam, sk_X509_value(exam->chain, 0));
    verify(exam);
    check_name(exam, exam->server_name);
    for (size_t i = 0; i < exam->name_count; i++) {
        check_name(exam, exam->names[i]);
    }
    /* Workers end with the process, after OpenSSL: what it keeps for the thread would be left. */
    OPENSSL_thread_stop();
}

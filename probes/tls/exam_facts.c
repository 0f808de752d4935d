/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says of itself; see exam_facts.h. */
#include "exam_facts.h"

#include "kit/printable.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SHOWN_MOST (64 * 1024) /* of a name that is written out before it is cut */

void cvg_tls_name_text(const X509_NAME *name, char ret[CVG_TLS_NAME_TEXT])
{
    char *text;
    BIO *out = BIO_new(BIO_s_mem());
    ret[0] = '\0';
    /* UTF-8 stays as it is; kit makes it printable. */
    if (out != NULL &&
        X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >=
            0) {
        long length = BIO_get_mem_data(out, &text);
        length = length > SHOWN_MOST ? SHOWN_MOST : length;
        if (length > 0) {
            cvg_kit_printable(ret, CVG_TLS_NAME_TEXT, text, (size_t)length);
        }
    }
    BIO_free(out);
}

void cvg_tls_time_text(const ASN1_TIME *time, char ret[24])
{
    struct tm parts;
    ret[0] = '\0';
    if (time != NULL && ASN1_TIME_to_tm(time, &parts) == 1) {
        (void)snprintf(ret, 24, "%04u-%02u-%02uT%02u:%02u:%02uZ",
                       (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)(parts.tm_mon + 1) % 100,
                       (unsigned)parts.tm_mday % 100, (unsigned)parts.tm_hour % 100,
                       (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100);
    }
}

int64_t cvg_tls_time_seconds(const ASN1_TIME *time)
{
    struct tm parts;
    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1) {
        return INT64_MIN;
    }
    return timegm(&parts);
}

static void write_hex(const unsigned char *bytes, size_t length, char *ret, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    for (size_t i = 0; i < length && used + 3 <= size; i++) {
        ret[used++] = digits[bytes[i] >> 4];
        ret[used++] = digits[bytes[i] & 15];
    }
    ret[used] = '\0';
}

static void take_key(struct cvg_tls_exam *exam, X509 *leaf)
{
    const EVP_PKEY *key = X509_get0_pubkey(leaf);
    const char *type = key != NULL ? OBJ_nid2sn(EVP_PKEY_get_base_id(key)) : NULL;
    if (type != NULL) {
        (void)snprintf(exam->key, sizeof(exam->key), "%.16s %d",
                       strcmp(type, "rsaEncryption") == 0    ? "RSA"
                       : strcmp(type, "id-ecPublicKey") == 0 ? "EC"
                                                             : type,
                       EVP_PKEY_get_bits(key));
    }
}

static void keep_name(struct cvg_tls_exam *exam, const char *bytes, size_t length)
{
    exam->said_name_total++;
    if (exam->said_name_count < CVG_TLS_NAMES_MOST && length > 0) {
        cvg_kit_printable(exam->said_names[exam->said_name_count], sizeof(exam->said_names[0]),
                          bytes, length);
        exam->said_name_count++;
    }
}

static void take_name(struct cvg_tls_exam *exam, const GENERAL_NAME *name)
{
    char text[INET6_ADDRSTRLEN];
    if (name->type == GEN_DNS) {
        keep_name(exam, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                  (size_t)ASN1_STRING_length(name->d.dNSName));
    } else if (name->type == GEN_IPADD) {
        const unsigned char *bytes = ASN1_STRING_get0_data(name->d.iPAddress);
        int length = ASN1_STRING_length(name->d.iPAddress);
        if ((length == 4 || length == 16) &&
            inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text, sizeof(text)) != NULL) {
            keep_name(exam, text, strlen(text));
        }
    }
}

static void take_names(struct cvg_tls_exam *exam, X509 *leaf)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        take_name(exam, sk_GENERAL_NAME_value(names, i));
    }
    GENERAL_NAMES_free(names);
}

void cvg_tls_exam_facts(struct cvg_tls_exam *exam, X509 *leaf)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
    cvg_tls_name_text(X509_get_subject_name(leaf), exam->subject);
    cvg_tls_name_text(X509_get_issuer_name(leaf), exam->issuer);
    cvg_tls_time_text(X509_get0_notBefore(leaf), exam->not_before);
    cvg_tls_time_text(X509_get0_notAfter(leaf), exam->not_after);
    if (X509_digest(leaf, EVP_sha256(), digest, &length) == 1) {
        write_hex(digest, length, exam->fingerprint, sizeof(exam->fingerprint));
    }
    if (serial != NULL) {
        write_hex(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), exam->serial,
                  sizeof(exam->serial));
    }
    take_key(exam, leaf);
    take_names(exam, leaf);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be known of a chain of certificates, and all that is wrong with it: verification goes on
 * behind each fault, so that a certificate that has expired and is for another name is told as both.
 *
 * An exam is filled in, worked on once, on any thread, and read. It owns what it was given, and
 * everything in it is bounded: certificates come from strangers.
 */
#ifndef CVG_TLS_EXAM_H
#define CVG_TLS_EXAM_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#define CVG_TLS_NAME_TEXT  256 /* of a subject or issuer */
#define CVG_TLS_NAMES_MOST 16  /* that are told */
#define CVG_TLS_DEPTH_MOST 10

/* Worst first: the first one that is found is the reason, the others are told beside it. */
enum cvg_tls_wrong {
    CVG_TLS_EXPIRED = 0,
    CVG_TLS_NOT_YET_VALID,
    CVG_TLS_SELF_SIGNED,
    CVG_TLS_INCOMPLETE,
    CVG_TLS_UNTRUSTED,
    CVG_TLS_INVALID,
    CVG_TLS_PURPOSE,
    CVG_TLS_WEAK,
    CVG_TLS_NAME,
    CVG_TLS_WRONG_COUNT
};

struct cvg_tls_exam {
    /* Given. */
    STACK_OF(X509) * chain; /* owned; the leaf first, not empty */
    X509_STORE *trust;      /* a reference of ours */
    int64_t wall_s;         /* when it must be good */
    char *server_name;      /* owned */
    char **names;           /* owned, each too: further names that it must be good for */
    size_t name_count;

    /* Found. */
    uint32_t wrong; /* bits of enum cvg_tls_wrong */
    char why[CVG_TLS_WRONG_COUNT][CVG_TLS_NAME_TEXT + 160];
    size_t chain_length; /* as sent */
    int64_t first_end_s; /* when the first of the chain expires */
    char first_end[24], first_end_subject[CVG_TLS_NAME_TEXT];
    uint32_t first_end_is_leaf;
    char subject[CVG_TLS_NAME_TEXT], issuer[CVG_TLS_NAME_TEXT];
    char not_before[24], not_after[24]; /* RFC 3339; "" where the certificate has no such time */
    char serial[80], fingerprint[65], key[40];
    char said_names[CVG_TLS_NAMES_MOST][128];
    size_t said_name_count, said_name_total;
};

/* Memory of its own for texts; free with cvg_tls_exam_free. The chain and one reference of trust
 * become the exam's. names: count of them. */
struct cvg_tls_exam *cvg_tls_exam_new(STACK_OF(X509) * chain, X509_STORE *trust, int64_t wall_s,
                                      const char *server_name, const char *const *names,
                                      size_t count);
void cvg_tls_exam_free(struct cvg_tls_exam *exam); /* takes NULL */
/* Verifies at wall_s, without looking for revocations. */
void cvg_tls_exam_work(struct cvg_tls_exam *exam);

#endif
